package kernels

import (
	"testing"
	"time"
)

// A call that is to stop does so early, and leaves the workspace as good as before: the next call has the bits of one
// on a new workspace.
func TestStopWhen(t *testing.T) {
	for _, workers := range []int{1, 3} {
		p := newSampleProblem[float32](4096, 2000, 16, 1)
		act := HermiteActivation([]float64{0, 0, 0, 0, 1})
		q := PolynomialDual([]float64{0, 0, 0, 0, 1})
		run := func(ws *Workspace[float32]) (v, f []float32, sum float64, took time.Duration) {
			v, f = make([]float32, p.m*p.d), make([]float32, p.n)
			start := time.Now()
			ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, act, ws)
			sum = MomentSum(p.w, p.m, p.d, q, ws)
			return v, f, sum, time.Since(start)
		}
		ws := NewWorkspace[float32](workers)
		wantV, wantF, wantSum, whole := run(NewWorkspace[float32](workers))
		done := make(chan struct{})
		ws.StopWhen(done)
		same := func(when string) {
			v, f, sum, _ := run(ws)
			for i := range v {
				if v[i] != wantV[i] {
					t.Fatalf("%d workers, %s: v[%d] = %v, want %v", workers, when, i, v[i], wantV[i])
				}
			}
			for i := range f {
				if f[i] != wantF[i] {
					t.Fatalf("%d workers, %s: f[%d] = %v, want %v", workers, when, i, f[i], wantF[i])
				}
			}
			if sum != wantSum {
				t.Errorf("%d workers, %s: sum %v, want %v", workers, when, sum, wantSum)
			}
		}
		same("with a channel that is open")
		close(done)
		v, _, _, _ := run(ws)
		for i := range v {
			if v[i] != 0 { // nobody wrote
				t.Fatalf("%d workers: the velocity was computed after the end", workers)
			}
		}
		ws.StopWhen(nil)
		same("with the channel taken away")

		// In the middle: the call ends well before it would.
		best := whole
		for range 10 { // the machine may have other work
			done := make(chan struct{})
			ws.StopWhen(done)
			time.AfterFunc(whole/20, func() { close(done) })
			_, _, _, took := run(ws)
			best = min(best, took)
			<-done
		}
		if best > whole*3/4 {
			t.Errorf("%d workers: told to stop after %v of %v, it took %v", workers, whole/20, whole, best)
		}
		ws.StopWhen(nil)
		same("after a call that was stopped")
		ws.Close()
	}
}

package particles

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
)

func flowTo(t testing.TB, e *Ensemble[float64], f Field, tol Tolerances, times ...float64) Stats {
	t.Helper()
	stats, err := Flow(context.Background(), e, f, tol, times, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

// A single particle under h_4: q'(1) w is radial, so da/dt = 4 a^3 (1 - a^2)
// and 4t = [ln a - 1/(2 a^2) - ln(1 - a^2)/2] from a_0 to a_t.
func TestFlowOfOneParticleIsExact(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 3), Auto, 1)
	clock := func(a float64) float64 { return (math.Log(a) - 1/(2*a*a) - math.Log1p(-a*a)/2) / 4 }
	a0 := .2
	e := &Ensemble[float64]{W: []float64{a0, math.Sqrt(1-a0*a0) * .6, math.Sqrt(1-a0*a0) * -.8}, M: 1, D: 3}
	_, err := Flow(context.Background(), e, f, Tolerances{Relative: 1e-12, Absolute: 1e-12}, []float64{1, 2, 3, 4}, func(at float64, w []float64) error {
		if got := clock(w[0]) - clock(a0); math.Abs(got-at) > 1e-9 {
			t.Errorf("time %g: a = %.15g belongs to time %.15g", at, w[0], got)
		}
		if math.Abs(w[2]/w[1]+4./3) > 1e-12 {
			t.Errorf("time %g: the particle left its plane: %v", at, w)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if e.W[0] < .4 {
		t.Errorf("a = %g at time 4: nothing was tested", e.W[0])
	}
}

// The error at the end falls with the tolerance, about as fast.
func TestFlowConvergesWithTolerance(t *testing.T) {
	f := NewPopulation(mustPreset(t, "misspecified", 6), PairwiseForm, 1)
	exact := NewUniform(10, 6, 4)
	flowTo(t, exact, f, Tolerances{Relative: 1e-13, Absolute: 1e-13}, 3)
	before := math.Inf(1)
	var logTol, logErr []float64
	for k := 3; k <= 11; k++ {
		tol := math.Pow(10, -float64(k))
		e := NewUniform(10, 6, 4)
		stats := flowTo(t, e, f, Tolerances{Relative: tol, Absolute: tol}, 3)
		d := distance(e.W, exact.W)
		t.Logf("tolerance %.0e: error %.2e, %+v", tol, d, stats)
		if !(d < before) || !(d < 100*tol) {
			t.Errorf("tolerance %g: error %g, %g before", tol, d, before)
		}
		before = d
		logTol, logErr = append(logTol, math.Log(tol)), append(logErr, math.Log(d))
	}
	if s := slope(logTol, logErr); math.Abs(s-1) > .15 {
		t.Errorf("the error falls as tolerance^%.2f, want about 1", s)
	}
}

// slope is the least-squares slope of y against x.
func slope(x, y []float64) float64 {
	n, sx, sy, sxx, sxy := float64(len(x)), 0.0, 0.0, 0.0, 0.0
	for i := range x {
		sx += x[i]
		sy += y[i]
		sxx += x[i] * x[i]
		sxy += x[i] * y[i]
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// Descent is the flow to first order in eta: slope 1 over 5 halvings.
func TestDescentConvergesToFlow(t *testing.T) {
	for _, p := range []Expectations{mustPreset(t, "he4", 6), mustPreset(t, "circle", 5), mustPreset(t, "he3", 4)} {
		f := NewPopulation(p, PairwiseForm, 1)
		exact := NewUniform(8, p.Dim(), 3)
		flowTo(t, exact, f, Tolerances{Relative: 1e-12, Absolute: 1e-12}, 2)
		var x, y []float64
		for k := range 6 {
			eta := .04 / float64(int(1)<<k)
			e := NewUniform(8, p.Dim(), 3)
			if _, err := Descend(context.Background(), e, f, eta, []float64{2}, nil); err != nil {
				t.Fatal(err)
			}
			x, y = append(x, math.Log(eta)), append(y, math.Log(distance(e.W, exact.W)))
		}
		s := slope(x, y)
		t.Logf("%s: slope %.3f, errors %.2e to %.2e", p.Name(), s, math.Exp(y[0]), math.Exp(y[5]))
		if math.Abs(s-1) > .1 {
			t.Errorf("%v: slope %.3f, want 1", p, s)
		}
	}
}

// The O(r) x O(d-r) symmetry and the permutation symmetry survive a flow.
func TestFlowIsEquivariant(t *testing.T) {
	p := mustPreset(t, "circle", 5)
	f := NewPopulation(p, Auto, 1)
	q := rotation(5, 2, 3)
	e := NewUniform(11, 5, 1)
	turned := &Ensemble[float64]{W: rotate(q, e.W, 11), M: 11, D: 5}
	tol := Tolerances{Relative: 1e-11, Absolute: 1e-11}
	flowTo(t, e, f, tol, 4)
	flowTo(t, turned, f, tol, 4)
	if d := distance(rotate(q, e.W, 11), turned.W); d > 1e-9 {
		t.Errorf("rotated flows differ by %g", d)
	}
}

func TestFlowStepLimit(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 5), Auto, 1)
	e := NewUniform(6, 5, 1)
	stats, err := Flow(context.Background(), e, f, Tolerances{MaxSteps: 7}, []float64{1e6}, nil)
	var limit *StepLimitError
	if !errors.As(err, &limit) || limit.Steps != 7 || limit.End != 1e6 || limit.Time != e.Time || !(e.Time > 0) ||
		stats.Accepted+stats.Rejected != 7 {
		t.Errorf("%v, %+v, ensemble at %g", err, stats, e.Time)
	}
	// With more steps the same ensemble goes on.
	flowTo(t, e, f, Tolerances{}, 10)
	if e.Time != 10 {
		t.Errorf("time %g, want 10", e.Time)
	}
}

// rough jumps so wildly that no step meets the tolerance.
type rough struct{ calls int }

func (r *rough) Dim() int { return 2 }
func (r *rough) Velocity(ctx context.Context, v, w []float64, m int) error {
	r.calls++
	for j := range m {
		s := 1e6 * math.Sin(float64(r.calls*r.calls))
		v[2*j], v[2*j+1] = -s*w[2*j+1], s*w[2*j]
	}
	return nil
}

func TestFlowGivesUpOnAFieldWithoutLimit(t *testing.T) {
	e := NewUniform(3, 2, 1)
	stats, err := Flow(context.Background(), e, &rough{}, Tolerances{Relative: 1e-13, Absolute: 1e-13, MaxSteps: 5000}, []float64{1}, nil)
	var limit *StepLimitError
	if !errors.As(err, &limit) || stats.Accepted+stats.Rejected > 5000 {
		t.Errorf("%v, %+v", err, stats)
	}
}

// A flow cut at one of its times and continued takes the same steps.
func TestFlowContinuesBitForBit(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 6), Auto, 2)
	whole, cut := NewUniform(40, 6, 9), NewUniform(40, 6, 9)
	a := flowTo(t, whole, f, Tolerances{}, 1, 2.5, 7)
	b := flowTo(t, cut, f, Tolerances{}, 1, 2.5)
	c := flowTo(t, cut, f, Tolerances{}, 7)
	if distance(whole.W, cut.W) != 0 || a.Accepted != b.Accepted+c.Accepted {
		t.Errorf("cut in two the flow differs by %g; steps %+v, %+v + %+v", distance(whole.W, cut.W), a, b, c)
	}
}

// All memory is made at the start: at most 14 arrays of m x d and a fixed
// amount, and not more for many steps than for few.
func TestFlowMemory(t *testing.T) {
	const m, d = 1 << 13, 16
	f := NewPopulation(mustProblem(t, "2", "2", 1, d), MomentForm, 1)
	allocated := func(tol Tolerances, times ...float64) (float64, Stats) {
		e := NewUniform(m, d, 1)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := flowTo(t, e, f, tol, times...)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc), s
	}
	allocated(Tolerances{}, .01) // the field's own scratch
	few, s := allocated(Tolerances{Relative: 1e-3, Absolute: 1e-3}, .1)
	many, s2 := allocated(Tolerances{MaxStep: .01}, .1, .2)
	t.Logf("%.1f arrays for %d steps, %.1f for %d", few/(8*m*d), s.Accepted, many/(8*m*d), s2.Accepted)
	if few > 14*8*m*d || many > few+4096 || s2.Accepted < 10*s.Accepted {
		t.Errorf("%.0f bytes for %d steps, %.0f for %d; an array has %d", few, s.Accepted, many, s2.Accepted, 8*m*d)
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 6), Auto, 2)
	e := NewUniform(300, 6, 1)
	d := newDescent(e, f, .01)
	defer d.ws.Close()
	n := testing.AllocsPerRun(20, func() {
		if err := d.step(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Risk(t.Context(), e.W, e.M); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("a step and a risk allocate %v times", n)
	}
}

package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// Benchmarks are named by level, type and shape; -cpu sets the workers. Beside Go's figures they report GFLOP/s by the
// nominal flop counts, %peak of the register-only multiply-adds of that level and type on as many workers, measured in
// turns with the runs (the median of the shares), and particle-samples/s. Shapes that pure Go would need a minute for
// are left out at the generic level.
//
//	go test -run '^$' -bench Velocity -cpu 1,2 ./kernels

const genericLimit = 2e10 // flops

func benchmarkAt(b *testing.B, name string, flops, pairs float64, run64, run32 func(b *testing.B, level string) (peak func() float64, call func(), done func())) {
	for _, level := range Levels() {
		if level == "generic" && flops > genericLimit {
			continue
		}
		for _, typ := range []string{"f64", "f32"} {
			b.Run(fmt.Sprintf("level=%s/type=%s/%s", level, typ, name), func(b *testing.B) {
				setup := run64
				if typ == "f32" {
					setup = run32
				}
				peak, call, done := setup(b, level)
				defer done()
				call()               // buffers grow now
				var shares []float64 // of the larger of the peaks before and after
				elapsed, before := 0.0, peak()
				b.ResetTimer()
				for range b.N { // not b.Loop, which measures the first of several -cpu values with the processors of the last
					start := time.Now()
					call()
					seconds := time.Since(start).Seconds()
					b.StopTimer()
					after := peak()
					b.StartTimer()
					elapsed += seconds
					shares = append(shares, flops/seconds/max(before, after))
					before = after
				}
				rate := flops * float64(b.N) / elapsed
				b.ReportMetric(rate/1e9, "GFLOP/s")
				slices.Sort(shares)
				if share := shares[len(shares)/2]; share <= 1 { // else the peak was disturbed
					b.ReportMetric(100*share, "%peak")
				}
				b.ReportMetric(pairs*float64(b.N)/elapsed, "particle-samples/s")
			})
		}
	}
}

// bench prepares a call on a workspace with one worker per processor of this -cpu run.
func bench[T Float](prepare func(ws *Workspace[T]) func()) func(b *testing.B, level string) (func() float64, func(), func()) {
	return func(b *testing.B, level string) (func() float64, func(), func()) {
		ws := workspaceAt[T](b, 0, level)
		return func() float64 { return PeakRate(ws, 10*time.Millisecond) }, prepare(ws), ws.Close
	}
}

func benchNormal[T Float](k int, seed uint64) []T {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]T, k)
	for i := range v {
		v[i] = T(r.NormFloat64())
	}
	return v
}

var benchActs = []struct {
	name string
	act  Activation
}{{"he3", HermiteActivation([]float64{0, 0, 0, 1})}, {"relu", ReLU()}, {"tanh", Tanh()}}

var benchShapes = [][3]int{{4096, 1024, 64}, {16384, 4096, 64}, {16384, 16384, 128}, {65536, 1024, 32}}

func BenchmarkVelocity(b *testing.B) {
	for _, s := range benchShapes {
		for _, a := range benchActs {
			benchmarkAt(b, fmt.Sprintf("n=%d/m=%d/d=%d/act=%s", s[0], s[1], s[2], a.name), VelocityFlops(s[0], s[1], s[2]), float64(s[0])*float64(s[1]),
				bench(velocityCall[float64](s, a.act)), bench(velocityCall[float32](s, a.act)))
		}
	}
}

func velocityCall[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		n, m, d := s[0], s[1], s[2]
		x, w, y := benchNormal[T](n*d, 1), unitRows[T](m, d, 2), benchNormal[T](n, 3)
		f, v := make([]T, n), make([]T, m*d)
		return func() { ForwardVelocity(v, f, x, y, w, nil, n, m, d, act, ws) }
	}
}

func BenchmarkForward(b *testing.B) {
	for _, s := range benchShapes {
		for _, a := range benchActs {
			benchmarkAt(b, fmt.Sprintf("n=%d/m=%d/d=%d/act=%s", s[0], s[1], s[2], a.name), VelocityFlops(s[0], s[1], s[2])/2, float64(s[0])*float64(s[1]),
				bench(forwardCall[float64](s, a.act)), bench(forwardCall[float32](s, a.act)))
		}
	}
}

func forwardCall[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		n, m, d := s[0], s[1], s[2]
		x, w, f := benchNormal[T](n*d, 1), unitRows[T](m, d, 2), make([]T, n)
		return func() { Forward(f, x, w, nil, n, m, d, act, ws) }
	}
}

func BenchmarkLocalHessian(b *testing.B) {
	for _, s := range [][3]int{{1024, 256, 32}, {16384, 1024, 64}} {
		a := benchActs[0]
		benchmarkAt(b, fmt.Sprintf("n=%d/m=%d/d=%d/act=%s", s[0], s[1], s[2], a.name), HessianFlops(s[0], s[1], s[2]), float64(s[0])*float64(s[1]),
			bench(hessianCall[float64](s, a.act)), bench(hessianCall[float32](s, a.act)))
	}
}

func hessianCall[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		n, m, d := s[0], s[1], s[2]
		x, w, r := benchNormal[T](n*d, 1), unitRows[T](m, d, 2), benchNormal[T](n, 3)
		D := make([]T, m*PackedLen(d))
		return func() { LocalHessian(D, x, w, nil, r, n, m, d, act, ws) }
	}
}

// BenchmarkMomentForwardVelocity counts the flops of the moments, which are fewer than those of BenchmarkVelocity.
func BenchmarkMomentForwardVelocity(b *testing.B) {
	he4 := HermiteActivation([]float64{0, 0, 0, 0, 1})
	for _, s := range [][3]int{{8192, 4096, 16}, {8192, 4096, 32}, {8192, 65536, 32}} {
		benchmarkAt(b, fmt.Sprintf("n=%d/m=%d/d=%d/act=he4", s[0], s[1], s[2]), MomentForwardVelocityFlops(s[0], s[1], s[2], he4), float64(s[0])*float64(s[1]),
			bench(momentVelocityCall[float64](s, he4)), bench(momentVelocityCall[float32](s, he4)))
	}
}

func momentVelocityCall[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		n, m, d := s[0], s[1], s[2]
		x, w, y := benchNormal[T](n*d, 1), unitRows[T](m, d, 2), benchNormal[T](n, 3)
		f, v := make([]T, n), make([]T, m*d)
		var packed PackedSamples[T]
		packed.Pack(x, n, d, ws)
		return func() { MomentForwardVelocity(v, f, &packed, y, w, nil, m, act, ws) }
	}
}

// BenchmarkPairwise counts 4 m^2 d flops, without the dual's.
func BenchmarkPairwise(b *testing.B) {
	for _, s := range [][2]int{{1024, 16}, {4096, 16}, {4096, 64}, {16384, 16}, {16384, 64}} {
		m, d := s[0], s[1]
		benchmarkAt(b, fmt.Sprintf("m=%d/d=%d/q=s4", m, d), VelocityFlops(m, m, d), float64(m)*float64(m),
			bench(pairCall[float64](m, d, Pairwise)), bench(pairCall[float32](m, d, Pairwise)))
	}
}

func BenchmarkMoment(b *testing.B) {
	for _, s := range [][2]int{{1024, 16}, {65536, 16}, {65536, 32}} {
		m, d := s[0], s[1]
		benchmarkAt(b, fmt.Sprintf("m=%d/d=%d/q=s4", m, d), MomentFlops(m, d, power(4)), float64(m)*float64(m),
			bench(pairCall[float64](m, d, Moment)), bench(pairCall[float32](m, d, Moment)))
	}
}

func pairCall[T Float](m, d int, form func(g, w []T, m, d int, q Dual, ws *Workspace[T])) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		w, g := unitRows[T](m, d, 1), make([]T, m*d)
		return func() { form(g, w, m, d, power(4), ws) }
	}
}

// BenchmarkStep times the memory-bound operations of a time step.
func BenchmarkStep(b *testing.B) {
	const m, d = 16384, 16
	elements := float64(m) * d
	benchmarkAt(b, "op=combine/stages=4", 9*elements, elements, bench(combineCall[float64](m*d)), bench(combineCall[float32](m*d)))
	benchmarkAt(b, "op=normalize", 3*elements, elements, bench(normalizeCall[float64](m, d)), bench(normalizeCall[float32](m, d)))
	benchmarkAt(b, "op=project", 4*elements, elements, bench(projectCall[float64](m, d)), bench(projectCall[float32](m, d)))
}

func combineCall[T Float](n int) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		dst, y, k := make([]T, n), benchNormal[T](n, 1), [][]T{benchNormal[T](n, 2), benchNormal[T](n, 3), benchNormal[T](n, 4), benchNormal[T](n, 5)}
		coef := []T{1, 2, 3, 4}
		return func() { Combine(dst, y, .1, coef, k, ws) }
	}
}

func normalizeCall[T Float](m, d int) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		w := benchNormal[T](m*d, 1)
		return func() { NormalizeRows(w, m, d, ws) }
	}
}

func projectCall[T Float](m, d int) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		w, v := unitRows[T](m, d, 1), benchNormal[T](m*d, 2)
		return func() { ProjectTangent(v, w, m, d, ws) }
	}
}

// BenchmarkTraining is a step of the trainings with softplus, at a width and batch of theirs, on normal samples and on
// their own, of coordinates +-1. Flops are those of n m inner products and sums on either.
func BenchmarkTraining(b *testing.B) {
	for _, s := range [][3]int{{16384, 4096, 32}, {16384, 4096, 64}} {
		act := Softplus(16)
		for _, x := range []struct {
			name   string
			call64 func(ws *Workspace[float64]) func()
			call32 func(ws *Workspace[float32]) func()
		}{
			{"normal", velocityCall[float64](s, act), velocityCall[float32](s, act)},
			{"signs", signVelocityCall[float64](s, act), signVelocityCall[float32](s, act)},
		} {
			benchmarkAt(b, fmt.Sprintf("n=%d/m=%d/d=%d/act=softplus/x=%s", s[0], s[1], s[2], x.name), VelocityFlops(s[0], s[1], s[2]), float64(s[0])*float64(s[1]),
				bench(x.call64), bench(x.call32))
		}
	}
}

func signVelocityCall[T Float](s [3]int, act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		p := newSignProblem[T](s[0], s[1], s[2], 1)
		f, v := make([]T, p.n), make([]T, p.m*p.d)
		var packed PackedSamples[T]
		packed.Pack(p.x, p.n, p.d, ws)
		return func() { ForwardVelocityPacked(v, f, &packed, p.y, p.w, nil, p.m, act, ws) }
	}
}

// BenchmarkActivation times the activations alone, on one block in the second-level cache. The flops it counts are one
// for a particle and a sample.
func BenchmarkActivation(b *testing.B) {
	for _, a := range []struct {
		name string
		act  Activation
	}{{"tanh", Tanh()}, {"sigmoid", Sigmoid()}, {"softplus", Softplus(16)}, {"erf", Erf()}, {"gelu", GELU()}} {
		benchmarkAt(b, "act="+a.name, activationPairs, activationPairs, bench(activationCall[float64](a.act)), bench(activationCall[float32](a.act)))
	}
}

const (
	activationPairs = activationRound * activationTimes
	activationRound = 384 * 64 // both are multiples of every level's tile
	activationTimes = 16
)

// activationCall evaluates always the same arguments.
func activationCall[T Float](act Activation) func(ws *Workspace[T]) func() {
	return func(ws *Workspace[T]) func() {
		set := ws.set
		var p pack.Activation[T]
		p.Set(act.f)
		z, s := benchNormal[T](activationRound, 1), make([]T, activationRound)
		f, a := make([]T, set.Lanes), benchNormal[T](activationRound/set.Lanes, 2)
		c := &call{C0: abi.At(p.Parameters[:], 0), S: abi.At(s, 0), F: abi.At(f, 0), A: abi.At(a, 0), Stride: set.Rows * set.Lanes}
		c.Tiles = activationRound / c.Stride
		return func() {
			for range activationTimes {
				copy(s, z)
				set.Activate[p.Kind](c)
			}
		}
	}
}

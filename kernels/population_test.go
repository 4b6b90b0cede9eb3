package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"testing"
	"time"
)

// pairwiseLoop is the loop of Pairwise's documentation, in float64.
func pairwiseLoop[T Float](g, w []T, m, d int, q Dual) {
	acc := make([]float64, d)
	for j := range m {
		clear(acc)
		for i := range m {
			s := 0.0
			for a := range d {
				s += float64(float64(w[j*d+a]) * float64(w[i*d+a]))
			}
			_, dv, _ := q.Eval(s)
			for a := range d {
				acc[a] += float64(dv * float64(w[i*d+a]))
			}
		}
		for a := range d {
			g[j*d+a] = T(acc[a] / float64(m))
		}
	}
}

func pairwiseSumLoop[T Float](w []T, m, d int, q Dual) float64 {
	sum := 0.0
	for j := range m {
		for i := range m {
			s := 0.0
			for a := range d {
				s += float64(float64(w[j*d+a]) * float64(w[i*d+a]))
			}
			v, _, _ := q.Eval(s)
			sum += v
		}
	}
	return sum / float64(m) / float64(m)
}

func unitRows[T Float](m, d int, seed uint64) []T {
	r := rand.New(rand.NewPCG(seed, 7))
	w := make([]T, m*d)
	for j := range m {
		row := w[j*d : (j+1)*d]
		s := 0.0
		for a := range row {
			x := r.NormFloat64()
			row[a] = T(x)
			s += x * x
		}
		for a := range row {
			row[a] = T(float64(row[a]) / math.Sqrt(s))
		}
	}
	return w
}

// worst returns the largest difference relative to the largest element of want (1 if that is 0).
func worst[T Float](got, want []T) float64 {
	diff, top := 0.0, 0.0
	for i := range want {
		diff = math.Max(diff, math.Abs(float64(got[i])-float64(want[i])))
		top = math.Max(top, math.Abs(float64(want[i])))
	}
	if top == 0 {
		top = 1
	}
	return diff / top
}

func power(k int) Dual {
	c := make([]float64, k+1)
	c[k] = 1
	return PolynomialDual(c)
}

var dualsUnderTest = []struct {
	name string
	q    Dual
}{
	{"zero", PolynomialDual(nil)}, {"constant", PolynomialDual([]float64{2})},
	{"1", power(1)}, {"2", power(2)}, {"3", power(3)}, {"4", power(4)}, {"6", power(6)},
	{"4+6", PolynomialDual([]float64{0, 0, 0, 0, .64, 0, .36})},
	{"0+1+2+5", PolynomialDual([]float64{.3, .1, .5, 0, 0, .1})},
	{"1+3", PolynomialDual([]float64{0, .25, 0, .75})},
	{"relu", ReLUDual()}, {"erf", ErfDual()},
	{"legendre", LegendreDual(5, []float64{.1, .25, .3, 0, .2, .1, 0, .05})},
}

var shapesUnderTest = [][2]int{{1, 1}, {2, 1}, {1, 5}, {3, 2}, {31, 3}, {32, 4}, {33, 5}, {63, 7}, {64, 8}, {65, 6}, {130, 9}, {321, 4}}

func TestPairwise(t *testing.T) {
	ws := NewWorkspace[float64](2)
	ws32 := NewWorkspace[float32](2)
	for _, dual := range dualsUnderTest {
		for _, s := range shapesUnderTest {
			m, d := s[0], s[1]
			w := unitRows[float64](m, d, uint64(m+100*d))
			g, want := make([]float64, m*d), make([]float64, m*d)
			Pairwise(g, w, m, d, dual.q, ws)
			pairwiseLoop(want, w, m, d, dual.q)
			// The derivative of ReLU's q' is infinite at s = 1, where rounding of the diagonal costs sqrt(eps)/m.
			bound := 1e-13
			if dual.name == "relu" {
				bound = 1e-7
			}
			if e := worst(g, want); !(e < bound) {
				t.Errorf("%s m=%d d=%d: relative error %g", dual.name, m, d, e)
			}
			if got, want := PairwiseSum(w, m, d, dual.q, ws), pairwiseSumLoop(w, m, d, dual.q); !(math.Abs(got-want) <= 1e-13*(1+math.Abs(want))) {
				t.Errorf("%s m=%d d=%d: PairwiseSum %g, want %g", dual.name, m, d, got, want)
			}
			w32 := unitRows[float32](m, d, uint64(m+100*d))
			g32, want32 := make([]float32, m*d), make([]float32, m*d)
			Pairwise(g32, w32, m, d, dual.q, ws32)
			pairwiseLoop(want32, w32, m, d, dual.q)
			bound32 := 4e-6
			if dual.name == "relu" {
				bound32 = 1e-3
			}
			if e := worst(g32, want32); !(e < bound32) {
				t.Errorf("%s m=%d d=%d float32: relative error %g", dual.name, m, d, e)
			}
			if got, want := PairwiseSum(w32, m, d, dual.q, ws32), pairwiseSumLoop(w32, m, d, dual.q); !(math.Abs(got-want) <= 1e-13*(1+math.Abs(want))) {
				t.Errorf("%s m=%d d=%d: PairwiseSum of float32 %g, want %g", dual.name, m, d, got, want)
			}
		}
	}
}

func TestMomentEqualsPairwise(t *testing.T) {
	ws := NewWorkspace[float64](2)
	ws32 := NewWorkspace[float32](2)
	for _, dual := range dualsUnderTest {
		if dual.q.Coefficients() == nil {
			continue
		}
		for _, s := range shapesUnderTest {
			m, d := s[0], s[1]
			w := unitRows[float64](m, d, uint64(m+100*d))
			g, want := make([]float64, m*d), make([]float64, m*d)
			Moment(g, w, m, d, dual.q, ws)
			Pairwise(want, w, m, d, dual.q, ws)
			if e := worst(g, want); !(e < 1e-12) {
				t.Errorf("%s m=%d d=%d: relative difference %g", dual.name, m, d, e)
			}
			got, sum := MomentSum(w, m, d, dual.q, ws), PairwiseSum(w, m, d, dual.q, ws)
			if !(math.Abs(got-sum) <= 1e-13*(1+sum)) {
				t.Errorf("%s m=%d d=%d: MomentSum %g, PairwiseSum %g", dual.name, m, d, got, sum)
			}
			w32 := unitRows[float32](m, d, uint64(m+100*d))
			g32, want32 := make([]float32, m*d), make([]float32, m*d)
			Moment(g32, w32, m, d, dual.q, ws32)
			pairwiseLoop(want32, w32, m, d, dual.q)
			if e := worst(g32, want32); !(e < 4e-6) {
				t.Errorf("%s m=%d d=%d float32: relative difference %g", dual.name, m, d, e)
			}
		}
	}
}

func TestMomentHighDegree(t *testing.T) {
	ws := NewWorkspace[float64](1)
	for _, c := range []struct{ m, d, k int }{{50, 2, 32}, {40, 3, 13}, {700, 4, 9}, {40, 1, 7}} {
		t.Run(fmt.Sprint(c.m, c.d, c.k), func(t *testing.T) {
			w := unitRows[float64](c.m, c.d, 3)
			g, want := make([]float64, c.m*c.d), make([]float64, c.m*c.d)
			Moment(g, w, c.m, c.d, power(c.k), ws)
			Pairwise(want, w, c.m, c.d, power(c.k), ws)
			if e := worst(g, want); !(e < 1e-12) {
				t.Errorf("%+v: relative difference %g", c, e)
			}
		})
	}
}

func TestMomentFlops(t *testing.T) {
	// k = 4 at d = 32: C(35, 4) = 52360 monomials.
	if got, want := MomentFlops(10, 32, power(4)), 6.0*10*52360; got != want {
		t.Errorf("k=4 d=32: %g, want %g", got, want)
	}
	// k = 5 at d = 16: q' has degree 4, C(19, 4) = 3876 monomials; of degree 5 there are C(20, 5) = 15504.
	if got, want := MomentFlops(10, 16, power(5)), 2.0*10*(15504+3876*17); got != want {
		t.Errorf("k=5 d=16: %g, want %g", got, want)
	}
	if got := MomentFlops(10, 64, power(12)); !math.IsInf(got, 1) {
		t.Errorf("k=12 d=64: %g, want +Inf", got)
	}
	if got := MomentFlops(10, 4, ReLUDual()); !math.IsInf(got, 1) {
		t.Errorf("ReLU: %g, want +Inf", got)
	}
	if p, m := PairwiseFlops(1<<16, 16, power(4)), MomentFlops(1<<16, 16, power(4)); m > p/50 {
		t.Errorf("m=2^16 d=16 k=4: moment %g should be far below pairwise %g", m, p)
	}
}

// TestPopulationByMoments: the rule is one threshold in m for every level, type, dual and dimension, near the one of
// equal flops, and never chooses a form that there is not.
func TestPopulationByMoments(t *testing.T) {
	for _, level := range []string{"generic", "avx2", "avx512"} {
		for _, q := range []Dual{power(2), power(4), PolynomialDual([]float64{0, 1, 2, 3}), power(6)} {
			for _, d := range []int{2, 4, 5, 8, 16, 24, 32, 64} {
				if math.IsInf(MomentFlops(1, d, q), 1) {
					continue
				}
				equal := MomentFlops(1, d, q) / PairwiseFlops(1, d, q)
				for name, by := range map[string]func(m, d int, q Dual, level string) bool{"f64": PopulationByMoments[float64], "f32": PopulationByMoments[float32]} {
					t.Run(name, func(t *testing.T) {
						at := sort.Search(1<<30, func(m int) bool { return by(m, d, q, level) })
						if x := float64(at) / equal; !(x > .5 && x < 16 || at <= 16) {
							t.Errorf("%s %s d=%d: moments from m = %d on, as many flops at %.0f", level, name, d, at, equal)
						}
					})
				}
			}
		}
		if PopulationByMoments[float64](1<<20, 64, power(12), level) || PopulationByMoments[float64](1<<20, 4, ReLUDual(), level) {
			t.Errorf("%s: moments that there are not", level)
		}
	}
}

func TestPopulationWorkers(t *testing.T) {
	const m, d = 700, 6
	w := unitRows[float64](m, d, 1)
	for _, q := range []Dual{power(4), PolynomialDual([]float64{.1, .2, .3, .4}), ReLUDual()} {
		var pair, mom []float64
		var sums [2]float64
		for _, workers := range []int{1, 2, 3, 8} {
			ws := NewWorkspace[float64](workers)
			g := make([]float64, m*d)
			Pairwise(g, w, m, d, q, ws)
			same(t, fmt.Sprintf("Pairwise, %d workers", workers), &pair, g)
			s := [2]float64{PairwiseSum(w, m, d, q, ws)}
			if q.Coefficients() != nil {
				h := make([]float64, m*d)
				Moment(h, w, m, d, q, ws)
				same(t, fmt.Sprintf("Moment, %d workers", workers), &mom, h)
				s[1] = MomentSum(w, m, d, q, ws)
			}
			if workers == 1 {
				sums = s
			} else if s != sums {
				t.Errorf("%d workers: sums %v, with one worker %v", workers, s, sums)
			}
			ws.Close()
		}
	}
}

// same compares bit by bit with the first result it was given.
func same[T Float](t *testing.T, what string, first *[]T, got []T) {
	t.Helper()
	if *first == nil {
		*first = got
		return
	}
	for i := range got {
		if math.Float64bits(float64(got[i])) != math.Float64bits(float64((*first)[i])) {
			t.Fatalf("%s: element %d is %v, with one worker %v", what, i, got[i], (*first)[i])
		}
	}
}

func TestPopulationAllocatesNothing(t *testing.T) {
	const m, d = 300, 5
	w, g := unitRows[float64](m, d, 1), make([]float64, m*d)
	w32, g32 := unitRows[float32](m, d, 1), make([]float32, m*d)
	q := power(4)
	for _, workers := range []int{1, 3} {
		ws, ws32 := NewWorkspace[float64](workers), NewWorkspace[float32](workers)
		var sum float64
		n := testing.AllocsPerRun(20, func() {
			Pairwise(g, w, m, d, q, ws)
			Moment(g, w, m, d, q, ws)
			sum += PairwiseSum(w, m, d, q, ws) + MomentSum(w, m, d, q, ws)
			Pairwise(g32, w32, m, d, q, ws32)
			sum += PairwiseSum(w32, m, d, q, ws32) + MomentSum(w32, m, d, q, ws32)
			ProjectTangent(g, w, m, d, ws)
			NormalizeRows(g, m, d, ws)
		})
		if n != 0 {
			t.Errorf("%d workers: %v allocations per run", workers, n)
		}
		ws.Close()
		ws32.Close()
	}
}

func TestWorkspaceLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		ws := NewWorkspace[float64](4)
		w := unitRows[float64](200, 2, 1)
		Pairwise(make([]float64, 400), w, 200, 2, power(2), ws)
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before, %d after the workspaces were dropped", before, n)
	}
}

func TestPopulationEmpty(t *testing.T) {
	ws := NewWorkspace[float64](2)
	q := PolynomialDual([]float64{.5, 1, 1})
	Pairwise(nil, nil, 0, 3, q, ws)
	Moment(nil, nil, 0, 3, q, ws)
	Pairwise(nil, nil, 3, 0, q, ws)
	Moment(nil, nil, 3, 0, q, ws)
	for _, sum := range []func([]float64, int, int, Dual, *Workspace[float64]) float64{PairwiseSum[float64], MomentSum[float64]} {
		if got := sum(nil, 0, 3, q, ws); got != 0 {
			t.Errorf("m = 0: %g, want 0", got)
		}
		if got := sum(nil, 3, 0, q, ws); got != .5 {
			t.Errorf("d = 0: %g, want q(0) = .5", got)
		}
	}
}

func TestPopulationPanics(t *testing.T) {
	ws := NewWorkspace[float64](1)
	x := make([]float64, 12)
	q := power(2)
	for want, f := range map[string]func(){
		"kernels: Pairwise: g has length 11, want 12":                 func() { Pairwise(x[:11], x, 4, 3, q, ws) },
		"kernels: Pairwise: w has length 0, want 12":                  func() { Pairwise(x, nil, 4, 3, q, ws) },
		"kernels: Pairwise: g (length 6) overlaps w (length 6)":       func() { Pairwise(x[:6], x[3:9], 2, 3, q, ws) },
		"kernels: Pairwise: negative dimension in [-1 3]":             func() { Pairwise(x, x, -1, 3, q, ws) },
		"kernels: Moment: g (length 12) overlaps w (length 12)":       func() { Moment(x, x, 4, 3, q, ws) },
		"kernels: PairwiseSum: w has length 12, want 9":               func() { PairwiseSum(x, 3, 3, q, ws) },
		"kernels: MomentSum: w has length 12, want 9":                 func() { MomentSum(x, 3, 3, q, ws) },
		"kernels: NormalizeRows: w has length 12, want 9":             func() { NormalizeRows(x, 3, 3, ws) },
		"kernels: ProjectTangent: v (length 6) overlaps w (length 6)": func() { ProjectTangent(x[:6], x[5:11], 2, 3, ws) },
		"kernels: Combine: y has length 3, want 4":                    func() { Combine(x[:4], x[:3], 1, nil, nil, ws) },
		"kernels: Combine: k has length 0, want 1":                    func() { Combine(x[:4], x[:4], 1, []float64{1}, nil, ws) },
		"kernels: Combine: dst (length 4) overlaps y (length 4)":      func() { Combine(x[:4], x[1:5], 1, nil, nil, ws) },
		"kernels: Combine: k[0] has length 2, want 4":                 func() { Combine(x[:4], x[:4], 1, []float64{1}, [][]float64{x[5:7]}, ws) },
		"kernels: Combine: dst (length 4) overlaps k (length 4)":      func() { Combine(x[:4], x[:4], 1, []float64{1}, [][]float64{x[:4]}, ws) },
		"kernels: Dot: y has length 2, want 3":                        func() { Dot(x[:3], x[:2]) },
		"kernels: Moment: the dual is not a polynomial, or its tensors would be too large (see MomentFlops)": func() {
			Moment(x[:6], x[6:], 2, 3, ReLUDual(), ws)
		},
	} {
		t.Run(want, func(t *testing.T) {
			func() {
				defer func() {
					if got := fmt.Sprint(recover()); got != want {
						t.Errorf("panic %q, want %q", got, want)
					}
				}()
				f()
			}()
		})
	}
}

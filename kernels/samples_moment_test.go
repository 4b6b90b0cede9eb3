package kernels

import (
	"fmt"
	"math"
	"testing"

	"kac/kernels/internal/moments"
	"kac/kernels/internal/pack"
)

var quartics = []Activation{
	HermiteActivation([]float64{0, 0, 0, 0, 1}), HermiteActivation([]float64{0, 0, 0, 1}), HermiteActivation([]float64{0, 0, 1}),
	PolynomialActivation([]float64{0, 1}), PolynomialActivation([]float64{.5, -1}), PolynomialActivation([]float64{.5, -1, .25, .125, .3}),
	PolynomialActivation([]float64{0, 0, 0, 0, 1}), PolynomialActivation([]float64{1, 0, 0, 2}), PolynomialActivation([]float64{0, 1, 0, 0, 1}),
}

// TestMomentForwardVelocity meets every pattern of powers at shapes with several panels, tiles and ranges, some only in
// assembly.
func TestMomentForwardVelocity(t *testing.T) {
	seen := ratios{}
	for _, act := range quartics {
		for i, s := range [][3]int{{1, 1, 1}, {3, 5, 2}, {70, 9, 7}, {9, 70, 12}, {0, 3, 2}, {3, 0, 2}, {2*moments.TensorRange + 70, 2, 3}, {2, 2*moments.TensorRange + 70, 3}} {
			checkSamplesAt(t, seen, spacesAt[float64](t, 2), newSampleProblem[float64](s[0], s[1], s[2], 3), act, i%2 == 0)
			checkSamplesAt(t, seen, spacesAt[float32](t, 2), newSampleProblem[float32](s[0], s[1], s[2], 3), act, i%2 == 1)
		}
	}
	seen.log(t)
}

// TestMomentFormsAgree compares the two ways at shapes too large for the compensated oracle: many tiles and column
// panels, and more points than float32 adds up in one go.
func TestMomentFormsAgree(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		shapes := [][3]int{{300, 1300, 21}, {200, 150, 33}, {70, pack.FlushSamples*moments.TensorRanges + 300, 4}, {pack.FlushSamples*moments.TensorRanges + 300, 70, 4}}
		if level == "generic" {
			shapes = shapes[:2]
		}
		for _, s := range shapes {
			for _, act := range []Activation{quartics[0], quartics[5]} {
				testFormsAgree[float64](t, level, s, act, 1e-13)
				testFormsAgree[float32](t, level, s, act, 3e-6)
			}
		}
	})
}

func testFormsAgree[T Float](t *testing.T, level string, s [3]int, act Activation, tolerance float64) {
	t.Helper()
	p := newSampleProblem[T](s[0], s[1], s[2], 7)
	ws, plain := workspaceAt[T](t, 2, level), workspaceAt[float64](t, 2, level)
	defer ws.Close()
	defer plain.Close()
	var packed PackedSamples[T]
	packed.Pack(p.x, p.n, p.d, ws)
	f, v := make([]T, p.n), make([]T, p.m*p.d)
	MomentForwardVelocity(v, f, &packed, p.y, p.w, p.a, p.m, act, ws)
	wantF, wantV, r := make([]float64, p.n), make([]float64, p.m*p.d), make([]float64, p.n)
	Forward(wantF, wide(p.x), wide(p.w), wide(p.a), p.n, p.m, p.d, act, plain)
	for i := range r {
		r[i] = float64(p.y[i] - f[i])
	}
	Velocity(wantV, wide(p.x), wide(p.w), wide(p.a), r, p.n, p.m, p.d, act, plain)
	for name, pair := range map[string][2][]float64{"f": {wide(f), wantF}, "v": {wide(v), wantV}} {
		most, off := 0.0, 0.0
		for i, want := range pair[1] {
			most, off = max(most, math.Abs(want)), max(off, math.Abs(pair[0][i]-want))
		}
		if !(off <= tolerance*most) {
			t.Errorf("%T n=%d m=%d d=%d %s: %s is off by %.3g of its largest element", T(0), s[0], s[1], s[2], act, name, off/most)
		}
	}
}

// TestMomentForwardVelocityNonFinite: what is documented of NaN and infinities.
func TestMomentForwardVelocityNonFinite(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float64](t, 2, level)
		defer ws.Close()
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			p := newSampleProblem[float64](70, 9, 3, 1)
			f, v := make([]float64, p.n), make([]float64, p.m*p.d)
			run := func() {
				var packed PackedSamples[float64]
				packed.Pack(p.x, p.n, p.d, ws)
				MomentForwardVelocity(v, f, &packed, p.y, p.w, p.a, p.m, quartics[0], ws)
			}
			p.x[5*p.d+1] = bad
			run()
			for i, y := range f {
				if finite := !math.IsNaN(y) && !math.IsInf(y, 0); finite != (i != 5) {
					t.Errorf("%v in sample 5: f_%d = %v", bad, i, y)
				}
			}
			allNaN(t, "v", v)
			p.x[5*p.d+1], p.w[3*p.d] = 0, bad
			run()
			allNaN(t, "f", f)
			allNaN(t, "v", v)
		}
	})
}

func allNaN(t *testing.T, name string, x []float64) {
	t.Helper()
	for i, y := range x {
		if !math.IsNaN(y) {
			t.Fatalf("%s[%d] = %v", name, i, y)
		}
	}
}

// TestMomentForwardVelocityFlops counts monomials by hand and sees where the form does not apply, or does not pay.
func TestMomentForwardVelocityFlops(t *testing.T) {
	monomials := func(d int, act Activation) int {
		n := 0
		for k, c := range act.f.V {
			if c != 0 {
				n += int(moments.MonomialCount(d, k))
			}
		}
		return n
	}
	for _, act := range quartics {
		for _, d := range []int{1, 2, 9, 32} {
			var l moments.TensorLayout
			l.Plan(d, act.f, 6, 16, []int{16, 8, 4})
			present := map[int32]bool{}
			for i, w := range l.FirstEntries.Weight {
				if w != 0 {
					present[l.FirstEntries.From[i]] = true
				}
			}
			other := 0
			for _, w := range l.SecondEntries.Weight {
				if w != 0 {
					other++
				}
			}
			if want := monomials(d, act); len(present) != want || other != want {
				t.Errorf("d = %d, %s: %d and %d monomials, not %d", d, act, len(present), other, want)
			}
			if got, want := MomentForwardVelocityFlops(10, 20, d, act), 2.*float64(monomials(d, act))*(2*10+3*20); got != want {
				t.Errorf("d = %d, %s: %g flops, not %g", d, act, got, want)
			}
		}
	}
	for _, act := range []Activation{Tanh(), PolynomialActivation(nil), PolynomialActivation([]float64{2}), HermiteActivation([]float64{0, 0, 0, 0, 0, 1})} {
		if !math.IsInf(MomentForwardVelocityFlops(1, 1, 1, act), 1) || PrefersMoments(1<<20, 1<<20, 4, act) {
			t.Errorf("%s has moments", act)
		}
	}
	he4 := quartics[0]
	if !math.IsInf(MomentForwardVelocityFlops(1, 1, 100, he4), 1) {
		t.Error("d = 100 has moments of degree 4")
	}
	for _, c := range []struct {
		n, m, d int
		want    bool
	}{{8192, 1 << 17, 32, true}, {8192, 1 << 17, 64, false}, {8192, 8192, 32, true}, {64, 64, 32, false}, {8192, 2048, 8, true}, {8192, 64, 8, false}, {100, 100, 8, false}} {
		t.Run(fmt.Sprint(c.n, c.m, c.d), func(t *testing.T) {
			if got := PrefersMoments(c.n, c.m, c.d, he4); got != c.want {
				t.Errorf("n, m, d = %d, %d, %d: prefers moments: %v", c.n, c.m, c.d, got)
			}
		})
	}
}

func TestMomentForwardVelocityPanics(t *testing.T) {
	ws := workspaceAt[float64](t, 1, "generic")
	p := newSampleProblem[float64](4, 3, 2, 1)
	f, v := make([]float64, p.n), make([]float64, p.m*p.d)
	var packed PackedSamples[float64]
	packed.Pack(p.x, p.n, p.d, ws)
	for name, run := range map[string]func(){
		"tanh": func() { MomentForwardVelocity(v, f, &packed, p.y, p.w, p.a, p.m, Tanh(), ws) },
		"constant": func() {
			MomentForwardVelocity(v, f, &packed, p.y, p.w, p.a, p.m, PolynomialActivation([]float64{1}), ws)
		},
		"short y": func() { MomentForwardVelocity(v, f, &packed, p.y[:1], p.w, p.a, p.m, quartics[0], ws) },
		"v is w":  func() { MomentForwardVelocity(p.w, f, &packed, p.y, p.w, p.a, p.m, quartics[0], ws) },
	} {
		t.Run(name, func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				run()
			}()
		})
	}
}

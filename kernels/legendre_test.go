package kernels

import (
	"math"
	"testing"

	"kac/kernels/internal/scalar"
)

// legendreOfReLU is the dual of ReLU in dimension 6, cut: Q[l] = 6 N(6,l) I_l^2 with I_l by its recurrence.
func legendreOfReLU(terms int) Dual {
	const n = 6.0
	c := 1 / math.Pi * 2 * 4 / 3 // Gamma(3)/(sqrt(pi) Gamma(5/2))
	q := make([]float64, terms)
	q[0], q[1] = n*(c/(n-1))*(c/(n-1)), 0.25
	i := c / (n*n - 1)
	x := (n + 2) * (n - 1) / 2 * n * i * i
	for l := 2; l < terms; l += 2 {
		q[l] = x
		k := float64(l)
		r := (k - 1) / (k + n + 1)
		x *= (2*k + n + 2) / (2*k + n - 2) * ((k + n - 1) / (k + 2)) * ((k + n - 2) / (k + 1)) * r * r
	}
	return LegendreDual(6, q)
}

// TestLegendreDual: values and derivatives of a series are those of the polynomial, and of ReLU's dual where that is
// smooth.
func TestLegendreDual(t *testing.T) {
	// P_2 = (3 s^2 - 1)/2 and P_3 = (5 s^3 - 3 s)/2 in dimension 3.
	series, power := LegendreDual(3, []float64{.5, .25, 2, 4}), PolynomialDual([]float64{.5 - 1, .25 - 6, 3, 10})
	relu, cut := ReLUDual(), legendreOfReLU(2000)
	for i := -20; i <= 20; i++ {
		s := float64(i) / 20
		v, d, d2 := series.Eval(s)
		w, e, e2 := power.Eval(s)
		if math.Abs(v-w) > 1e-14 || math.Abs(d-e) > 1e-13 || math.Abs(d2-e2) > 1e-13 {
			t.Errorf("at %g: %.15g %.15g %.15g, want %.15g %.15g %.15g", s, v, d, d2, w, e, e2)
		}
		if math.Abs(s) > .9 {
			continue
		}
		v, d, d2 = cut.Eval(s)
		w, e, e2 = relu.Eval(s)
		if math.Abs(v-w) > 1e-9 || math.Abs(d-e) > 1e-9 || math.Abs(d2-e2) > 1e-7 {
			t.Errorf("ReLU at %g: %.12g %.12g %.12g, want %.12g %.12g %.12g", s, v, d, d2, w, e, e2)
		}
	}
	if q := LegendreDual(4, nil); q.Coefficients() != nil {
		t.Error("a Legendre series has powers")
	} else if v, d, d2 := q.Eval(.5); v != 0 || d != 0 || d2 != 0 {
		t.Error("the empty series is not 0")
	}
}

// TestLegendreLevels: sums over pairs of every level and type, at every shape, against the loop; values alone,
// derivatives alone.
func TestLegendreLevels(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		testLegendreLevel[float64](t, level, 1e-13)
		testLegendreLevel[float32](t, level, 2e-5)
	})
}

func testLegendreLevel[T Float](t *testing.T, level string, bound float64) {
	ws := workspaceAt[T](t, 2, level)
	for name, q := range map[string]Dual{
		"none": LegendreDual(5, nil), "constant": LegendreDual(5, []float64{2}), "even": LegendreDual(4, []float64{.1, 0, .5}),
		"5": LegendreDual(9, []float64{0, .25, .3, 0, .2}), "60": legendreOfReLU(60), "301": legendreOfReLU(301),
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range shapesUnderTest {
				m, d := s[0], s[1]
				w := unitRows[T](m, d, uint64(m+100*d))
				g, want := make([]T, m*d), make([]T, m*d)
				Pairwise(g, w, m, d, q, ws)
				pairwiseLoop(want, w, m, d, q)
				limit := bound
				if name == "301" { // the slope of its slope is 60 at s = 1, where rounding of an inner product matters
					limit *= 100
				}
				if e := worst(g, want); !(e < limit) {
					t.Errorf("%s, %d terms, m=%d d=%d: relative error %g", level, len(q.q)/scalar.ClenshawStride, m, d, e)
				}
				if got, want := PairwiseSum(w, m, d, q, ws), pairwiseSumLoop(w, m, d, q); !(math.Abs(got-want) <= 1e-13*(1+math.Abs(want))) {
					t.Errorf("%s %s m=%d d=%d: PairwiseSum %g, want %g", level, name, m, d, got, want)
				}
			}
		})
	}
}

// TestLegendreHessian: second derivatives of many terms, at every level.
func TestLegendreHessian(t *testing.T) {
	const m, d = 65, 6
	q, w := legendreOfReLU(60), unitRows[float64](m, d, 4)
	want := make([]float64, m*PackedLen(d))
	for j := range m {
		for i := range m {
			_, _, d2 := q.Eval(Dot(w[j*d:(j+1)*d], w[i*d:(i+1)*d]))
			for a := range d {
				for b := a; b < d; b++ {
					want[j*PackedLen(d)+PackedIndex(d, b, a)] += d2 * w[i*d+a] * w[i*d+b] / m
				}
			}
		}
	}
	everyLevel(t, func(t *testing.T, level string) {
		h := make([]float64, m*PackedLen(d))
		PopulationHessian(h, w, m, d, q, workspaceAt[float64](t, 2, level))
		if e := worst(h, want); !(e < 1e-12) {
			t.Errorf("relative error %g", e)
		}
	})
}

func BenchmarkLegendrePairwise(b *testing.B) {
	const m, d = 1024, 16
	w, g := unitRows[float64](m, d, 1), make([]float64, m*d)
	q := legendreOfReLU(60)
	for _, level := range Levels() {
		b.Run(level, func(b *testing.B) {
			ws := workspaceAt[float64](b, 1, level)
			for b.Loop() {
				Pairwise(g, w, m, d, q, ws)
			}
		})
	}
}

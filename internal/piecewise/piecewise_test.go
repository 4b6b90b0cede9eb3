package piecewise

import (
	"math"
	"testing"
)

func steps(lo, hi, step float64) (list []float64) {
	for i := 0; ; i++ {
		if list = append(list, lo+float64(i)*step); list[i] >= hi {
			return list
		}
	}
}

// TestEval: values and derivatives of smooth functions, of one with a kink between the edges, and beyond the edges.
func TestEval(t *testing.T) {
	for name, c := range map[string]struct {
		f, d, d2 func(z float64) float64
		edges    []float64
		skip     float64 // around kinks
	}{
		"tanh": {math.Tanh, func(z float64) float64 { return 1 / (math.Cosh(z) * math.Cosh(z)) },
			func(z float64) float64 { return -2 * math.Tanh(z) / (math.Cosh(z) * math.Cosh(z)) }, steps(-20, 20, .5), 0},
		"cubes": {func(z float64) float64 { return z*z*z - 2*z }, func(z float64) float64 { return 3*z*z - 2 }, func(z float64) float64 { return 6 * z }, steps(-38, 38, 2), 0},
		"kink": {func(z float64) float64 { return math.Max(z-.3, 0) + math.Sin(z) }, func(z float64) float64 {
			if z > .3 {
				return 1 + math.Cos(z)
			}
			return math.Cos(z)
		}, func(z float64) float64 { return -math.Sin(z) }, []float64{-2, -1, .3 - 1e-15, .3 + 1e-15, 1, 2}, 1e-3},
	} {
		t.Run(name, func(t *testing.T) {
			f := New(c.f, c.edges)
			lo, hi := c.edges[0], c.edges[len(c.edges)-1]
			worst := [3]float64{}
			for i := range 20_000 {
				z := lo + (hi-lo)*(float64(i)+.37)/20_000
				if c.skip > 0 && math.Abs(z-.3) < c.skip {
					continue
				}
				v, dv, d2v := f.Eval(z)
				size := 1 + math.Abs(c.f(z))
				for k, e := range []float64{v - c.f(z), dv - c.d(z), d2v - c.d2(z)} {
					worst[k] = math.Max(worst[k], math.Abs(e)/size)
				}
			}
			if worst[0] > 2e-14 || worst[1] > 2e-12 || worst[2] > 5e-10 {
				t.Errorf("%s: %d pieces, wrong by %.1e, derivatives by %.1e and %.1e", name, len(f.pieces), worst[0], worst[1], worst[2])
			}
			if v, dv, _ := f.Eval(hi + 5); v != c.f(hi+5) || math.Abs(dv-c.d(hi+5)) > 1e-4*(1+math.Abs(dv)) {
				t.Errorf("%s beyond its edges: %g, %g", name, v, dv)
			}
		})
	}
	at := New(func(z float64) float64 { return math.Abs(z - .3) }, []float64{-2, .3 - 1e-9, .3 - 1e-15, .3 + 1e-15, 2})
	for _, h := range []float64{0, 1e-16, 1e-12, 1e-9, 1e-7, 1e-4} {
		for _, z := range []float64{.3 - h, .3 + h} {
			v, dv, _ := at.Eval(z)
			if math.Abs(v-math.Abs(z-.3)) > 5e-15 || math.Abs(dv) > 1.001 || h > 1e-10 && math.Abs(dv-math.Copysign(1, z-.3)) > 1e-6 {
				t.Errorf("%g from a kink: %g, %g", z-.3, v, dv)
			}
		}
	}
}

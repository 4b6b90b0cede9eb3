package contrast

import (
	"fmt"
	"math"
	"testing"
)

// Values of another program (NumPy, Runge and Kutta's method on its own quadrature), to the digits that it gives.
func TestFlowValues(t *testing.T) {
	for _, c := range []struct {
		alpha, beta, m float64
		want           float64 // the error of feature 2 at t = 2
		within         float64
	}{
		{.9, 0, 4, .296425902, 2e-8}, {.9, 0, 16, .237096, 6e-7}, {.9, 0, 64, .222074, 1e-6},
	} {
		t.Run(fmt.Sprintf("beta=%v,m=%v", c.beta, c.m), func(t *testing.T) {
			features := []Feature{{c.alpha * c.beta, .3, .4}, {.5, .05, .3}}
			points, err := Flow(t.Context(), features, c.m, 0, []float64{0, 2}, 1e-7)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "error", points[1].Errors[1], c.want, c.within)
			if c.beta == 0 { // without correlation nothing turns the feature: the angle stays as it is
				if got, want := points[1].Errors[0], points[0].Errors[0]; got != want {
					t.Errorf("the noised feature's error moved from %v to %v", want, got)
				}
				near(t, "the noised feature's error", points[1].Errors[0], .295167235, 6e-10)
			}
			if c.m == 16 {
				near(t, "R_1(0)", points[0].Rate[0], .937427740, 6e-8)
				near(t, "R_2(0)", points[0].Rate[1], .937354379, 6e-8)
			}
		})
	}
}

// m times the gap goes to the constant like 1/m.
func TestGapTendsToConstant(t *testing.T) {
	features := []Feature{{.5, .2, .3}, {.3, .05, .25}}
	constants := Constants(features, 2, 0)
	near(t, "C_1(2)", constants[0].Value, .15078518, 6e-9)
	near(t, "C_2(2)", constants[1].Value, .1943933, 6e-8)
	for _, c := range []struct{ m, want float64 }{{16, .18794739}, {64, .19266510}} {
		t.Run(fmt.Sprint(c.m, c.want), func(t *testing.T) {
			points, err := Flow(t.Context(), features, c.m, 0, []float64{2}, 1e-9)
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("m gap at m = %v", c.m), c.m*(points[0].Errors[1]-features[1].ErrorAt(2)), c.want, c.m*4e-9)
		})
	}
}

func TestConstantValues(t *testing.T) {
	for _, c := range []struct {
		beta   float64
		want   [2]float64
		exists bool
	}{{1, [2]float64{.374309108, .852141122}, false}, {.5, [2]float64{.149355086, .352184989}, true}, {0, [2]float64{0, .318018805}, true}} {
		t.Run(fmt.Sprint(c.beta), func(t *testing.T) {
			got := Constants([]Feature{{.9 * c.beta, .3, .4}, {.5, .05, .3}}, 2, 0)
			for k, want := range c.want {
				near(t, fmt.Sprintf("beta %v, C_%d(2)", c.beta, k+1), got[k].Value, want, 6e-10)
				if got[k].Exists != c.exists {
					t.Errorf("beta %v: the law in 1/m is said to hold: %v", c.beta, got[k].Exists)
				}
			}
		})
	}
}

// The closed form of infinite batches solves its equations, with decay and without.
func TestInfiniteFlow(t *testing.T) {
	for _, decay := range []float64{0, .3} {
		f := Feature{.7, -.2, .5}
		a, b := f.A, f.B
		const steps = 2000
		const h = 1.5 / steps
		slope := func(a, b float64) (float64, float64) {
			r2 := a*a + b*b
			return 2*.7*a - 2*r2*a - decay*a, -2*r2*b - decay*b
		}
		for range steps {
			a1, b1 := slope(a, b)
			a2, b2 := slope(a+h/2*a1, b+h/2*b1)
			a3, b3 := slope(a+h/2*a2, b+h/2*b2)
			a4, b4 := slope(a+h*a3, b+h*b3)
			a, b = a+h/6*(a1+2*a2+2*a3+a4), b+h/6*(b1+2*b2+2*b3+b4)
		}
		got := f.At(1.5, decay)
		near(t, "a", got.A, a, 1e-11)
		near(t, "b", got.B, b, 1e-11)
		near(t, "error", got.Error(), math.Atan(.5/.2*math.Exp(-2*.7*1.5))/math.Pi, 1e-14)
	}
	near(t, "error of feature 2 at t = 4", Feature{.5, .05, .3}.ErrorAt(4), .034840490, 6e-10)
}

package theory

import (
	"context"
	"math"
	"testing"

	"kac/bench"
)

// The solver's T(delta) tends to the asymptote, which knows nothing of it: T = limit (1 + c/d + ...), so that half the
// distance is left when d doubles.
func TestLimitTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		delta float64
		dims  [2]int
		close float64 // at the second dimension
	}{{"he4", .7, [2]int{16, 32}, .12}, {"he6", .9, [2]int{16, 32}, .3}} {
		t.Run(c.name, func(t *testing.T) {
			s := &Scaling{Parameters: ScalingParameters{Delta: c.delta, Tolerance: 1e-4, MaxTime: 1e4}}
			var off [2]float64
			for i, d := range c.dims {
				problem, err := bench.ExactPreset(c.name, d)
				if err != nil {
					t.Fatal(err)
				}
				_, T, err := s.reach(context.Background(), problem, nil, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				off[i] = T/limitTime(problem, c.delta) - 1
				if next := T/nextOrderTime(problem, c.delta) - 1; math.Abs(next) > .1 {
					t.Errorf("%s, delta %g, d = %d: T/next - 1 = %.4f", c.name, c.delta, d, next)
				} else {
					t.Logf("%s, delta %g, d = %d: T/next - 1 = %.4f", c.name, c.delta, d, next)
				}
			}
			t.Logf("%s, delta %g: T/limit - 1 = %.4f, %.4f at d = %v", c.name, c.delta, off[0], off[1], c.dims)
			if math.Abs(off[1]) > c.close || math.Abs(off[1]) > .85*math.Abs(off[0]) {
				t.Errorf("%s: T/limit - 1 = %v at d = %v", c.name, off, c.dims)
			}
		})
	}
	for _, name := range []string{"he3", "misspecified", "circle"} {
		problem, err := bench.ExactPreset(name, 16)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := limitTime(problem, .5), nextOrderTime(problem, .5); !math.IsNaN(x) || !math.IsNaN(y) {
			t.Errorf("%s has an asymptote %g, %g", name, x, y)
		}
	}
}

// The next orders vanish as d grows; where the limit is far off, at small delta, they account for it: the solver has
// 1004.9 at d = 32, where the limit is 5245.
func TestNextOrderTime(t *testing.T) {
	for _, c := range []struct {
		name       string
		dim        int
		delta      float64
		want, most float64 // relative
	}{{"he6", 256, .7, math.NaN(), .01}, {"he4", 1024, .3, math.NaN(), .02}, {"he6", 32, .3, 1004.9, .08}} {
		t.Run(c.name, func(t *testing.T) {
			problem, err := bench.ExactPreset(c.name, c.dim)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if math.IsNaN(want) {
				want = limitTime(problem, c.delta)
			}
			got := nextOrderTime(problem, c.delta)
			t.Logf("%s, d = %d, delta = %g: %.5g, %.5g", c.name, c.dim, c.delta, got, want)
			if math.Abs(got/want-1) > c.most {
				t.Errorf("%s, d = %d, delta = %g: next order %.5g, want %.5g", c.name, c.dim, c.delta, got, want)
			}
		})
	}
}

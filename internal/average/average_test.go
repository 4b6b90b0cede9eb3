package average

import (
	"math"
	"testing"
)

func TestOf(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		x        []float64
		mean, se float64
	}{
		{"none", nil, nan, nan},
		{"one", []float64{3}, 3, nan},
		{"equal, whose sum rounds", []float64{.1, .1, .1}, .1, 0},
		{"two", []float64{1, 3}, 2, 1},
		{"four", []float64{1, 2, 3, 6}, 3, math.Sqrt(14.0 / 3 / 4)},
		{"one that is no number", []float64{1, nan}, nan, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			mean, se := Of(c.x)
			same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-15 }
			if !same(mean, c.mean) || !same(se, c.se) {
				t.Errorf("%v: %v(%v), want %v(%v)", c.x, mean, se, c.mean, c.se)
			}
		})
	}
}

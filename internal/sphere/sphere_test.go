package sphere

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

// TestMoment integrates s^k against the density (1-s^2)^{(n-3)/2}, with s = sin(theta).
func TestMoment(t *testing.T) {
	for _, n := range []int{2, 3, 4, 7, 32} {
		weight := func(th float64) float64 { return math.Pow(math.Cos(th), float64(n-2)) }
		mass := quad.Fixed(weight, -math.Pi/2, math.Pi/2, 80, nil, 0)
		for k := range 9 {
			want := quad.Fixed(func(th float64) float64 { return weight(th) * math.Pow(math.Sin(th), float64(k)) }, -math.Pi/2, math.Pi/2, 80, nil, 0) / mass
			if got := Moment(n, k); math.Abs(got-want) > 1e-13 {
				t.Errorf("Moment(%d, %d) = %.16g, want %.16g", n, k, got, want)
			}
		}
	}
	// S^0 = {-1, 1}: every even moment is 1.
	for k := 0; k < 10; k += 2 {
		if got := Moment(1, k); got != 1 {
			t.Errorf("Moment(1, %d) = %g", k, got)
		}
	}
}

func TestBinomial(t *testing.T) {
	for _, c := range []struct {
		n, k int
		want float64
	}{{0, 0, 1}, {1, 0, 1}, {5, 2, 10}, {32, 16, 601080390}, {2, 3, 0}, {4096, 3, 11444858880}} {
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			if got := Binomial(c.n, c.k); got != c.want {
				t.Errorf("C(%d, %d) = %.17g, want %.17g", c.n, c.k, got, c.want)
			}
		})
	}
}

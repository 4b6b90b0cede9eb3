package meanfield

import (
	"context"
	"math"
	"testing"
)

// The supremum of ||J|| over the sphere against integrals along single particles, in R^d and at the pole: he3's is at
// w = -e_1, where no node of a quadrature is, and is exp int F'(-1) dt.
func TestWorstJAtThePole(t *testing.T) {
	r := solve(t, preset(t, "he3", 12), 4, 1e-8)
	times := []float64{2, 4}
	log, wrong, err := r.WorstJ(context.Background(), times)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		// Simpson's rule.
		const n = 4000
		fl, err := r.At(0)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k := range n + 1 {
			if err := fl.Set(at * float64(k) / n); err != nil {
				t.Fatal(err)
			}
			w := 2.0 + 2*float64(k%2)
			if k == 0 || k == n {
				w = 1
			}
			sum += w * fl.f.slope.eval(-1, 1, 0) * at / n / 3
		}
		if d := math.Abs(log[i] - sum); !(d <= wrong[i]+1e-10) || !(wrong[i] < 1e-4) {
			t.Errorf("t = %g: log sup ||J|| = %.12g +- %.2g, int F'(-1) = %.12g", at, log[i], wrong[i], sum)
		}
	}
	if x := math.Exp(log[0]); math.Abs(x-172.4) > .1 {
		t.Errorf("sup ||J|| up to 2 is %g, not 172.4", x)
	}
}

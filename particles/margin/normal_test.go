package margin

import (
	"fmt"
	"math"
	"testing"
)

// Values of 40 digits by mpmath, and the derivative.
func TestLogPhi(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{
		{0, -0.6931471805599453}, {-1, -1.841021645009264}, {-5.999, -20.730610955375183618}, {-6.001, -20.742927920586590661}, {-10, -53.23128515051247}, {-40, -804.6084420137538}, {-100, -5005.524208694205}, {1, -0.1727537790234499}, {5, -2.866516129637636e-07},
	} {
		t.Run(fmt.Sprint(c.x, c.want), func(t *testing.T) {
			if got := LogPhi(c.x); math.Abs(got/c.want-1) > 4e-15 {
				t.Errorf("log Phi(%v) = %.17g, want %.17g", c.x, got, c.want)
			}
		})
	}
	if !math.IsInf(LogPhi(math.Inf(-1)), -1) || LogPhi(math.Inf(1)) != 0 || !math.IsNaN(LogPhi(math.NaN())) {
		t.Error("at infinities")
	}
	// d/dx log Phi = phi/Phi, across the seam too.
	for x := -30.0; x < 3; x += .25 {
		h := 1e-5
		slope := (LogPhi(x+h) - LogPhi(x-h)) / (2 * h)
		want := math.Exp(-x*x/2 - halfLog2Pi - LogPhi(x))
		if math.Abs(slope/want-1) > 1e-7 {
			t.Errorf("slope at %v: %v, want %v", x, slope, want)
		}
	}
}

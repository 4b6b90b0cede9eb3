package meanfield

import (
	"math"

	"kac/internal/portable"
)

// meanNorm returns E|Z| for a Gaussian vector of independent components, one of variance a and n of variance b, and
// the means of its second derivatives, along = E d^2|Z|/dz^2 in the direction of the first, across in one of the
// others:
//
//	E|Z|   = (2 pi)^{-1/2} int_0^inf (1 - (1+ua)^{-1/2} (1+ub)^{-n/2}) u^{-3/2} du
//	along  = 2 d E|Z|/da,    across = (2/n) d E|Z|/db
//
// (docs/mathematics.md (4.12)), by the trapezoidal rule in log u: to 1e-8, n up to 100.
func meanNorm(a, b float64, n int) (mean, along, across float64) {
	scale := a + float64(n)*b
	if !(scale > 0) {
		return 0, 0, 0
	}
	a, b = a/scale, b/scale
	const step, reach = 0.5, 45
	for k := -reach / step; k <= reach/step; k++ {
		x := portable.Exp(k * step / 2) // u^{1/2}
		u := x * x
		inner := -0.5 * math.Log1p(u*a)
		if n > 0 {
			inner -= float64(n) / 2 * math.Log1p(u*b)
		}
		mean -= math.Expm1(inner) / x
		product := portable.Exp(inner) * x
		along += product / (1 + u*a)
		across += product / (1 + u*b)
	}
	root := step / math.Sqrt(2*math.Pi)
	size := math.Sqrt(scale)
	return mean * root * size, along * root / size, across * root / size
}

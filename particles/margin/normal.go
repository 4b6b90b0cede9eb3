package margin

import (
	"math"

	"kac/internal/portable"
)

// LogPhi is log Phi(x), Phi the distribution function of N(0, 1), to about 2e-15 of its value (for x > 0: of the larger
// of it and 1e-16). Phi(-100) is 1e-2174 and has a logarithm all the same.
//
// Below -6 it is that of the density times Mills' ratio, whose continued fraction 1/(y + 1/(y + 2/(y + 3/(y + ...))))
// is that of Laplace.
func LogPhi(x float64) float64 {
	switch {
	case x > 0:
		return math.Log1p(-portable.Erfc(x/math.Sqrt2) / 2)
	case x > -6:
		return math.Log(portable.Erfc(-x/math.Sqrt2) / 2)
	case math.IsInf(x, -1):
		return x
	}
	y := -x
	ratio := y
	for k := 60; k >= 1; k-- {
		ratio = y + float64(k)/ratio
	}
	return -y*y/2 - math.Log(ratio) - halfLog2Pi
}

// halfLog2Pi is log(2 pi)/2.
const halfLog2Pi = 0.91893853320467274178032973640561763986139747363778341281715154

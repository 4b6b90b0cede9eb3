package portable

import "math"

// Coefficients of the rational functions R and S in erfc(x) = e^(-x^2 - 9/16 + R/S) / x with argument 1/x^2, constant
// term first, for 1.25 <= x < 1/0.35 and 1/0.35 <= x < 28: those of FreeBSD's s_erf.c (Sun Microsystems 1993), as in
// package math.
var (
	tailR = []float64{-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01, -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00}
	tailS = []float64{1, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02, 6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02}
	farR  = []float64{-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01, -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03, -4.83519191608651397019e+02}
	farS  = []float64{1, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03, 3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02, -2.24409524465858183362e+01}
)

// polynomial evaluates c[0] + x (c[1] + x (...)) without fused operations.
func polynomial(c []float64, x float64) float64 {
	v := c[len(c)-1]
	for k := len(c) - 2; k >= 0; k-- {
		v = c[k] + float64(x*v)
	}
	return v
}

// tail returns erfc(x) for 1.25 <= x < 28.
func tail(x float64) float64 {
	s := 1 / float64(x*x)
	r, q := tailR, tailS
	if x >= 1/0.35 {
		r, q = farR, farS
	}
	z := math.Float64frombits(math.Float64bits(x) & 0xffffffff00000000) // 20 bits of x, whose square is exact
	return Exp(float64(-z*z)-0.5625) * Exp(float64((z-x)*(z+x))+polynomial(r, s)/polynomial(q, s)) / x
}

// Erf returns the error function, like math.Erf.
func Erf(x float64) float64 {
	z := math.Abs(x)
	if !(z >= 1.25 && z < 6) {
		return math.Erf(x) // rational functions, or 1: no Exp
	}
	return math.Copysign(1-tail(z), x)
}

// Erfc returns the complementary error function, like math.Erfc.
func Erfc(x float64) float64 {
	switch z := math.Abs(x); {
	case !(z >= 1.25 && z < 28) || x < -6:
		return math.Erfc(x) // rational functions, 0 or 2: no Exp
	case x < 0:
		return 2 - tail(z)
	default:
		return tail(z)
	}
}

// Package scalar evaluates activations, duals and exponentials at one number in float64: what the levels' vector
// functions are held to.
package scalar

import (
	"math"

	"kac/internal/portable"
	"kac/kernels/internal/abi"
)

// ClosedForm returns sigma and its first two derivatives at z for the kinds that are no series; temperature is
// softplus's, or the power of ReLUPower. Derivatives keep their relative accuracy where sigma saturates. The
// closed-form duals are functions of the inner product.
func ClosedForm(kind abi.Kind, temperature, z float64) (v, dv, d2v float64) {
	switch kind {
	case abi.ReLU:
		if z > 0 {
			return z, 1, 0
		}
		return math.Max(z, 0), 0, 0 // Max keeps NaN
	case abi.Tanh:
		v = portable.Tanh(z)
		e := portable.Exp(-2 * math.Abs(z))
		c := 1 + math.Abs(v) // sech^2 = e (1 + |tanh|)^2
		dv = e * c * c
		return v, dv, -2 * v * dv
	case abi.Sigmoid:
		return logistic(z)
	case abi.Softplus:
		u := temperature * z
		v = math.Max(z, 0) + math.Log1p(portable.Exp(-math.Abs(u)))/temperature
		dv, d2v, _ = logistic(u)
		return v, dv, temperature * d2v
	case abi.ReLUPower:
		if !(z > 0) {
			return math.Max(z, 0), 0, 0 // Max keeps NaN
		}
		var p float64
		if temperature == 1.5 { // three times faster
			p = math.Sqrt(z)
		} else {
			p = portable.Pow(z, temperature-1)
		}
		return z * p, temperature * p, temperature * (temperature - 1) * (p / z)
	case abi.Erf:
		dv = 2 / math.SqrtPi * portable.Exp(-z*z)
		return portable.Erf(z), dv, secondErf(z, dv)
	case abi.GELU:
		cdf := portable.Erfc(-z/math.Sqrt2) / 2
		pdf := portable.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		if pdf == 0 && !math.IsNaN(z) { // beyond |z| = 38.6 the tails are exact; infinite z would make 0 times infinity
			if z > 0 {
				return z, 1, 0
			}
			return 0, 0, 0
		}
		return z * cdf, cdf + float64(z*pdf), pdf * (2 - z*z)
	case abi.ReLUDual:
		z = clampUnit(z)
		c := math.Sqrt((1 - z) * (1 + z))
		angle := math.Pi/2 + math.Asin(z) // pi - acos z; beyond 1/2 from the end, where 1-z^2 has lost digits
		if z < -0.5 {
			angle = 2 * math.Asin(math.Sqrt((1+z)/2))
		} else if z > 0.5 {
			angle = math.Pi - 2*math.Asin(math.Sqrt((1-z)/2))
		}
		return (c + float64(z*angle)) / (2 * math.Pi), angle / (2 * math.Pi), 1 / (2 * math.Pi * c)
	case abi.ErfDual:
		u := 2 * z / 3
		c := math.Sqrt((1 - u) * (1 + u))
		return 2 / math.Pi * math.Asin(u), 4 / (3 * math.Pi) / c, 8 * u / (9 * math.Pi) / (c * c * c)
	}
	panic("kernels: no closed form of this kind")
}

// secondErf is the second derivative of erf, dv the first.
func secondErf(z, dv float64) float64 {
	if dv == 0 {
		return 0
	}
	return -2 * z * dv
}

// logistic returns 1/(1+e^-z) and its first two derivatives.
func logistic(z float64) (v, dv, d2v float64) {
	e := portable.Exp(-math.Abs(z))
	p := 1 / (1 + e)
	q := e * p // 1 - p without cancellation
	dv = p * q
	if math.Signbit(z) {
		p, q = q, p
	}
	return p, dv, dv * (q - p)
}

// clampUnit takes what rounding pushed outside [-1, 1] for the nearer end.
func clampUnit(s float64) float64 {
	if s > 1 {
		return 1
	}
	if s < -1 {
		return -1
	}
	return s // NaN stays
}

// Exp is portable.Exp without its overflow to infinity a little early, from 709.44 on: there it is 2 e^(x - ln 2), the
// difference with its rounding error. Squaring e^(x/2) would double the error of the root, to 2.8 ULP.
func Exp(x float64) float64 {
	if x > 709 && x < 710 {
		const ln2Low = 0x1.abc9e3b39803fp-56 // ln 2 beyond a float64
		t := x - math.Ln2
		rest := ((x - t) - math.Ln2) - ln2Low
		y := portable.Exp(t)
		return 2 * (y + float64(y*rest))
	}
	return portable.Exp(x)
}

// Horner evaluates a polynomial, constant term first.
func Horner(p []float64, s float64) float64 {
	if len(p) == 0 {
		return 0
	}
	v := p[len(p)-1]
	for k := len(p) - 2; k >= 0; k-- {
		v = float64(v*s) + p[k]
	}
	return v
}

// ClenshawStride numbers stand for a term of a series: the factors of b_l = coef + up s b_{l+1} - down b_{l+2}, in this
// order.
const ClenshawStride = 3

// Clenshaw evaluates a series at s.
func Clenshaw[T abi.Float](rows []T, s T) T {
	var b, before T
	for ; len(rows) >= ClenshawStride; rows = rows[ClenshawStride:] {
		b, before = rows[0]+(T(T(rows[1]*s)*b)-T(rows[2]*before)), b
	}
	return b
}

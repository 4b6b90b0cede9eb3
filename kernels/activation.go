package kernels

import (
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
	"kac/kernels/internal/abi"
)

type activationKind = abi.Kind

const (
	actPolynomial   = abi.Polynomial
	actReLU         = abi.ReLU
	actTanh         = abi.Tanh
	actSigmoid      = abi.Sigmoid
	actSoftplus     = abi.Softplus
	actErf          = abi.Erf
	actGELU         = abi.GELU
	actReLUDual     = abi.ReLUDual // the closed-form duals, as functions of the inner product
	actErfDual      = abi.ErfDual
	actLegendre     = abi.Legendre
	activationKinds = abi.Kinds
)

// Activation is a function sigma(z) with its first two derivatives. Immutable; the zero value is the zero polynomial.
type Activation struct {
	kind        activationKind
	temperature float64
	v, d, d2    []float64 // polynomial and its derivatives, constant term first; of a Legendre series clenshawRows
}

// PolynomialActivation returns sigma(z) = sum_k coef[k] z^k.
func PolynomialActivation(coef []float64) Activation {
	v := trim(slices.Clone(coef))
	d := derivative(v)
	return Activation{kind: actPolynomial, v: v, d: d, d2: derivative(d)}
}

// HermiteActivation returns sigma(z) = sum_k coef[k] h_k(z), with h_k the normalised probabilists' Hermite polynomial: h_0 = 1,
// h_1 = z, sqrt(k+1) h_{k+1} = z h_k - sqrt(k) h_{k-1}. It is evaluated by powers of z, whose cancellation costs about
// eps sum_k |coef[k]| |h_k(i|z|)|: nothing to speak of up to degree 8, four digits at degree 16 and |z| = 4.
func HermiteActivation(coef []float64) Activation {
	sum := make([]float64, len(coef))
	prev, h := []float64(nil), []float64{1}
	for k, c := range coef {
		for i, x := range h {
			sum[i] += float64(c * x)
		}
		next := make([]float64, len(h)+1)
		root := math.Sqrt(float64(k + 1))
		for i, x := range h {
			next[i+1] = x / root
		}
		for i, x := range prev {
			next[i] -= float64(math.Sqrt(float64(k))*x) / root
		}
		prev, h = h, next
	}
	return PolynomialActivation(sum)
}

// ReLU returns sigma(z) = max(z, 0) with sigma'(0) = 0 and sigma” = 0 at every z, the kink and infinities included: its local Hessian is
// -<w_j, g_j> P_j, without the mass that sigma” has at the kink.
func ReLU() Activation { return Activation{kind: actReLU} }

// Tanh returns sigma(z) = tanh(z).
func Tanh() Activation { return Activation{kind: actTanh} }

// Sigmoid returns sigma(z) = 1/(1+e^-z).
func Sigmoid() Activation { return Activation{kind: actSigmoid} }

// Softplus returns sigma(z) = log(1 + e^(temperature z)) / temperature. It panics unless the temperature is positive and finite.
func Softplus(temperature float64) Activation {
	if !(temperature > 0) || math.IsInf(temperature, 1) {
		panic(fmt.Sprintf("kernels: Softplus: temperature %v is not positive and finite", temperature))
	}
	return Activation{kind: actSoftplus, temperature: temperature}
}

// Erf returns sigma(z) = erf(z).
func Erf() Activation { return Activation{kind: actErf} }

// GELU returns sigma(z) = z Phi(z), Phi the normal distribution function.
func GELU() Activation { return Activation{kind: actGELU} }

// String names the activation.
func (s Activation) String() string {
	switch s.kind {
	case actPolynomial:
		return fmt.Sprintf("polynomial%v", s.v)
	case actSoftplus:
		return fmt.Sprintf("softplus(%v)", s.temperature)
	default:
		return [...]string{actReLU: "relu", actTanh: "tanh", actSigmoid: "sigmoid", actErf: "erf", actGELU: "gelu"}[s.kind]
	}
}

// Eval returns sigma, sigma' and sigma” at z. Derivatives keep their relative accuracy where sigma saturates.
func (s Activation) Eval(z float64) (v, dv, d2v float64) {
	switch s.kind {
	case actReLU:
		if z > 0 {
			return z, 1, 0
		}
		return math.Max(z, 0), 0, 0 // Max keeps NaN
	case actTanh:
		v = portable.Tanh(z)
		e := portable.Exp(-2 * math.Abs(z))
		c := 1 + math.Abs(v) // sech^2 = e (1 + |tanh|)^2
		dv = e * c * c
		return v, dv, -2 * v * dv
	case actSigmoid:
		return logistic(z)
	case actSoftplus:
		u := s.temperature * z
		v = math.Max(z, 0) + math.Log1p(portable.Exp(-math.Abs(u)))/s.temperature
		dv, d2v, _ = logistic(u)
		return v, dv, s.temperature * d2v
	case actErf:
		dv = 2 / math.SqrtPi * portable.Exp(-z*z)
		return portable.Erf(z), dv, secondErf(z, dv)
	case actGELU:
		cdf := portable.Erfc(-z/math.Sqrt2) / 2
		pdf := portable.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		if pdf == 0 && !math.IsNaN(z) { // beyond |z| = 38.6 the tails are exact; infinite z would make 0 times infinity
			if z > 0 {
				return z, 1, 0
			}
			return 0, 0, 0
		}
		return z * cdf, cdf + float64(z*pdf), pdf * (2 - z*z)
	case actReLUDual:
		return ReLUDual().Eval(z)
	case actErfDual:
		return ErfDual().Eval(z)
	case actLegendre:
		return clenshaw(s.v, z), clenshaw(s.d, z), clenshaw(s.d2, z)
	default:
		return horner(s.v, z), horner(s.d, z), horner(s.d2, z)
	}
}

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

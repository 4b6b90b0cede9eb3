package kernels

import (
	"fmt"
	"math"
	"slices"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
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
	actReLUPower    = abi.ReLUPower
	actOwn          = abi.Own
	activationKinds = abi.Kinds
)

// Activation is a function sigma(z) with its first two derivatives. Immutable; the zero value is the zero polynomial.
type Activation struct{ f scalar.Function }

// PolynomialActivation returns sigma(z) = sum_k coef[k] z^k.
func PolynomialActivation(coef []float64) Activation {
	v := trim(slices.Clone(coef))
	d := derivative(v)
	return Activation{scalar.Function{Kind: actPolynomial, V: v, D: d, D2: derivative(d)}}
}

// HermiteActivation returns sigma(z) = sum_k coef[k] h_k(z), with h_k the normalised probabilists' Hermite polynomial:
// h_0 = 1, h_1 = z, sqrt(k+1) h_{k+1} = z h_k - sqrt(k) h_{k-1}. It is evaluated by powers of z, whose cancellation
// costs about eps sum_k |coef[k]| |h_k(i|z|)|: nothing to speak of up to degree 8, four digits at degree 16 and |z| =
// 4.
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

// ReLU returns sigma(z) = max(z, 0) with sigma'(0) = 0 and d2sigma = 0 at every z, the kink and infinities included:
// its local Hessian is -<w_j, g_j> P_j, without the mass that d2sigma has at the kink.
func ReLU() Activation { return Activation{scalar.Function{Kind: actReLU}} }

// ReLUPower returns sigma(z) = max(z, 0)^power with sigma'(z) = 0 for z <= 0, evaluated in pure Go at every level. It
// panics unless 1 < power <= 16; for power < 2 the second derivative is unbounded above 0, and at 0 it is 0.
func ReLUPower(power float64) Activation {
	if !(power > 1 && power <= 16) {
		panic(fmt.Sprintf("kernels: ReLUPower: power %v; allowed are powers above 1 and up to 16", power))
	}
	return Activation{scalar.Function{Kind: actReLUPower, Temperature: power}}
}

// FunctionActivation returns the activation of a Go function with its first two derivatives, which is called for every
// pair of a particle and a sample, at every level, from several goroutines at once. It panics if there is none.
func FunctionActivation(f func(z float64) (v, dv, d2v float64)) Activation {
	if f == nil {
		panic("kernels: FunctionActivation: no function")
	}
	return Activation{scalar.Function{Kind: actOwn, Own: f}}
}

// Tanh returns sigma(z) = tanh(z).
func Tanh() Activation { return Activation{scalar.Function{Kind: actTanh}} }

// Sigmoid returns sigma(z) = 1/(1+e^-z).
func Sigmoid() Activation { return Activation{scalar.Function{Kind: actSigmoid}} }

// Softplus returns sigma(z) = log(1 + e^(temperature z)) / temperature. It panics unless the temperature is positive
// and finite.
func Softplus(temperature float64) Activation {
	if !(temperature > 0) || math.IsInf(temperature, 1) {
		panic(fmt.Sprintf("kernels: Softplus: temperature %v is not positive and finite", temperature))
	}
	return Activation{scalar.Function{Kind: actSoftplus, Temperature: temperature}}
}

// Erf returns sigma(z) = erf(z).
func Erf() Activation { return Activation{scalar.Function{Kind: actErf}} }

// GELU returns sigma(z) = z Phi(z), Phi the normal distribution function.
func GELU() Activation { return Activation{scalar.Function{Kind: actGELU}} }

// String names the activation.
func (s Activation) String() string {
	switch s.f.Kind {
	case actPolynomial:
		return fmt.Sprintf("polynomial%v", s.f.V)
	case actReLUPower:
		return fmt.Sprintf("relu^%v", s.f.Temperature)
	case actOwn:
		return "function"
	case actSoftplus:
		return fmt.Sprintf("softplus(%v)", s.f.Temperature)
	default:
		return [...]string{actReLU: "relu", actTanh: "tanh", actSigmoid: "sigmoid", actErf: "erf", actGELU: "gelu"}[s.f.Kind]
	}
}

// Eval returns sigma, sigma' and d2sigma at z. Derivatives keep their relative accuracy where sigma saturates.
func (s Activation) Eval(z float64) (v, dv, d2v float64) { return s.f.Eval(z) }

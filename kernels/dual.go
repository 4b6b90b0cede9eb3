package kernels

import (
	"slices"

	"kac/kernels/internal/scalar"
)

type dualKind uint8

const (
	dualPolynomial dualKind = iota
	dualReLU
	dualErf
	dualLegendre
)

// Dual is q(s) = E sigma(<w,x>) sigma(<w',x>) for Gaussian x and unit w, w', as a function of s = <w,w'>: a polynomial
// whose coefficients are the squared Hermite coefficients of sigma, a closed form, or a Legendre series. The zero value
// is q = 0. Immutable.
type Dual struct {
	kind     dualKind
	q, d, d2 []float64 // polynomial and its first two derivatives, constant term first, without trailing zeros; of a Legendre series clenshawRows
}

// PolynomialDual returns q(s) = sum_k coef[k] s^k.
func PolynomialDual(coef []float64) Dual {
	q := trim(slices.Clone(coef))
	d := derivative(q)
	return Dual{kind: dualPolynomial, q: q, d: d, d2: derivative(d)}
}

// ReLUDual returns the dual of sigma(z) = max(z, 0), the arc-cosine kernel of order one: q(s) = (sqrt(1-s^2) +
// s (pi - arccos s)) / (2 pi), q' = (pi - arccos s)/(2 pi), d2q = 1/(2 pi sqrt(1-s^2)), which is infinite at |s| = 1.
// Arguments that rounding pushed outside [-1, 1] are taken as the nearer end. (Cho and Saul, NeurIPS 2009, eq. 3 to 6.)
func ReLUDual() Dual { return Dual{kind: dualReLU} }

// ErfDual returns the dual of sigma(z) = erf(z): q(s) = (2/pi) asin(2s/3), for |s| < 3/2. (Williams, NeurIPS 1996, eq.
// 11.)
func ErfDual() Dual { return Dual{kind: dualErf} }

// Eval returns q, q' and d2q at s.
func (q Dual) Eval(s float64) (v, dv, d2v float64) {
	switch q.kind {
	case dualReLU:
		return scalar.ClosedForm(actReLUDual, 0, s)
	case dualErf:
		return scalar.ClosedForm(actErfDual, 0, s)
	case dualLegendre:
		return scalar.Clenshaw(q.q, s), scalar.Clenshaw(q.d, s), scalar.Clenshaw(q.d2, s)
	default:
		return scalar.Horner(q.q, s), scalar.Horner(q.d, s), scalar.Horner(q.d2, s)
	}
}

// Coefficients returns a copy of the polynomial's coefficients, constant term first, or nil for a closed form or a
// Legendre series.
func (q Dual) Coefficients() []float64 {
	if q.kind != dualPolynomial {
		return nil
	}
	return append([]float64{}, q.q...)
}

// function returns q as a function with two derivatives, which is all that the pair sums ask of it: with X = W and
// residuals 1, the velocity of the "activation" q is (1/m) sum_i q'(<w_j, w_i>) w_i.
func (q Dual) function() scalar.Function {
	kind := [...]activationKind{dualPolynomial: actPolynomial, dualReLU: actReLUDual, dualErf: actErfDual, dualLegendre: actLegendre}[q.kind]
	return scalar.Function{Kind: kind, V: q.q, D: q.d, D2: q.d2}
}

// flops is the nominal cost of evaluating the polynomial or closed form once.
func (q Dual) flops() float64 {
	switch q.kind {
	case dualPolynomial:
	case dualLegendre:
		return 4 * float64(len(q.q)/scalar.ClenshawStride)
	default:
		return 40 // an inverse function or a root and a division, about ten fused operations each
	}
	return 2 * float64(len(q.q))
}

func trim(p []float64) []float64 {
	for len(p) > 0 && p[len(p)-1] == 0 {
		p = p[:len(p)-1]
	}
	return p
}

func derivative(p []float64) []float64 {
	if len(p) < 2 {
		return nil
	}
	d := make([]float64, len(p)-1)
	for k := range d {
		d[k] = float64(k+1) * p[k+1]
	}
	return trim(d)
}

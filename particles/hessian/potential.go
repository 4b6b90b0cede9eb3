package hessian

import (
	"fmt"
	"math"

	"kac/kernels"
)

// Potential is Phi(Delta) = Omega + Psi of section 4.1 of the paper for
// rho* = {+w*, -w*}, w* = e_1 (or both terms with the atom that a particle is
// nearest to, which is the same):
//
//	Omega = (1/m) sum_i |Delta_i|,   Psi = | (1/m) sum_i sgn(<w_i, w*>) P_{w*} Delta_i |,   P_{w*} = I - w* w*^T
//
// the latter because H_infinity = q'(1) v v^T (x) P_{w*} has the one eigenspace
// spanned by sgn(<w, w*>) e_a, a > 1. delta and w are m x d.
func Potential(delta, w []float64, m, d int) (omega, psi float64, err error) {
	if m < 1 || len(delta) != m*d || len(w) != m*d {
		return 0, 0, fmt.Errorf("potential: lengths %d and %d for %d particles of dimension %d", len(delta), len(w), m, d)
	}
	norms := make([]float64, m)
	for i := range m {
		row := delta[i*d : (i+1)*d]
		norms[i] = math.Sqrt(kernels.Dot(row, row))
	}
	mean := balance(delta, w, m, d)
	return kernels.Sum(norms) / float64(m), math.Sqrt(kernels.Dot(mean, mean)), nil
}

// PotentialSlope is <grad Phi(Delta), G>, the derivative of Potential's Phi at
// the displacement delta as it changes by rate = G (all m x d):
//
//	(1/m) sum_i <Delta_i, G_i>/|Delta_i| + <s, (1/m) sum_i sgn(<w_i, w*>) P_{w*} G_i>/|s|,   s = (1/m) sum_i sgn(<w_i, w*>) P_{w*} Delta_i
//
// where Delta_i or s is 0, one-sided: |G_i|, and the norm of the other mean. At
// most 2 (1/m) sum_i |G_i| (Lemma 15 of the paper, C_b = 1).
func PotentialSlope(delta, rate, w []float64, m, d int) (float64, error) {
	if m < 1 || len(delta) != m*d || len(rate) != m*d || len(w) != m*d {
		return 0, fmt.Errorf("slope of the potential: lengths %d, %d and %d for %d particles of dimension %d", len(delta), len(rate), len(w), m, d)
	}
	slopes := make([]float64, m)
	for i := range m {
		slopes[i] = normSlope(delta[i*d:(i+1)*d], rate[i*d:(i+1)*d])
	}
	along, turn := balance(delta, w, m, d), balance(rate, w, m, d)
	return kernels.Sum(slopes)/float64(m) + normSlope(along, turn), nil
}

// normSlope is the derivative of |x| as x changes by rate, one-sided at 0.
func normSlope(x, rate []float64) float64 {
	if length := math.Sqrt(kernels.Dot(x, x)); length > 0 {
		return kernels.Dot(x, rate) / length
	}
	return math.Sqrt(kernels.Dot(rate, rate))
}

// balance is (1/m) sum_i sgn(<w_i, w*>) P_{w*} x_i, length d.
func balance(x, w []float64, m, d int) []float64 {
	mean := make([]float64, d)
	for i := range m {
		sign := 1 / float64(m)
		if w[i*d] < 0 {
			sign = -sign
		}
		for a := 1; a < d; a++ {
			mean[a] += sign * x[i*d+a]
		}
	}
	return mean
}

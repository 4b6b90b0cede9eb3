package kernels

import "kac/kernels/internal/scalar"

// LegendreDual returns q(s) = sum_l coef[l] P_l(s), P_l the Legendre polynomials of dimension dim >= 3 with P_l(1) = 1,
//
//	(l+dim-2) P_{l+1} = (2l+dim-2) s P_l - l P_{l-1}
//
// which is the dual of every activation under a law of x that is invariant under rotations, coef[l] >= 0. q, q' and d2q
// are evaluated by Clenshaw's recurrence, as series in dim, dim+2 and dim+4. The error of a value is a few units in the
// last place of the sum of its coefficients' sizes, for |s| <= 1. It panics if dim < 3.
func LegendreDual(dim int, coef []float64) Dual {
	if dim < 3 {
		panic("kernels: LegendreDual: the dimension is below 3")
	}
	q := trim(append([]float64{}, coef...))
	d := legendreDerivative(dim, q)
	return Dual{
		kind: dualLegendre, q: clenshawRows(dim, q), d: clenshawRows(dim+2, d), d2: clenshawRows(dim+4, legendreDerivative(dim+2, d)),
	}
}

// legendreDerivative returns the derivative as a series of dimension dim+2: P_l' = l(l+dim-2)/(dim-1) P_{l-1}.
func legendreDerivative(dim int, coef []float64) []float64 {
	if len(coef) < 2 {
		return nil
	}
	d := make([]float64, len(coef)-1)
	for l := range d {
		d[l] = coef[l+1] * (float64(l+1) * float64(l+dim-1) / float64(dim-1))
	}
	return d
}

// clenshawRows lists the terms from the highest degree down to 0, as the recurrence takes them. Their number is even
// and positive, which is what the assembly asks for: a first one of 0 changes nothing.
func clenshawRows(dim int, coef []float64) []float64 {
	terms := max(2, len(coef)+len(coef)%2)
	rows := make([]float64, scalar.ClenshawStride*(terms-len(coef)), scalar.ClenshawStride*terms)
	for l := len(coef) - 1; l >= 0; l-- {
		rows = append(rows, coef[l], float64(2*l+dim-2)/float64(l+dim-2), float64(l+1)/float64(l+dim-1))
	}
	return rows
}

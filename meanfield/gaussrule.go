package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// gaussRule is the Gauss rule with n nodes of the law whose orthonormal polynomials have the recurrence
//
//	x p_k = b_{k+1} p_{k+1} + a_k p_k + b_k p_{k-1},   p_0 = 1,
//
// a[k] for k < n, b[k] for 1 <= k <= n: nodes are the eigenvalues of the tridiagonal matrix (G. Golub, J. Welsch,
// Mathematics of Computation 23 (1969) 221), polished by Newton's steps, weights 1/sum_{k<n} p_k^2 (Christoffel), which
// keep their relative precision where they are small. They sum to 1; exact to degree 2n-1.
func gaussRule(a, b []float64) (x, w []float64) {
	n := len(a)
	m := mat.NewSymDense(n, nil)
	for k := range n {
		m.SetSym(k, k, a[k])
		if k > 0 {
			m.SetSym(k-1, k, b[k])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		panic("meanfield: the eigenvalues of a tridiagonal matrix were not found")
	}
	x = eigen.Values(nil)
	w = make([]float64, n)
	for i := range x {
		for range 3 {
			p, d, _ := orthonormal(a, b, x[i])
			if d == 0 || math.IsInf(p, 0) {
				break
			}
			x[i] -= p / d
		}
		_, _, w[i] = orthonormal(a, b, x[i])
	}
	total := 0.0
	for i := range w {
		w[i] = 1 / w[i]
		total += w[i]
	}
	for i := range w {
		w[i] /= total
	}
	return x, w
}

// orthonormal returns p_n and its derivative at x, and the sum of the squares of those before.
func orthonormal(a, b []float64, x float64) (p, d, sum float64) {
	p = 1
	before, dBefore := 0.0, 0.0
	for k := range a {
		sum += p * p
		low := 0.0
		if k > 0 {
			low = b[k]
		}
		next := ((x-a[k])*p - low*before) / b[k+1]
		dNext := (p + (x-a[k])*d - low*dBefore) / b[k+1]
		p, before, d, dBefore = next, p, dNext, d
	}
	return p, d, sum
}

// normalRule is that of N(0, 1).
func normalRule(n int) (x, w []float64) {
	a, b := make([]float64, n), make([]float64, n+1)
	for k := range b {
		b[k] = math.Sqrt(float64(k))
	}
	return gaussRule(a, b)
}

// gammaRule is that of Gamma(shape): z has the density z^(shape-1) e^-z.
func gammaRule(n int, shape float64) (x, w []float64) {
	a, b := make([]float64, n), make([]float64, n+1)
	for k := range n {
		a[k] = float64(2*k) + shape
	}
	for k := range b {
		b[k] = math.Sqrt(float64(k) * (float64(k) + shape - 1))
	}
	return gaussRule(a, b)
}

// coordinateRule is that of one coordinate of a uniform point of S^{d-1}, d >= 3.
func coordinateRule(n, d int) (x, w []float64) {
	a, b := make([]float64, n), make([]float64, n+1)
	for k := 1; k <= n; k++ {
		b[k] = math.Sqrt(float64(k) * float64(k+d-3) / (float64(2*k+d-2) * float64(2*k+d-4)))
	}
	return gaussRule(a, b)
}

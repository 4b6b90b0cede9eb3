package ridge

import "kac/internal/sphere"

// Multiplicity returns N_k = C(d+k-1, k) - C(d+k-3, k-2), the dimension of the spherical harmonics of degree k >= 0 on
// S^{d-1}, d >= 2; exact while it is below 2^53.
func Multiplicity(d, k int) float64 {
	if k < 2 {
		return sphere.Binomial(d+k-1, k)
	}
	return sphere.Binomial(d+k-1, k) - sphere.Binomial(d+k-3, k-2)
}

// Legendre returns the power coefficients, constant term first, of P_0, ..., P_degree in dimension d >= 3: P_0 = 1,
// P_1 = s, (k+d-2) P_{k+1} = (2k+d-2) s P_k - k P_{k-1}, so that P_k(1) = 1.
// E P_k(<u, x>) P_l(<v, x>) = delta_kl P_k(<u, v>) / N_k for x uniform on S^{d-1} and unit u, v.
func Legendre(d, degree int) [][]float64 {
	p := [][]float64{{1}, {0, 1}}
	for k := 1; k < degree; k++ {
		next := make([]float64, k+2)
		for i, c := range p[k] {
			next[i+1] = float64(2*k+d-2) * c / float64(k+d-2)
		}
		for i, c := range p[k-1] {
			next[i] -= float64(k) * c / float64(k+d-2)
		}
		p = append(p, next)
	}
	return p[:degree+1]
}

// horner evaluates a polynomial, constant term first.
func horner(p []float64, s float64) float64 {
	v := 0.0
	for i := len(p) - 1; i >= 0; i-- {
		v = float64(v*s) + p[i]
	}
	return v
}

package bench

import (
	"math"

	"kac/internal/portable"
	"kac/particles"
)

// MomentMemory is what the moments of all degrees take: tensors of monomials times coordinates, and the
// half or less of them that is summed; up to degree 4 monomials alone, summed range by range, with tables of where
// each is, padding included.
func MomentMemory(act particles.Series, dim int) float64 {
	if n := monomials(act, dim); act.Degree() <= 4 && n <= 1<<20 {
		return 8 * 1.3 * n * (7 + min(32, max(4, (1<<22)/n)))
	}
	entries := 0.0
	for k := 1; k <= act.Degree(); k++ {
		if act.Coefficient(k) != 0 {
			entries += binomial(dim+k-2, k-1) * float64(dim)
		}
	}
	return 8 * 1.6 * entries
}

// monomials counts those of the powers in the dual.
func monomials(act particles.Series, dim int) float64 {
	n := 0.0
	for k := range act.Degree() + 1 {
		if act.Coefficient(k) != 0 {
			n += binomial(dim+k-1, k)
		}
	}
	return n
}

// binomial is C(n, k) for sizes; +Inf if it is none.
func binomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return portable.Exp(a - b - c)
}

// Package sphere has facts about the uniform law on the unit sphere S^{n-1} and
// the coefficients that go with its expansions.
package sphere

import "math"

// Moment returns E[s^k], s the first coordinate of Uniform(S^{n-1}), n >= 1:
// zero for odd k, and mu_k = mu_{k-2} (k-1)/(n+k-2) from mu_0 = 1.
func Moment(n, k int) float64 {
	if k%2 == 1 {
		return 0
	}
	mu := 1.0
	for j := 2; j <= k; j += 2 {
		mu *= float64(j-1) / float64(n+j-2)
	}
	return mu
}

// Binomial returns C(n, k) in float64, exact while it is below 2^53: n reaches
// thousands beside degrees in the tens, where integers overflow.
func Binomial(n, k int) float64 {
	b := 1.0
	for i := 1; i <= k; i++ {
		b = b * float64(n-k+i) / float64(i)
	}
	return math.Round(b)
}

// Package sphere has facts about the uniform law on the unit sphere S^{n-1}.
package sphere

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

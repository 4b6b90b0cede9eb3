package particles

import (
	"math"

	"kac/kernels"
)

// normalize scales row to unit norm and returns the norm it had; a zero row is
// left alone.
func normalize(row []float64) float64 {
	norm := math.Sqrt(kernels.Dot(row, row))
	if norm == 0 {
		return 0
	}
	for a := range row {
		row[a] /= norm
	}
	return norm
}

// project removes from g its component along the unit vector w.
func project(g, w []float64) {
	along := kernels.Dot(g, w)
	for a := range g {
		g[a] -= float64(along * w[a])
	}
}

// sphereMoment returns E[s^k] for s the first coordinate of a uniform point of
// S^{r-1}: zero for odd k, and mu_k = mu_{k-2} (k-1)/(r+k-2).
func sphereMoment(r, k int) float64 {
	if k%2 == 1 {
		return 0
	}
	mu := 1.0
	for j := 2; j <= k; j += 2 {
		mu *= float64(j-1) / float64(r+j-2)
	}
	return mu
}

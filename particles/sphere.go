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

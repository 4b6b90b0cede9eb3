package kernels

import "kac/kernels/internal/sums"

// Sum returns sum_i x_i, accumulated in float64 over a fixed tree: the same bits on every level. An empty sum is 0.
func Sum[T Float](x []T) float64 { return sums.Sum(x) }

// Dot returns sum_i x_i y_i; products and sums are in float64 over the tree of Sum. It panics if lengths differ.
func Dot[T Float](x, y []T) float64 {
	checkLen("Dot", "y", len(y), len(x))
	return sums.Dot(x, y)
}

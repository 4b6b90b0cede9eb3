package sphere

import (
	"math"

	"kac/kernels"
)

// Scale writes x/length to dst; a vector of length 0 keeps no direction.
func Scale(dst, x []float64, length float64) {
	if length == 0 {
		return
	}
	for i := range x {
		dst[i] = x[i] / length
	}
}

// Norm returns |x|.
func Norm(x []float64) float64 { return math.Sqrt(kernels.Dot(x, x)) }

package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// sphereRule is the Gauss rule for the law of the first coordinate of a uniform
// point of S^{n-1}, density proportional to (1-x^2)^{(n-3)/2}: Gegenbauer, by
// the eigenvalues of its Jacobi matrix (Golub and Welsch, Math. Comp. 23 (1969)
// 221). For n = 1, the points -1 and 1.
func sphereRule(n, points int) (x, w []float64) {
	if n == 1 {
		return []float64{-1, 1}, []float64{.5, .5}
	}
	jacobi := mat.NewSymDense(points, nil)
	for k := 1; k < points; k++ {
		// k (k+n-3) / ((2k+n-2)(2k+n-4)), of which the limit for k = 1 is 1/n.
		b := 1 / float64(n)
		if k > 1 {
			b = float64(k*(k+n-3)) / float64((2*k+n-2)*(2*k+n-4))
		}
		jacobi.SetSym(k-1, k, math.Sqrt(b))
	}
	var eigen mat.EigenSym
	eigen.Factorize(jacobi, true)
	x = eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	w = make([]float64, points)
	for i := range w {
		w[i] = vectors.At(0, i) * vectors.At(0, i)
	}
	return x, w
}

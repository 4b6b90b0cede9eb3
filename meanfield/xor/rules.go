package xor

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
)

// gaussLegendre is the Gauss rule on [-1, 1]; the weights sum to 2.
func gaussLegendre(n int) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, w, -1, 1)
	return x, w
}

// sphereRule is the half on (0, 1) of the Gauss rule of 2 points nodes for the first coordinate of a uniform point of
// S^(n-1), for even functions, by the eigenvalues of its Jacobi matrix (Golub and Welsch, Math. Comp. 23 (1969) 221).
// The weights sum to 1.
func sphereRule(n, points int) (x, w []float64) {
	jacobi := mat.NewSymDense(2*points, nil)
	for k := 1; k < 2*points; k++ {
		b := 1 / float64(n)
		if k > 1 {
			b = float64(k*(k+n-3)) / float64((2*k+n-2)*(2*k+n-4))
		}
		jacobi.SetSym(k-1, k, math.Sqrt(b))
	}
	x, w = nodes(jacobi)
	for i := range w {
		w[i] *= 2
	}
	return x[points:], w[points:]
}

// nodes are the eigenvalues of a Jacobi matrix, increasing, and the squares of its eigenvectors' first components.
func nodes(jacobi *mat.SymDense) (x, w []float64) {
	var eigen mat.EigenSym
	eigen.Factorize(jacobi, true)
	x = eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	w = make([]float64, len(x))
	for i := range w {
		w[i] = vectors.At(0, i) * vectors.At(0, i)
	}
	return x, w
}

// halfRule is the Gauss rule on (0, 1) for |q|, q the first coordinate of a uniform point of S^(n-1), of density
// proportional to (1-q^2)^((n-3)/2): the recurrence of its polynomials by Stieltjes' procedure on a fine rule, then the
// eigenvalues of the Jacobi matrix (Gautschi, Orthogonal Polynomials, 2004, 2.2; Golub and Welsch, Math. Comp. 23
// (1969) 221). The weights sum to 1.
func halfRule(n, points int) (q, w []float64) {
	const fine = 400
	end := math.Min(1, math.Sqrt(84/float64(n)))
	x, weight := gaussLegendre(fine)
	total := 0.0
	for i := range x {
		x[i] = end * (1 + x[i]) / 2
		weight[i] *= portable.Exp(float64(n-3) / 2 * math.Log1p(-x[i]*x[i]))
		total += weight[i]
	}
	before, now := make([]float64, fine), make([]float64, fine)
	for i := range now {
		weight[i] /= total
		now[i] = 1
	}
	jacobi := mat.NewSymDense(points, nil)
	last := 1.0
	for k := range points {
		norm, mean := 0.0, 0.0
		for i, p := range now {
			norm += weight[i] * p * p
			mean += weight[i] * p * p * x[i]
		}
		mean /= norm
		jacobi.SetSym(k, k, mean)
		beta := norm / last
		if k > 0 {
			jacobi.SetSym(k-1, k, math.Sqrt(beta))
		} else {
			beta = 0
		}
		last = norm
		for i, p := range now {
			now[i], before[i] = (x[i]-mean)*p-beta*before[i], p
		}
	}
	return nodes(jacobi)
}

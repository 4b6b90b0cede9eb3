package ridge

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"kac/kernels"
)

// MeanLimit is the most samples of MeanOverTargets, whose work is n^3.
const MeanLimit = 4000

// MeanMemory returns the bytes that MeanOverTargets holds: a matrix for each degree and its product, and the inverse.
func (p *Problem) MeanMemory(n int) float64 {
	return 8 * float64(n) * float64(n) * float64(2*len(p.terms)+5)
}

// MeanOverTargets returns the risk of kernel ridge regression on the inputs x (n x d, rows of norm 1), averaged exactly
// over q uniform on the sphere and over label noise, with A = (K + ridge)^-1 and K* = sum_j h_j^2 P_j:
//
//	risk_k = h_k^2 - 2 kap_k h_k^2/N_k tr(P_k A) + kap_k^2/N_k tr(P_k A (K* + noise^2) A).
//
// It refuses matrices that are singular to rounding, as at ridge 0 beyond the kernel's rank, and n above MeanLimit.
func (p *Problem) MeanOverTargets(k Kernel, x []float64, ridge, noise float64) (Risk, error) {
	n := len(x) / p.dim
	if n < 1 || len(x) != n*p.dim || n > MeanLimit {
		return Risk{}, fmt.Errorf("mean over targets: %d coordinates in dimension %d; allowed are 1 to %d inputs", len(x), p.dim, MeanLimit)
	}
	gram := make([]*mat.SymDense, len(p.terms))
	full := mat.NewSymDense(n, nil)
	for j := range p.terms {
		gram[j] = mat.NewSymDense(n, nil)
	}
	for a := range n {
		for b := a; b < n; b++ {
			s := kernels.Dot(x[a*p.dim:(a+1)*p.dim], x[b*p.dim:(b+1)*p.dim])
			sum := 0.0
			for j, poly := range p.poly {
				v := horner(poly, s)
				gram[j].SetSym(a, b, v)
				sum += float64(k.Weights[j] * v)
			}
			if a == b {
				sum += ridge
			}
			full.SetSym(a, b, sum)
		}
	}
	var factor mat.Cholesky
	if !factor.Factorize(full) || factor.Cond() > 1e15 {
		return Risk{}, fmt.Errorf("mean over targets: the kernel matrix of %d inputs is singular at ridge %g; its rank is at most %g", n, ridge, p.Rank(k))
	}
	if err := factor.InverseTo(full); err != nil { // full is no longer needed
		return Risk{}, fmt.Errorf("mean over targets: %w", err)
	}
	inverse := mat.DenseCopyOf(full)
	products := make([]*mat.Dense, len(p.terms)) // A P_j
	for j := range products {
		products[j] = mat.NewDense(n, n, nil)
		products[j].Mul(inverse, mat.DenseCopyOf(gram[j])) // gonum's product of symmetric matrices is ten times slower
	}
	parts := make([]float64, len(p.terms))
	for i, t := range p.terms {
		w := k.Weights[i]
		square := noise * noise * traceOf(products[i], inverse)
		for j, u := range p.terms {
			square += u.Target * u.Target * traceOf(products[i], products[j])
		}
		parts[i] = t.Target*t.Target*(1-2*w/p.mult[i]*mat.Trace(products[i])) + w*w/p.mult[i]*square
	}
	return riskOf(parts), nil
}

// traceOf returns tr(a b).
func traceOf(a, b *mat.Dense) float64 {
	x, y := a.RawMatrix(), b.RawMatrix()
	sum := 0.0
	for i := range x.Rows {
		row := 0.0
		for j, v := range x.Data[i*x.Stride : i*x.Stride+x.Cols] {
			row += float64(v * y.Data[j*y.Stride+i])
		}
		sum += row
	}
	return sum
}

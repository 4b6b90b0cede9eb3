package main

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"kac/kernels"
	"kac/meanfield/ridge"
)

// Of the operation "ridge": the ridge, and the residual at which kac's conjugate gradients end.
const (
	kernelRidge    = 0.01
	kernelResidual = 1e-9
)

// ridgeProblem is the target and the kernel of the preset quartic.
func (w work) ridgeProblem() (*ridge.Problem, ridge.Kernel) {
	p, err := ridge.NewProblem(w.d, []ridge.Term{{Degree: 2, Network: 1, Target: .6}, {Degree: 4, Network: 1, Target: .45}})
	if err != nil {
		panic(fmt.Sprintf("peers: %v: %v", w, err))
	}
	k := p.Best()
	for i := range k.Weights {
		k.Weights[i] /= p.Norm2()
	}
	return p, k
}

// kernelPowers is K(s) = c_0 + c_2 s^2 + c_4 s^4.
func (w work) kernelPowers() (c0, c2, c4 float64) {
	d := float64(w.d)
	const a, b = .36 / .5625, .2025 / .5625
	return -a/(d-1) + 3*b/(d*d-1), a*d/(d-1) - 6*b*(d+2)/(d*d-1), b * (d + 2) * (d + 4) / (d*d - 1)
}

// prepareRidge solves without a matrix, and counts the products that it takes.
func prepareRidge(w work, d data, threads int, products *int) (func(), func() []float64) {
	p, k := w.ridgeProblem()
	c0, c2, c4 := w.kernelPowers()
	out, coef := make([]float64, w.m), make([]float64, w.n)
	compute := func() {
		solver := ridge.NewSolver(p, threads, 0)
		defer solver.Close()
		s, err := solver.Solve(context.Background(), k, d.x, d.y, []float64{kernelRidge}, false, kernelResidual)
		if err != nil || !s.Converged {
			panic(fmt.Sprintf("peers: %v: %v", w, err)) // the matrix is positive, and its condition some thousands
		}
		*products = s.Iterations
		for i, c := range s.Coef[0] {
			coef[i] = float64(w.n) * c // of a mean over samples
		}
		ws := kernels.NewWorkspace[float64](threads)
		defer ws.Close()
		kernels.Forward(out, d.w, d.x, coef, w.m, w.n, w.d, kernels.PolynomialActivation([]float64{c0, 0, c2, 0, c4}), ws)
	}
	return compute, func() []float64 { return out }
}

// gonumRidge solves by Cholesky's decomposition.
func gonumRidge(out, x, points, y []float64, w work) {
	c0, c2, c4 := w.kernelPowers()
	fill := func(k []float64) {
		for i, s := range k {
			s *= s
			k[i] = c0 + s*(c2+s*c4)
		}
	}
	n := w.n
	k := make([]float64, n*n)
	product(blas.NoTrans, blas.Trans, n, n, w.d, x, x, 0, k)
	fill(k)
	for i := range n {
		k[i*n+i] += kernelRidge
	}
	var factor mat.Cholesky
	c := mat.NewVecDense(n, nil)
	if !factor.Factorize(mat.NewSymDense(n, k)) {
		panic("peers: gonum finds that a kernel matrix is not positive")
	}
	if err := factor.SolveVecTo(c, mat.NewVecDense(n, y)); err != nil {
		panic(fmt.Sprintf("peers: gonum: %v", err))
	}
	cross := make([]float64, w.m*n)
	product(blas.NoTrans, blas.Trans, w.m, n, w.d, points, x, 0, cross)
	fill(cross)
	product(blas.NoTrans, blas.NoTrans, w.m, 1, n, cross, c.RawVector().Data, 0, out)
}

// unitRows gives the rows norm 1.
func unitRows(x []float64, d int) {
	for ; len(x) > 0; x = x[d:] {
		norm := 0.0
		for _, v := range x[:d] {
			norm += float64(v * v)
		}
		for i := range x[:d] {
			x[i] /= math.Sqrt(norm)
		}
	}
}

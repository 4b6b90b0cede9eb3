package localsgd

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/internal/rng"
)

// More coordinates than samples: H by Lanczos' method is that of the samples' Gram matrix, and x* by conjugate
// gradients has no gradient and lies in the samples' span, where a Newton method of 300 numbers finds the same.
func TestLogisticOfManyCoordinates(t *testing.T) {
	const n, d, mu = 300, 640, .01
	inputs, labels, all := make([]float64, n*d), make([]float64, n), make([]int, n)
	rng.Normal(5, rng.Data, 0, inputs)
	for i := range labels {
		for j := range d {
			inputs[i*d+j] /= 1 + float64(j)/20
		}
		labels[i] = 1 - 2*float64(i%2)
		all[i] = i
	}
	f, err := NewLogistic(t.Context(), inputs, labels, d, mu, [][]int{all})
	if err != nil {
		t.Fatal(err)
	}
	a := mat.NewDense(n, d, inputs)
	gram := mat.NewSymDense(n, nil)
	gram.SymOuterK(1, a)
	var e mat.EigenSym
	if !e.Factorize(gram, false) {
		t.Fatal("no eigenvalues")
	}
	if want := e.Values(nil)[n-1]/4/n + mu; math.Abs(f.Smoothness()/want-1) > 2e-8 || f.Smoothness() < want {
		t.Errorf("H is %.12g, by the Gram matrix %.12g", f.Smoothness(), want)
	}
	// x = A'c: mu n c_i = y_i sigmoid(-y_i (G c)_i), by Newton's method.
	c, z := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for range 30 {
		z.MulVec(gram, c)
		jacobian, miss := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
		for i, y := range labels {
			p := 1 / (1 + math.Exp(y*z.AtVec(i)))
			miss.SetVec(i, mu*n*c.AtVec(i)-y*p)
			for k := range n {
				jacobian.Set(i, k, p*(1-p)*gram.At(i, k))
			}
			jacobian.Set(i, i, jacobian.At(i, i)+mu*n)
		}
		var step mat.VecDense
		if err := step.SolveVec(jacobian, miss); err != nil {
			t.Fatal(err)
		}
		c.SubVec(c, &step)
	}
	want := mat.NewVecDense(d, nil)
	want.MulVec(a.T(), c)
	want.SubVec(want, mat.NewVecDense(d, f.Optimum()))
	if off := mat.Norm(want, 2); off > 1e-10 {
		t.Errorf("x* is %g away from that of the samples' span", off)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := NewLogistic(stopped, inputs, labels, d, mu, [][]int{all}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

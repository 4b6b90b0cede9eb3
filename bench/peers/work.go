package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"kac/kernels"
)

// work is one thing to compute, with x (n x d), w (m x d) and y (n):
//
//	velocity  v_j = (1/n) sum_i (y_i - f_i) h_3'(z_ij) x_i,  f_i = (1/m) sum_j h_3(z_ij),  z = x w^T
//	hessian   D_j of kernels.LocalHessian with the activation h_3 and residuals y, packed
//	pairwise  g_j = (1/m) sum_i 4 <w_j, w_i>^3 w_i
type work struct {
	operation string
	typ       string // f64 or f32
	n, m, d   int
}

var allWork = func() (all []work) {
	for _, typ := range []string{"f64", "f32"} {
		all = append(all,
			work{"velocity", typ, 4096, 1024, 64}, work{"velocity", typ, 16384, 4096, 64}, work{"velocity", typ, 65536, 1024, 32},
			work{"hessian", typ, 1024, 256, 32}, work{"pairwise", typ, 4096, 4096, 64})
	}
	return all
}()

func (w work) String() string {
	if w.operation == "pairwise" {
		return fmt.Sprintf("%s %s %d,%d", w.operation, w.typ, w.m, w.d)
	}
	return fmt.Sprintf("%s %s %d,%d,%d", w.operation, w.typ, w.n, w.m, w.d)
}

// flops is the nominal count of package kernels, without activations.
func (w work) flops() float64 {
	if w.operation == "hessian" {
		return kernels.HessianFlops(w.n, w.m, w.d)
	}
	return kernels.VelocityFlops(w.n, w.m, w.d)
}

// size is the number of elements of the result.
func (w work) size() int {
	if w.operation == "hessian" {
		return w.m * kernels.PackedLen(w.d)
	}
	return w.m * w.d
}

// tolerance bounds a library's distance from kac, relative to the largest element of the result.
func (w work) tolerance() float64 {
	if w.typ == "f32" {
		return 1e-4
	}
	return 1e-10
}

// data holds the inputs, normal numbers and unit rows of w, in float64; those of an f32 case are float32 numbers.
type data struct{ x, w, y []float64 }

func (w work) data() data {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(k int) []float64 {
		v := make([]float64, k)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		return v
	}
	d := data{normal(w.n * w.d), normal(w.m * w.d), normal(w.n)}
	for j := range w.m {
		row := d.w[j*w.d : (j+1)*w.d]
		norm := 0.0
		for _, v := range row {
			norm += v * v
		}
		for i := range row {
			row[i] /= math.Sqrt(norm)
		}
	}
	if w.typ == "f32" {
		for _, s := range [][]float64{d.x, d.w, d.y} {
			for i, v := range s {
				s[i] = float64(float32(v))
			}
		}
	}
	return d
}

func convert[T kernels.Float](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

func widen[T kernels.Float](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

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
//	step      one training step of he4: w_j <- normalise(w_j + eta P_j v_j), P_j = I - w_j w_j^T, with v_j as above for h_4, y = h_4(x_1),
//	          always from the same w
//	xor       one step of both layers of f = (1/m) sum_j a_j relu(z_ij) with the loss 2 log(1 + e^(-yf)), x of signs, y = -x_1 x_2, a_j = +-1:
//	          w_j <- w_j + eta a_j V_j, a_j <- a_j + eta <w_j, V_j>, V_j = (1/n) sum_i r_i 1[z_ij > 0] x_i, r_i = 2 y_i/(1 + e^(y_i f_i));
//	          the answer is w, then a
//	ridge     kernel ridge regression, at the points w: f(w_j) = sum_i c_i K(<w_j, x_i>), (K + .01 I) c = y, rows of x of norm 1,
//	          K = .64 P_2 + .36 P_4 and y = .6 Pbar_2(x_1) + .45 Pbar_4(x_1) in Legendre polynomials of dimension d
type work struct {
	operation string
	typ       string // f64 or f32
	n, m, d   int
}

// eta is the step of the operation "step", paper time; the paper's figure 3 has it.
const eta = 0.02

var allWork = func() (all []work) {
	for _, typ := range []string{"f64", "f32"} {
		all = append(all,
			work{"velocity", typ, 4096, 1024, 64}, work{"velocity", typ, 16384, 4096, 64}, work{"velocity", typ, 65536, 1024, 32},
			work{"hessian", typ, 1024, 256, 32}, work{"pairwise", typ, 4096, 4096, 64})
	}
	// A batch of the paper's, with a width of its figure 3 and with one of the laptop scale.
	return append(all, work{"step", "f32", 8192, 2048, 32}, work{"step", "f32", 8192, 16384, 32},
		work{"xor", "f32", 512, 128, 1024}, work{"xor", "f32", 32, 4096, 64},
		work{"ridge", "f64", 5793, 1024, 32})
}()

// once says that a work takes so long that the run which is compared is the only one that is timed.
func (w work) once() bool { return w.operation == "ridge" && w.n > 2000 }

func (w work) String() string {
	if w.operation == "pairwise" {
		return fmt.Sprintf("%s %s %d,%d", w.operation, w.typ, w.m, w.d)
	}
	return fmt.Sprintf("%s %s %d,%d,%d", w.operation, w.typ, w.n, w.m, w.d)
}

// byMoments says whether kac sums moments in place of pairs of particles and samples.
func (w work) byMoments() bool {
	return w.operation == "step" && kernels.PrefersMoments(w.n, w.m, w.d, he4)
}

var he4 = kernels.HermiteActivation([]float64{0, 0, 0, 0, 1})

// ownFlops is the nominal count of package kernels, without activations, in the form that kac takes.
//
// Of a ridge regression it is one product with the kernel's matrix; their number is seen when it is solved.
func (w work) ownFlops() float64 {
	if w.byMoments() {
		return kernels.MomentForwardVelocityFlops(w.n, w.m, w.d, he4)
	}
	if w.operation == "ridge" {
		p, _ := w.ridgeProblem()
		return p.ProductFlops(w.n)
	}
	if w.operation == "hessian" {
		return kernels.HessianFlops(w.n, w.m, w.d)
	}
	if w.operation == "xor" {
		return (4*float64(w.n) + 6) * float64(w.m) * float64(w.d)
	}
	return kernels.VelocityFlops(w.n, w.m, w.d)
}

// size is the number of elements of the result.
func (w work) size() int {
	if w.operation == "hessian" {
		return w.m * kernels.PackedLen(w.d)
	}
	if w.operation == "xor" {
		return w.m * (w.d + 1)
	}
	if w.operation == "ridge" {
		return w.m
	}
	return w.m * w.d
}

// answer is what is compared: of a step how far it went, lest the start, which all have in common, hide differences.
func (w work) answer(result []float64, d data) []float64 {
	if w.operation != "step" && w.operation != "xor" || len(result) < len(d.w) {
		return result
	}
	moved := make([]float64, len(result))
	for i, v := range result {
		if i < len(d.w) {
			moved[i] = v - d.w[i]
		} else {
			moved[i] = v - second(i-len(d.w))
		}
	}
	return moved
}

// tolerance bounds a library's distance from kac, relative to the largest element of the answer.
func (w work) tolerance() float64 {
	if w.typ == "f32" {
		return 1e-4
	}
	if w.operation == "ridge" {
		return 1e-7 // kac's is the result of an iteration
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
	unitRows(d.w, w.d)
	if w.operation == "step" {
		for i := range d.y {
			s := d.x[i*w.d] * d.x[i*w.d]
			d.y[i] = (float64(s*s) - 6*s + 3) * root24th
		}
	}
	if w.operation == "ridge" {
		unitRows(d.x, w.d)
		p, _ := w.ridgeProblem()
		for i := range d.y {
			d.y[i] = p.Label(d.x[i*w.d])
		}
	}
	if w.operation == "xor" {
		for i, v := range d.x {
			d.x[i] = math.Copysign(1, v)
		}
		for i := range d.y {
			d.y[i] = -d.x[i*w.d] * d.x[i*w.d+1]
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

// second is a_j of the operation xor.
func second(j int) float64 { return float64(1 - j%2*2) }

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

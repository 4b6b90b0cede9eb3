package hessian

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// Interaction writes the interaction Hessian's product with a displacement of
// all particles,
//
//	(H Delta)_i = (1/m) sum_j H(w_i, w_j) Delta_j,   H(w, w') = P_w [q'(<w,w'>) I + q''(<w,w'>) w' w^T] P_w'
//
// (Def. 4 of the paper; w, delta and out are m x d). Only the tangent part of
// delta counts. H is never formed: with x_j(h) = w_j + h P_j Delta_j
//
//	G_i(h) = (1/m) sum_j q'(<w_i, x_j(h)>) x_j(h),   (H Delta)_i = P_i G_i'(0)
//
// and G_i is a polynomial in h of q's degree k, so that the central difference
// of 2 ceil(k/2) points is its derivative exactly, whatever the step; the step
// is chosen for least rounding. All points go through kernels.Velocity in one
// call: 8 ceil(k/2) m^2 d flops. Where q is no polynomial of s, H is summed pair
// by pair. Errors: lengths that do not fit, a displacement that is not finite, a
// cancelled context.
func (h *Population) Interaction(ctx context.Context, out, delta, w []float64, m int) error {
	d := h.dim
	if m < 0 || len(w) != m*d || len(delta) != m*d || len(out) != m*d {
		return fmt.Errorf("interaction Hessian: lengths %d, %d and %d for %d particles of dimension %d", len(out), len(delta), len(w), m, d)
	}
	h.ws.StopWhen(ctx.Done())
	defer h.ws.StopWhen(nil)
	clear(out)
	tangent := append([]float64(nil), delta...)
	kernels.ProjectTangent(tangent, w, m, d, h.ws)
	largest := 0.0
	for j := range m {
		row := tangent[j*d : (j+1)*d]
		largest = math.Max(largest, kernels.Dot(row, row))
	}
	largest = math.Sqrt(largest)
	coef := h.q.Coefficients()
	if coef == nil {
		return h.interactionByPairs(ctx, out, tangent, w, m, largest)
	}
	if largest == 0 || len(coef) < 2 {
		return nil
	}
	if math.IsNaN(largest) || math.IsInf(largest, 0) {
		return fmt.Errorf("interaction Hessian: a displacement is not finite")
	}
	points := len(coef) / 2 // ceil(k/2), k = len(coef)-1
	stepSize := reach / (float64(points) * largest)
	// The points one above the other are the samples, with weights that make
	// the mean over them the derivative.
	n := 2 * points * m
	x, weight := make([]float64, n*d), make([]float64, n)
	for l, c := range centralDifference(points) {
		for side, sign := range [2]float64{1, -1} {
			first := (2*l + side) * m
			step := sign * float64(l+1) * stepSize
			for i := range m * d {
				x[first*d+i] = w[i] + step*tangent[i]
			}
			for i := first; i < first+m; i++ {
				weight[i] = sign * c / stepSize * float64(2*points)
			}
		}
	}
	kernels.Velocity(out, x, w, nil, weight, n, m, d, kernels.PolynomialActivation(coef), h.ws)
	kernels.ProjectTangent(out, w, m, d, h.ws)
	return stopped(ctx, "interaction Hessian")
}

// interactionByPairs sums H by its definition; what a particle's own tangent
// vector has along it is 0, also where d2q is infinite.
func (h *Population) interactionByPairs(ctx context.Context, out, tangent, w []float64, m int, largest float64) error {
	if math.IsNaN(largest) || math.IsInf(largest, 0) {
		return fmt.Errorf("interaction Hessian: a displacement is not finite")
	}
	d := h.dim
	for i := range m {
		if ctx.Err() != nil {
			break
		}
		row, at := out[i*d:(i+1)*d], w[i*d:(i+1)*d]
		for j := range m {
			u, wj := tangent[j*d:(j+1)*d], w[j*d:(j+1)*d]
			s := kernels.Dot(at, wj)
			_, d1, d2 := h.q.Eval(s)
			along := 0.0
			if math.Abs(s) <= 1-1e-15 {
				along = d2 * kernels.Dot(at, u)
			}
			for a := range row {
				row[a] += float64(d1*u[a]) + float64(along*wj[a])
			}
		}
		for a := range row {
			row[a] /= float64(m)
		}
	}
	kernels.ProjectTangent(out, w, m, d, h.ws)
	return stopped(ctx, "interaction Hessian")
}

// reach is how far the largest displacement goes at the outermost point: near
// one, to lose nothing by cancellation, and not more, so that powers of inner
// products stay of order one.
const reach = 0.5

// centralDifference returns c with f'(0) = sum_{l=1..p} c_{l-1} [f(lh) - f(-lh)]/h
// for polynomials up to degree 2p: c = (-1)^{l+1} (p!)^2 / (l (p-l)! (p+l)!)
// (Fornberg, Math. Comp. 51 (1988) 699).
func centralDifference(p int) []float64 {
	c := make([]float64, p)
	ratio := 1.0 // (p!)^2 / ((p-l)! (p+l)!)
	for l := 1; l <= p; l++ {
		ratio *= float64(p-l+1) / float64(p+l)
		c[l-1] = ratio / float64(l)
		if l%2 == 0 {
			c[l-1] = -c[l-1]
		}
	}
	return c
}

// InteractionEnergy is (1/m^2) sum_ij Delta_i^T H(w_i, w_j) Delta_j, given
// H Delta as Interaction writes it: E_x (E_i sigma'(<w_i, x>) <P_i Delta_i, x>)^2 >= 0
// (before Lemma 16 of the paper), to leading order ||f_{w+Delta} - f_w||^2.
func InteractionEnergy(delta, product []float64, m int) float64 {
	return kernels.Dot(delta, product) / float64(max(m, 1))
}

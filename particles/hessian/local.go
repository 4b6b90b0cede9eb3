package hessian

import (
	"fmt"
	"math"

	"kac/kernels"
	"kac/particles"
)

// LocalHessian writes to D (d x d) the local Hessian of particle j (Def. 2 of
// the paper), the derivative of w -> nu(w) at w_j on the sphere while the law
// of the particles, w_j's own mass included, stands still:
//
//	D(w) = P_w [Hess G(w) - (1/m) sum_i q''(<w, w_i>) w_i w_i^T] P_w
//	       - <w, g(w)> P_w - w nu(w)^T
//
// so that nu at the point reached from w along a tangent vector u is nu + D u
// to first order, and D w = 0. D is symmetric but for the last term, which
// turns nu along with the tangent space. O(m d^2) flops. Errors: lengths that
// do not fit.
func (h *Population) LocalHessian(D []float64, w []float64, m, j int) error {
	d := h.dim
	if len(D) != d*d || len(w) != m*d || j < 0 || j >= m {
		return fmt.Errorf("local Hessian: lengths %d and %d for particle %d of %d in dimension %d", len(D), len(w), j, m, d)
	}
	at := w[j*d : (j+1)*d]
	h.curvature(D, at, w, m)
	// P M P = M - w (M w)^T - (M w) w^T + (w.M w) w w^T for symmetric M.
	along, g := make([]float64, d), make([]float64, d)
	for a := range along {
		along[a] = kernels.Dot(D[a*d:(a+1)*d], at)
	}
	twice := kernels.Dot(along, at)
	if err := h.field.GradientAt(g, at, w, m); err != nil {
		return fmt.Errorf("local Hessian: %w", err)
	}
	radial := kernels.Dot(g, at)
	particles.UnitSphere.Tangent(g, at, 1, d) // now nu
	for a, wa := range at {
		row := D[a*d : (a+1)*d]
		for b, wb := range at {
			row[b] -= wa*along[b] + along[a]*wb - twice*wa*wb
			row[b] += radial*wa*wb - wa*g[b]
		}
		row[a] -= radial
	}
	return nil
}

// curvature writes the matrix between the projections in LocalHessian.
func (h *Population) curvature(D, at, w []float64, m int) {
	d := len(at)
	clear(D)
	for i := range m {
		wi := w[i*d : (i+1)*d]
		s := kernels.Dot(at, wi)
		_, _, d2q := h.q.Eval(s)
		if h.q.Coefficients() == nil && math.Abs(s) > 1-1e-15 {
			continue // along w itself, where a kink makes d2q infinite: the projection removes it
		}
		for a, x := range wi {
			row, c := D[a*d:(a+1)*d], d2q*x
			for b := a; b < d; b++ {
				row[b] += float64(c * wi[b])
			}
		}
	}
	for a := range d {
		for b := a; b < d; b++ {
			D[a*d+b] /= float64(m)
			D[b*d+a] = D[a*d+b]
		}
	}
	h.target.MinusHessian(D, at)
}

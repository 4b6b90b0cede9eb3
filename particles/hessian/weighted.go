package hessian

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"kac/kernels"
	"kac/particles"
)

// WeightedHessians writes the symmetric part of the local Hessian of all m particles w (m x d) of a network with a
// second layer, f_m(x) = (1/m) sum_i a_i sigma(<w_i, x>), packed as LocalHessians does, and their velocities nu (m x
// d):
//
//	g_j  = grad G(w_j) - (1/m) sum_i a_i q'(<w_j, w_i>) w_i,   nu_j = a_j P_j g_j
//	D_j  = a_j (P_j [Hess G(w_j) - (1/m) sum_i a_i q''(<w_j, w_i>) w_i w_i^T] P_j - <w_j, g_j> P_j)
//
// where the weights stand still: a moves D by its size and its sign, and f_m by all of them. m^2 d (d+3) flops in plain
// loops, particle by particle. Errors: lengths that do not fit, a cancelled context.
func (h *Population) WeightedHessians(ctx context.Context, D, nu, w, a []float64, m int) error {
	d, size := h.dim, kernels.PackedLen(h.dim)
	if m < 0 || len(w) != m*d || len(nu) != m*d || len(a) != m || len(D) != m*size {
		return fmt.Errorf("weighted local Hessians: lengths %d, %d, %d and %d for %d particles of dimension %d", len(D), len(nu), len(w), len(a), m, d)
	}
	radial := make([]float64, m)
	var next atomic.Int64
	var group sync.WaitGroup
	for range max(1, h.field.Workers()) {
		group.Go(func() {
			for j := int(next.Add(1)) - 1; j < m && ctx.Err() == nil; j = int(next.Add(1)) - 1 {
				at := w[j*d : (j+1)*d]
				h.weighted(D[j*size:(j+1)*size], nu[j*d:(j+1)*d], at, w, a, m)
				h.target.MinusGradient(nu[j*d:(j+1)*d], at)
				h.target.MinusPacked(D[j*size:(j+1)*size], at)
				radial[j] = kernels.Dot(nu[j*d:(j+1)*d], at)
			}
		})
	}
	group.Wait()
	if err := stopped(ctx, "weighted local Hessians"); err != nil {
		return err
	}
	kernels.ProjectHessian(D, radial, w, m, d, h.ws)
	particles.UnitSphere.Tangent(nu, w, m, d)
	for j, x := range a {
		for k := range size {
			D[j*size+k] *= x
		}
		for k := range d {
			nu[j*d+k] *= x
		}
	}
	return nil
}

// weighted writes the sums over all particles, (1/m) sum_i a_i d2q w_i w_i^T, packed, and (1/m) sum_i a_i dq w_i.
func (h *Population) weighted(D, g, at, w, a []float64, m int) {
	d := len(at)
	clear(D)
	clear(g)
	for i := range m {
		wi := w[i*d : (i+1)*d]
		s := kernels.Dot(at, wi)
		_, dq, d2q := h.q.Eval(min(1, max(-1, s)))
		dq *= a[i] / float64(m)
		for k, x := range wi {
			g[k] += float64(dq * x)
		}
		if h.q.Coefficients() == nil && (s > 1-1e-15 || s < -1+1e-15) {
			continue // along w itself, where a kink makes d2q infinite: the projection removes it
		}
		d2q *= a[i] / float64(m)
		k := 0
		for p, x := range wi {
			c := d2q * x
			for _, y := range wi[p:] {
				D[k] += float64(c * y)
				k++
			}
		}
	}
}

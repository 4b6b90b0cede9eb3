package ridge

import (
	"context"
	"math"

	"kac/kernels"
)

// leastSquares minimises |y - K c| where K is singular and y need not be in its range: conjugate gradients on the
// normal equations K K c = K y (CGLS; Hestenes and Stiefel 1952, section 10), two products a step. Directions stay in
// K's range, where those of conjugate residuals, at one product a step, fill with K's kernel until nothing is left of
// them but rounding.
func (s *Solver) leastSquares(ctx context.Context, m *matrix, y []float64, tolerance float64, out *Solution, i int) error {
	c, r := make([]float64, m.n), append([]float64(nil), y...)
	gradient, kp := make([]float64, m.n), make([]float64, m.n)
	if err := m.times(ctx, gradient, r); err != nil {
		return err
	}
	p := append([]float64(nil), gradient...)
	norm := kernels.Dot(gradient, gradient)
	first := norm
	goal := tolerance * tolerance * first
	var spread ring
	iterations := 1
	for ; norm > goal && iterations+1 < s.limit; iterations += 2 {
		if err := m.times(ctx, kp, p); err != nil {
			return err
		}
		square := kernels.Dot(kp, kp)
		if !(square > 0) {
			break
		}
		alpha := norm / square
		axpy(c, alpha, p)
		axpy(r, -alpha, kp)
		spread.push(alpha * alpha * math.Sqrt(square*kernels.Dot(p, p))) // |f|^2 of this step in the kernel's norm, alpha^2 p^T K p, at most
		if err := m.times(ctx, gradient, r); err != nil {
			return err
		}
		next := kernels.Dot(gradient, gradient)
		beta := next / norm
		norm = next
		for a := range p {
			p[a] = gradient[a] + float64(beta*p[a])
		}
	}
	out.Iterations += iterations
	if err := m.times(ctx, kp, c); err != nil { // r has lost digits on the way
		return err
	}
	copy(r, y)
	axpy(r, -1, kp)
	out.Train[i] = kernels.Dot(r, r) / float64(m.n)
	if err := m.times(ctx, gradient, r); err != nil {
		return err
	}
	if first > 0 {
		out.Residual[i] = math.Sqrt(kernels.Dot(gradient, gradient) / first)
	}
	out.Coef[i], out.spread[i] = c, spread.sum()
	out.Converged = out.Converged && out.Residual[i] <= 2*tolerance+1e-12
	return nil
}

package hessian

import (
	"context"
	"fmt"

	"kac/kernels"
	"kac/particles"
)

// Population is the second order of the loss over Gaussian x, in closed form:
// of the field of a particles.Population, which it asks for velocities. It
// holds scratch and is not for concurrent use; results do not depend on the
// number of workers.
type Population struct {
	field  *particles.Population
	q      kernels.Dual
	target particles.Overlap
	dim    int
	ws     *kernels.Workspace[float64]
}

// NewPopulation returns the second order of a field, with as many workers as
// it has.
func NewPopulation(field *particles.Population) *Population {
	task := field.Task()
	return &Population{field: field, q: task.Dual(), target: task.Overlap(), dim: field.Dim(), ws: kernels.NewWorkspace[float64](field.Workers())}
}

// Close releases the workers; the field keeps its own.
func (h *Population) Close() { h.ws.Close() }

// LocalHessians writes the symmetric part of the local Hessian (Def. 2 of the
// paper) of all m particles w (m x d), packed, m x d(d+1)/2 as
// kernels.PackedIndex says:
//
//	D_j = P_j [Hess G(w_j) - (1/m) sum_i q''(<w_j, w_i>) w_i w_i^T] P_j - <w_j, g_j> P_j
//
// LocalHessian's last term, -w_j nu_j^T, maps tangent vectors to the normal and
// has no part in eigenvalues on the tangent space. m^2 d (d+3) flops through
// the kernels, g_j in the field's precision. Errors: lengths that do not fit, a
// cancelled context.
func (h *Population) LocalHessians(ctx context.Context, D, w []float64, m int) error {
	d := h.dim
	// PopulationHessian needs D apart from w; g is the unprojected velocity.
	g := make([]float64, max(m, 0)*d)
	if err := h.field.Velocity(ctx, g, w, m); err != nil {
		return fmt.Errorf("population local Hessians: %w", err)
	}
	size := kernels.PackedLen(d)
	if len(D) != m*size {
		return fmt.Errorf("population local Hessians: %d numbers for %d packed matrices of dimension %d", len(D), m, d)
	}
	h.ws.StopWhen(ctx.Done())
	defer h.ws.StopWhen(nil)
	kernels.PopulationHessian(D, w, m, d, h.q, h.ws)
	radial := make([]float64, m)
	for j := range m {
		at := w[j*d : (j+1)*d]
		radial[j] = kernels.Dot(g[j*d:(j+1)*d], at)
		h.target.MinusPacked(D[j*size:(j+1)*size], at)
	}
	kernels.ProjectHessian(D, radial, w, m, d, h.ws)
	return stopped(ctx, "population local Hessians")
}

// stopped returns the context's error, with what it stopped.
func stopped(ctx context.Context, what string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

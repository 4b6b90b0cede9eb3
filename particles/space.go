package particles

import "kac/kernels"

// Space is where particles live, and so how a velocity moves them. It belongs
// to the ensemble and its dynamics; fields know nothing of it.
type Space int

const (
	// UnitSphere keeps rows of norm 1: velocities are projected on the tangent
	// space, P_w = I - w w^T, and rows are normalised after a step.
	UnitSphere Space = iota
	// FreeSpace is R^d: velocities are taken as they are.
	FreeSpace
)

// tangent projects velocities v at the points w (m x d).
func tangent[T kernels.Float](s Space, v, w []T, m, d int, ws *kernels.Workspace[T]) {
	if s == UnitSphere {
		kernels.ProjectTangent(v, w, m, d, ws)
	}
}

// retract brings points that a step has moved back into the space.
func retract[T kernels.Float](s Space, w []T, m, d int, ws *kernels.Workspace[T]) {
	if s == UnitSphere {
		kernels.NormalizeRows(w, m, d, ws)
	}
}

// Tangent projects velocities v at the points w (m x d), in place: what moves
// particles of this space along a Field's gradient.
func (s Space) Tangent(v, w []float64, m, d int) {
	if s != UnitSphere {
		return
	}
	for j := range m {
		project(v[j*d:(j+1)*d], w[j*d:(j+1)*d])
	}
}

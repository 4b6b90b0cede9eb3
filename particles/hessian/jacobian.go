package hessian

import (
	"context"
	"fmt"
	"math"

	"kac/internal/ode"
	"kac/kernels"
	"kac/particles"
)

// Jacobians follow the local stability matrices (Def. 6 of the paper) of some
// particles of a finite network, which need no symmetry of the problem:
//
//	dJ_{t,s}/dt = D_t(w_j) J_{t,s},   J_{s,s} = P_j(s),   s the time of the ensemble at the start,
//
// with LocalHessian's D, its last term included, integrated together with the
// network itself under the population field: J u is where w_j would go if it
// were moved along u at time s and all else stood still. obs is called at each
// of the ascending times with J (len(which) matrices d x d), valid during the
// call; the ensemble ends at the last time.
//
// The pair of Dormand and Prince of order 8(5,3) with tolerance tol per step.
// Errors: times or particles out of range, a cancelled context, and those of
// the integration.
func Jacobians(ctx context.Context, e *particles.Ensemble[float64], f *particles.Population, which []int, tol float64, times []float64, obs func(t float64, J [][]float64) error) error {
	m, d := e.M, e.D
	if d != f.Dim() || len(e.W) != m*d {
		return fmt.Errorf("stability matrices: %d coordinates for %d particles of dimension %d in a field of dimension %d", len(e.W), m, d, f.Dim())
	}
	before := e.Time
	for i, t := range times {
		if !(t >= before) || math.IsInf(t, 0) || i > 0 && t == before {
			return fmt.Errorf("stability matrices: time %g follows time %g: times must ascend from the ensemble's", t, before)
		}
		before = t
	}
	for _, j := range which {
		if j < 0 || j >= m {
			return fmt.Errorf("stability matrices: no particle %d among %d", j, m)
		}
	}
	h := NewPopulation(f)
	defer h.Close()
	D := make([]float64, d*d)
	rhs := func(_ float64, y, dy []float64) error {
		w := y[:m*d]
		if err := f.Velocity(ctx, dy[:m*d], w, m); err != nil {
			return err
		}
		kernels.ProjectTangent(dy[:m*d], w, m, d, h.ws)
		for k, j := range which {
			if err := h.LocalHessian(D, w, m, j); err != nil {
				return err
			}
			first := m*d + k*d*d
			multiply(dy[first:first+d*d], D, y[first:first+d*d], d)
		}
		return nil
	}
	y := make([]float64, m*d+len(which)*d*d)
	copy(y, e.W)
	for k, j := range which {
		P := y[m*d+k*d*d:]
		for a, x := range e.Row(j) {
			for b, z := range e.Row(j) {
				P[a*d+b] = -x * z
			}
			P[a*d+a]++
		}
	}
	in, err := ode.New(ode.DOP853, rhs, len(y), ode.Options{RelTol: tol, AbsTol: tol})
	if err != nil {
		return fmt.Errorf("stability matrices: %w", err)
	}
	if err := in.Start(e.Time, y); err != nil {
		return fmt.Errorf("stability matrices: %w", err)
	}
	// Anew, without the step size that a flow left behind.
	*e = particles.Ensemble[float64]{W: e.W, M: m, D: d, Space: e.Space, Time: e.Time, AfterStep: e.AfterStep}
	J := make([][]float64, len(which))
	for _, t := range times {
		if err := in.Advance(ctx, t); err != nil {
			return fmt.Errorf("stability matrices on the way to time %g: %w", t, err)
		}
		copy(e.W, in.Y())
		kernels.NormalizeRows(e.W, m, d, h.ws) // the drift of the integration
		e.Time = t
		for k := range J {
			J[k] = in.Y()[m*d+k*d*d : m*d+(k+1)*d*d]
		}
		if err := obs(t, J); err != nil {
			return fmt.Errorf("stability matrices: observer at time %g: %w", t, err)
		}
	}
	return nil
}

// multiply sets c = a b for d x d matrices.
func multiply(c, a, b []float64, d int) {
	clear(c)
	for i := range d {
		row := c[i*d : (i+1)*d]
		for k, x := range a[i*d : (i+1)*d] {
			for j, y := range b[k*d : (k+1)*d] {
				row[j] += float64(x * y)
			}
		}
	}
}

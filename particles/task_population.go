package particles

import (
	"fmt"
	"slices"

	"kac/kernels"
)

// TaskPopulation is the Field of exact expectations for every task that has a
// Reduction, several teachers among them: with G of the target and q of the
// activation,
//
//	nu(w) = P_w [grad G(P w) - (1/m) sum_i q'(<w, w_i>) w_i].
//
// For a Problem it is Population. It holds scratch and is not for concurrent
// use; results do not depend on the number of workers.
type TaskPopulation struct {
	reduction *Reduction
	q         kernels.Dual
	ws        *kernels.Workspace[float64]
	value     []float64 // monomials
	bar       []float64
	gradient  []float64
	points    []float64 // reduced, grown to the largest m seen
}

// NewTaskPopulation returns the population field of a task. workers <= 0 means
// one per processor. Errors are those of NewReduction.
func NewTaskPopulation(t *Task, workers int) (*TaskPopulation, error) {
	r, err := NewReduction(t, workers)
	if err != nil {
		return nil, err
	}
	sigma, _ := t.activation.Series()
	c := sigma.Coefficients()
	for k := range c {
		c[k] *= c[k]
	}
	return &TaskPopulation{
		reduction: r, q: kernels.PolynomialDual(c), ws: kernels.NewWorkspace[float64](workers),
		value: make([]float64, len(r.drive)), bar: make([]float64, len(r.drive)), gradient: make([]float64, r.rank),
	}, nil
}

// Dim returns d.
func (f *TaskPopulation) Dim() int { return f.reduction.task.dim }

// Workers returns the number of workers.
func (f *TaskPopulation) Workers() int { return f.ws.Workers() }

// Close releases the workers.
func (f *TaskPopulation) Close() { f.ws.Close() }

// StopWhen makes calls end early once done is closed; what they return is then
// undefined. nil, as at the start, means never.
func (f *TaskPopulation) StopWhen(done <-chan struct{}) { f.ws.StopWhen(done) }

// Reduction returns the reduction of the task.
func (f *TaskPopulation) Reduction() *Reduction { return f.reduction }

func (f *TaskPopulation) check(w []float64, m int) error {
	if d := f.Dim(); m < 1 || len(w) != m*d {
		return fmt.Errorf("%d coordinates for %d particles of dimension %d", len(w), m, d)
	}
	return nil
}

// moment reports whether the moment form is the one of fewer flops.
func (f *TaskPopulation) moment(m int) bool {
	return kernels.MomentFlops(m, f.Dim(), f.q) < kernels.PairwiseFlops(m, f.Dim(), f.q)
}

// Velocity writes nu(w_j) to row j of v (m x d).
func (f *TaskPopulation) Velocity(v, w []float64, m int) error {
	if err := f.check(w, m); err != nil {
		return fmt.Errorf("population velocity: %w", err)
	}
	r, d := f.reduction, f.Dim()
	if len(v) != len(w) {
		return fmt.Errorf("population velocity: %d velocity components for %d particles of dimension %d", len(v), m, d)
	}
	if f.moment(m) {
		kernels.Moment(v, w, m, d, f.q, f.ws)
	} else {
		kernels.Pairwise(v, w, m, d, f.q, f.ws)
	}
	for j := range m {
		at, g := w[j*d:j*d+r.rank], v[j*d:(j+1)*d]
		for a := range g {
			g[a] = -g[a]
		}
		r.table.eval(f.value, at)
		copy(f.bar, r.drive)
		r.table.gradient(f.gradient, f.bar, f.value, at)
		for a, x := range f.gradient {
			g[a] += x
		}
	}
	kernels.ProjectTangent(v, w, m, d, f.ws)
	return nil
}

// SelfEnergy returns ||f_m||^2 = mean_ij q(<w_i, w_j>).
func (f *TaskPopulation) SelfEnergy(w []float64, m int) (float64, error) {
	if err := f.check(w, m); err != nil {
		return 0, fmt.Errorf("population self-energy: %w", err)
	}
	if f.moment(m) {
		return kernels.MomentSum(w, m, f.Dim(), f.q, f.ws), nil
	}
	return kernels.PairwiseSum(w, m, f.Dim(), f.q, f.ws), nil
}

// MeanOverlap returns mean_i G(P w_i) = E f*(x) f_m(x).
func (f *TaskPopulation) MeanOverlap(w []float64, m int) (float64, error) {
	if err := f.check(w, m); err != nil {
		return 0, fmt.Errorf("population overlap: %w", err)
	}
	return f.reduction.MeanOverlap(f.reduce(w, m), m)
}

// reduce returns the reduced points of the particles, valid until the next call.
func (f *TaskPopulation) reduce(w []float64, m int) []float64 {
	n := m * (f.reduction.rank + 1)
	if cap(f.points) < n {
		f.points = make([]float64, n)
	}
	z := f.points[:n]
	f.reduction.Reduce(z, w, m)
	return z
}

// Risk returns ||f* - f_m||^2.
func (f *TaskPopulation) Risk(w []float64, m int) (float64, error) {
	self, err := f.SelfEnergy(w, m)
	if err != nil {
		return 0, err
	}
	overlap, err := f.MeanOverlap(w, m)
	if err != nil {
		return 0, err
	}
	return f.reduction.norm2 - 2*overlap + self, nil
}

// Distance2 returns ||f_u - f_w||^2 for networks of the particles u and w.
func (f *TaskPopulation) Distance2(u []float64, k int, w []float64, m int) (float64, error) {
	a, err := f.SelfEnergy(u, k)
	if err != nil {
		return 0, err
	}
	b, err := f.SelfEnergy(w, m)
	if err != nil {
		return 0, err
	}
	cross, err := f.CrossEnergy(u, k, a, w, m, b)
	return a - 2*cross + b, err
}

// CrossEnergy returns E f_u(x) f_w(x) = mean_ij q(<u_i, w_j>), given the
// SelfEnergy of each network: it is what the network of both has beyond them,
// and so linear in the number of particles where the moment form is.
func (f *TaskPopulation) CrossEnergy(u []float64, k int, selfU float64, w []float64, m int, selfW float64) (float64, error) {
	both, err := f.SelfEnergy(slices.Concat(u, w), k+m)
	if err != nil {
		return 0, err
	}
	x, y := float64(k), float64(m)
	return ((x+y)*(x+y)*both - x*x*selfU - y*y*selfW) / (2 * x * y), nil
}

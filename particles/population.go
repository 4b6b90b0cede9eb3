package particles

import (
	"context"
	"fmt"

	"kac/kernels"
)

// Population is the Field of exact expectations over Gaussian x. With q the
// task's Dual and G(w) its Overlap,
//
//	g(w)  = grad G(w) - (1/m) sum_i q'(<w, w_i>) w_i
//	L     = ||f*||^2 - 2 mean_i G(w_i) + mean_ij q(<w_i, w_j>)
//
// (E y sigma(<w,x>) = G(w), E sigma(<w,x>) sigma(<w',x>) = q(<w,w'>), the
// Hermite expansion of both sides.) It holds scratch and is not for concurrent
// use; results do not depend on the number of workers.
type Population struct {
	task      Expectations
	form      Form
	precision Precision
	q         kernels.Dual
	dim       int
	target    Overlap
	ws        *kernels.Workspace[float64]
	low       *interaction32 // nil in float64
	values    []float64      // one per particle, grown to the largest m seen
}

// NewPopulation returns the population field of a task with closed forms.
// workers <= 0 means one per processor.
func NewPopulation(p Expectations, form Form, workers int) *Population {
	return NewPopulationIn(Float64, p, form, workers)
}

// NewPopulationIn returns the population field whose velocities sum the
// interaction in the given precision; energies and VelocityAt are float64. It
// panics if the precision is not available.
func NewPopulationIn(precision Precision, p Expectations, form Form, workers int) *Population {
	f := &Population{
		task: p, dim: p.Dim(), form: form, precision: precision, q: p.Dual(), target: p.Overlap(),
		ws: kernels.NewWorkspace[float64](workers),
	}
	if precision != Float64 {
		f.low = &interaction32{ws: precision.workspace32(workers)}
	}
	return f
}

// stopWhen makes the kernels' calls end early once done is closed; nil: never.
func (f *Population) stopWhen(done <-chan struct{}) {
	f.ws.StopWhen(done)
	if f.low != nil {
		f.low.ws.StopWhen(done)
	}
}

// Dim returns d.
func (f *Population) Dim() int { return f.dim }

// Workers returns the number of workers.
func (f *Population) Workers() int { return f.ws.Workers() }

// Precision returns the precision of the velocities.
func (f *Population) Precision() Precision { return f.precision }

// Task returns the closed forms that the field is made of.
func (f *Population) Task() Expectations { return f.task }

// FormFor returns the form used for m particles: the one asked for, or under
// Auto the faster one by kernels.PopulationByMoments. The answer does not
// depend on it but for rounding. Velocities in a bf16 precision are summed over
// pairs whatever it is, since that is what there are such kernels for.
func (f *Population) FormFor(m int) Form {
	return PopulationForm(f.form, f.precision, m, f.dim, f.q)
}

// Velocity writes g(w_j) to row j of v (m x d).
func (f *Population) Velocity(ctx context.Context, v, w []float64, m int) error {
	d := f.dim
	form, err := f.prepare(w, m)
	if err != nil {
		return fmt.Errorf("population velocity: %w", err)
	}
	if f.precision.BF16() {
		form = PairwiseForm
	}
	if len(v) != m*d {
		return fmt.Errorf("population velocity: %d velocity components for %d particles of dimension %d", len(v), m, d)
	}
	f.stopWhen(ctx.Done())
	if f.low != nil {
		f.low.sum(v, w, m, d, form, f.q)
	} else {
		sum(v, w, m, d, form, f.q, f.ws)
	}
	for j := range m {
		f.target.MinusGradient(v[j*d:(j+1)*d], w[j*d:(j+1)*d])
	}
	f.stopWhen(nil)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("population velocity: %w", err)
	}
	return nil
}

// sum writes (1/m) sum_i q'(<w_j, w_i>) w_i to row j of v.
func sum[T kernels.Float](v, w []T, m, d int, form Form, q kernels.Dual, ws *kernels.Workspace[T]) {
	if form == MomentForm {
		kernels.Moment(v, w, m, d, q, ws)
	} else {
		kernels.Pairwise(v, w, m, d, q, ws)
	}
}

// VelocityAt writes to v (length d) the velocity nu = P g that a particle at the
// point at, of unit norm, would have on the sphere among the m particles w. It
// takes O(m d) flops.
func (f *Population) VelocityAt(v, at, w []float64, m int) error {
	if err := f.GradientAt(v, at, w, m); err != nil {
		return err
	}
	project(v, at)
	return nil
}

// GradientAt writes to g (length d) the unprojected g at the point at among the m particles w.
func (f *Population) GradientAt(g, at, w []float64, m int) error {
	d := f.dim
	if len(g) != d || len(at) != d || len(w) != m*d {
		return fmt.Errorf("population velocity at a point: lengths %d, %d, %d for %d particles of dimension %d", len(g), len(at), len(w), m, d)
	}
	clear(g)
	for i := range m {
		wi := w[i*d : (i+1)*d]
		_, dq, _ := f.q.Eval(kernels.Dot(at, wi))
		for a, x := range wi {
			g[a] += float64(dq * x)
		}
	}
	for a := range g {
		g[a] /= float64(max(m, 1))
	}
	f.target.MinusGradient(g, at)
	return nil
}

// SelfEnergy returns mean_ij q(<w_i, w_j>) = E f_m(x)^2; 0 for m = 0.
func (f *Population) SelfEnergy(ctx context.Context, w []float64, m int) (float64, error) {
	form, err := f.prepare(w, m)
	if err != nil {
		return 0, fmt.Errorf("population self-energy: %w", err)
	}
	f.stopWhen(ctx.Done())
	energy := 0.0
	if form == MomentForm {
		energy = kernels.MomentSum(w, m, f.dim, f.q, f.ws)
	} else {
		energy = kernels.PairwiseSum(w, m, f.dim, f.q, f.ws)
	}
	f.stopWhen(nil)
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("population self-energy: %w", err)
	}
	return energy, nil
}

// MeanOverlap returns mean_i G(w_i) = E f*(x) f_m(x); 0 for m = 0.
func (f *Population) MeanOverlap(w []float64, m int) (float64, error) {
	if _, err := f.prepare(w, m); err != nil {
		return 0, fmt.Errorf("population overlap: %w", err)
	}
	if m == 0 {
		return 0, nil
	}
	if cap(f.values) < m {
		f.values = make([]float64, m)
	}
	values, d := f.values[:m], f.dim
	for i := range values {
		values[i] = f.target.Value(w[i*d : (i+1)*d])
	}
	return kernels.Sum(values) / float64(m), nil
}

// Risk returns L = E (f*(x) - f_m(x))^2.
func (f *Population) Risk(ctx context.Context, w []float64, m int) (float64, error) {
	self, err := f.SelfEnergy(ctx, w, m)
	if err != nil {
		return 0, err
	}
	mean, err := f.MeanOverlap(w, m)
	if err != nil {
		return 0, err
	}
	return f.task.TargetNorm2() - 2*mean + self, nil
}

// prepare checks the shape of w and chooses the form.
func (f *Population) prepare(w []float64, m int) (Form, error) {
	d := f.dim
	if m < 0 || len(w) != m*d {
		return 0, fmt.Errorf("%d coordinates for %d particles of dimension %d", len(w), m, d)
	}
	form := f.FormFor(m)
	if form == MomentForm && kernels.MomentFlops(m, d, f.q) > maxFlops {
		return 0, fmt.Errorf("the moment form of %s in dimension %d needs too many features; use the pairwise form", f.task.Activation(), d)
	}
	return form, nil
}

// maxFlops is above every finite count: kernels answers +Inf where the moment
// form does not apply.
const maxFlops = 1e300

// Close releases the workers.
func (f *Population) Close() {
	f.ws.Close()
	if f.low != nil {
		f.low.ws.Close()
	}
}

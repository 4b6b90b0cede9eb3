package particles

import (
	"fmt"

	"kac/kernels"
)

// Stepped is a Field that changes from step to step: Descend tells it the
// number of the step before each velocity. Flow refuses it, since an adaptive
// integrator has no fixed steps.
type Stepped interface {
	Field
	SetStep(step int64)
}

// Empirical is the Field of the mean over a fixed sample,
//
//	nu(w) = P_w (1/n) sum_i (y_i - f_m(x_i)) a sigma'(<w, x_i>) x_i.
//
// summed in the cheaper of both forms. It holds scratch and is not for
// concurrent use; results do not depend on the number of workers.
type Empirical struct {
	sampledField
	samples *Samples
}

// NewEmpirical returns the field of a fixed sample. workers <= 0 means one per
// processor. It refuses samples of another dimension than the task's.
func NewEmpirical(t *Task, s *Samples, workers int) (*Empirical, error) {
	if s.D != t.dim {
		return nil, fmt.Errorf("samples of dimension %d for a task of dimension %d", s.D, t.dim)
	}
	return &Empirical{newSampledField(t, workers), s}, nil
}

// Velocity writes nu(w_j) to row j of v (m x d).
func (f *Empirical) Velocity(v, w []float64, m int) error {
	return f.velocity(v, w, m, f.samples.X, f.samples.Y)
}

// Risk returns the mean square of y - f_m over the sample.
func (f *Empirical) Risk(w []float64, m int) (float64, error) {
	return f.risk(w, m, f.samples.X, f.samples.Y)
}

// Stochastic is the Field of one batch after the other.
type Stochastic struct {
	sampledField
	batches Batches
	x, y    []float64
	step    int64
	filled  bool // x and y hold the batch of step
}

// NewStochastic returns the field of batches, at step 0. workers <= 0 means
// one per processor. It refuses batches of another dimension than the task's.
func NewStochastic(t *Task, b Batches, workers int) (*Stochastic, error) {
	if b.Dim() != t.dim {
		return nil, fmt.Errorf("batches of dimension %d for a task of dimension %d", b.Dim(), t.dim)
	}
	return &Stochastic{
		sampledField: newSampledField(t, workers), batches: b,
		x: make([]float64, b.Size()*t.dim), y: make([]float64, b.Size()),
	}, nil
}

// SetStep chooses the batch of the velocities to come.
func (f *Stochastic) SetStep(step int64) {
	f.filled = f.filled && step == f.step
	f.step = step
}

// Velocity writes the batch's nu(w_j) to row j of v (m x d).
func (f *Stochastic) Velocity(v, w []float64, m int) error {
	if !f.filled {
		f.batches.Batch(f.step, f.x, f.y)
		f.filled = true
	}
	return f.velocity(v, w, m, f.x, f.y)
}

// sampledField is what Empirical and Stochastic share.
type sampledField struct {
	task *Task
	ws   *kernels.Workspace[float64]
	a    []float64 // second layer of the last m
	m    int
	form Form // of velocities of the last m over the last number of samples
	out  []float64
	x    kernels.PackedSamples[float64] // of velocities in moments
}

func newSampledField(t *Task, workers int) sampledField {
	return sampledField{task: t, ws: kernels.NewWorkspace[float64](workers)}
}

// Dim returns d.
func (f *sampledField) Dim() int { return f.task.dim }

// Workers returns the number of workers.
func (f *sampledField) Workers() int { return f.ws.Workers() }

func (f *sampledField) prepare(w []float64, m, n int) error {
	if err := f.task.CheckWidth(m); err != nil {
		return err
	}
	if len(w) != m*f.task.dim {
		return fmt.Errorf("%d coordinates for %d particles of dimension %d", len(w), m, f.task.dim)
	}
	if f.m != m || len(f.out) != n {
		f.form = f.task.FormFor(Auto, Float64, n, m)
	}
	if f.m != m {
		f.a, f.m = f.task.SecondLayer(m), m
	}
	if len(f.out) != n {
		f.out = make([]float64, n)
	}
	return nil
}

func (f *sampledField) velocity(v, w []float64, m int, x, y []float64) error {
	if err := f.prepare(w, m, len(y)); err != nil {
		return fmt.Errorf("velocity over samples: %w", err)
	}
	if len(v) != len(w) {
		return fmt.Errorf("velocity over samples: %d velocity components for %d particles of dimension %d", len(v), m, f.task.dim)
	}
	d, act := f.task.dim, f.task.activation.kernel
	if f.form == MomentForm {
		f.x.Pack(x, len(y), d, f.ws)
		kernels.MomentForwardVelocity(v, f.out, &f.x, y, w, f.a, m, act, f.ws)
	} else {
		kernels.ForwardVelocity(v, f.out, x, y, w, f.a, len(y), m, d, act, f.ws)
	}
	kernels.ProjectTangent(v, w, m, d, f.ws)
	return nil
}

func (f *sampledField) risk(w []float64, m int, x, y []float64) (float64, error) {
	if err := f.prepare(w, m, len(y)); err != nil {
		return 0, fmt.Errorf("risk over samples: %w", err)
	}
	kernels.Forward(f.out, x, w, f.a, len(y), m, f.task.dim, f.task.activation.kernel, f.ws)
	for i, out := range f.out {
		f.out[i] = y[i] - out
	}
	return kernels.Dot(f.out, f.out) / float64(len(y)), nil
}

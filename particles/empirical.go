package particles

import (
	"context"
	"fmt"

	"kac/kernels"
)

// Empirical is the Field of the mean over a fixed sample,
//
//	g(w) = (1/n) sum_i r_i a sigma'(<w, x_i>) x_i,   r_i = y_i - f_m(x_i) for the square loss,
//
// with the factors r_i of the task's loss (kernels.Loss), summed in the cheaper
// of both forms. It holds scratch and is not for
// concurrent use; results do not depend on the number of workers.
type Empirical struct {
	task    *Task
	samples *Samples
	ws      *kernels.Workspace[float64]
	a       []float64 // second layer of the last m
	m       int
	form    Form // of velocities of the last m
	out     []float64
	x       kernels.PackedSamples[float64] // of velocities in moments
}

// NewEmpirical returns the field of a fixed sample. workers <= 0 means one per
// processor. It refuses samples of another dimension than the task's.
func NewEmpirical(t *Task, s *Samples, workers int) (*Empirical, error) {
	if s.D != t.dim {
		return nil, fmt.Errorf("samples of dimension %d for a task of dimension %d", s.D, t.dim)
	}
	return &Empirical{task: t, samples: s, ws: kernels.NewWorkspace[float64](workers), out: make([]float64, s.N)}, nil
}

// Dim returns d.
func (f *Empirical) Dim() int { return f.task.dim }

// Workers returns the number of workers.
func (f *Empirical) Workers() int { return f.ws.Workers() }

func (f *Empirical) prepare(w []float64, m int) error {
	if err := f.task.CheckWidth(m); err != nil {
		return err
	}
	if len(w) != m*f.task.dim {
		return fmt.Errorf("%d coordinates for %d particles of dimension %d", len(w), m, f.task.dim)
	}
	if f.m != m {
		f.form = f.task.FormFor(Auto, Float64, f.samples.N, m)
		f.a, f.m = f.task.SecondLayer(m), m
	}
	return nil
}

// Velocity writes g(w_j) to row j of v (m x d).
func (f *Empirical) Velocity(ctx context.Context, v, w []float64, m int) error {
	x, y := f.samples.X, f.samples.Y
	if err := f.prepare(w, m); err != nil {
		return fmt.Errorf("velocity over samples: %w", err)
	}
	if len(v) != len(w) {
		return fmt.Errorf("velocity over samples: %d velocity components for %d particles of dimension %d", len(v), m, f.task.dim)
	}
	d, act, loss := f.task.dim, f.task.activation.kernel, f.task.loss
	f.ws.StopWhen(ctx.Done())
	if f.form == MomentForm {
		f.x.Pack(x, len(y), d, f.ws)
		kernels.MomentLossVelocity(v, f.out, &f.x, y, w, f.a, m, act, loss, f.ws)
	} else {
		kernels.LossVelocity(v, f.out, x, y, w, f.a, len(y), m, d, act, loss, f.ws)
	}
	f.ws.StopWhen(nil)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("velocity over samples: %w", err)
	}
	return nil
}

// Risk returns the mean of the task's loss over the sample, that of (y - f_m)^2 if it is the square.
func (f *Empirical) Risk(w []float64, m int) (float64, error) {
	x, y := f.samples.X, f.samples.Y
	if err := f.prepare(w, m); err != nil {
		return 0, fmt.Errorf("risk over samples: %w", err)
	}
	kernels.Forward(f.out, x, w, f.a, len(y), m, f.task.dim, f.task.activation.kernel, f.ws)
	return kernels.LossStep(f.out, f.out, y, f.task.loss, f.ws) / float64(len(y)), nil
}

package particles

import (
	"errors"
	"fmt"

	"kac/kernels"
)

// ErrNoClosedForm is wrapped by errors that say why an expectation of a task is
// not known in closed form.
var ErrNoClosedForm = errors.New("no closed form")

// Expectations are the closed forms of a task whose second layer is 1: over
// Gaussian inputs with a Hermite series as activation (Task.Closed), or with any
// activation over inputs whose law is invariant under rotations (Task.Exact). All of them are
// immutable and may be shared between goroutines.
type Expectations interface {
	Task() *Task
	Name() string
	Dim() int           // d, of inputs and particles
	Rank() int          // r: the target depends on the first r coordinates
	Activation() Series // sigma = sum_k c_k h_k; zero for those of Task.Exact
	// Dual is q, q(<w, w'>) = E sigma(<w, x>) sigma(<w', x>) for unit w, w': the
	// polynomial sum_k c_k^2 s^k, or what Task.Exact says.
	Dual() kernels.Dual
	// Overlap is G, G(w) = E f*(x) sigma(<w, x>) for unit w.
	Overlap() Overlap
	TargetNorm2() float64 // ||f*||^2 = E f*(x)^2
}

// Overlap is G(w) = E f*(x) sigma(<w, x>), continued from unit w to a polynomial
// on R^d. Arguments have length d; nothing is kept or allocated.
type Overlap interface {
	Value(w []float64) float64
	// MinusGradient replaces g by grad G(w) - g.
	MinusGradient(g, w []float64)
	// MinusHessian replaces the d x d matrix h by Hess G(w) - h, MinusPacked a
	// symmetric one that is packed as kernels.PackedIndex says.
	MinusHessian(h, w []float64)
	MinusPacked(h, w []float64)
}

// ClosedTarget is a Target whose expectations against Hermite series are known
// for Gaussian inputs.
type ClosedTarget interface {
	Target
	Norm2() float64 // E f*(x)^2
	// Overlap returns G for an activation, and refuses one with which nothing
	// can be learned.
	Overlap(sigma Series) (Overlap, error)
}

// closed are the Expectations of a Task.
type closed struct {
	task    *Task
	sigma   Series
	overlap Overlap
	norm2   float64
}

func (c *closed) Task() *Task          { return c.task }
func (c *closed) Name() string         { return c.task.name }
func (c *closed) Dim() int             { return c.task.dim }
func (c *closed) Rank() int            { return c.task.target.Rank() }
func (c *closed) Activation() Series   { return c.sigma }
func (c *closed) Dual() kernels.Dual   { return c.sigma.Dual() }
func (c *closed) Overlap() Overlap     { return c.overlap }
func (c *closed) TargetNorm2() float64 { return c.norm2 }

// Closed returns the closed forms of the task, or an error that wraps
// ErrNoClosedForm and says what the task lacks.
func (t *Task) Closed() (Expectations, error) {
	if t.closed == nil {
		return nil, &ClosedFormError{Task: t.name, Reason: t.lacks}
	}
	return t.closed, nil
}

// ClosedFormError says why a task has no closed form. It wraps ErrNoClosedForm.
type ClosedFormError struct{ Task, Reason string }

func (e *ClosedFormError) Error() string {
	return fmt.Sprintf("%s has %v: %s", e.Task, ErrNoClosedForm, e.Reason)
}

func (e *ClosedFormError) Unwrap() error { return ErrNoClosedForm }

// close finds the closed forms of t, or what it lacks. An error says that a
// task with closed forms cannot learn anything.
func (t *Task) close() error {
	sigma, series := t.activation.Series()
	target, known := t.target.(ClosedTarget)
	switch r := t.target.Rank(); {
	case t.law != Gaussian:
		t.lacks = fmt.Sprintf("inputs are %v, not gaussian", t.law)
	case !series:
		t.lacks = fmt.Sprintf("the activation %s is no Hermite series", t.activation)
	case t.scale != 0:
		t.lacks = "its second layer is not 1"
	case t.loss != kernels.SquareLoss():
		t.lacks = fmt.Sprintf("its loss is %s, not the square", t.loss)
	case !known:
		t.lacks = "its target is no sum of Hermite series"
	case t.dim < r+2:
		t.lacks = fmt.Sprintf("dimension %d leaves no sphere beside the target's %d coordinates; at least %d is needed", t.dim, r, r+2)
	default:
		overlap, err := target.Overlap(sigma)
		if err != nil {
			return err
		}
		t.closed = &closed{task: t, sigma: sigma, overlap: overlap, norm2: target.Norm2()}
	}
	return nil
}

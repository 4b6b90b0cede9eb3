package particles

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"kac/kernels"
)

// Task is a problem to be learned: a law of inputs, a target, an activation and
// a fixed second layer,
//
//	f_m(x) = (1/m) sum_i a_i sigma(<w_i, x>),
//	a_i = 1, or a_i = +C, -C, +C, ... so that every even m has exact halves.
//
// With Gaussian inputs, Hermite series and a_i = 1 it has closed forms: Closed.
// Immutable; may be shared between goroutines.
type Task struct {
	name       string
	dim        int
	law        Law
	target     Target
	activation Activation
	scale      float64
	loss       kernels.Loss
	closed     *closed // nil: none, for this reason:
	lacks      string
	spectrum   struct { // found when asked for
		once  sync.Once
		value *Spectrum
		err   error
	}
}

// Spec describes a Task.
type Spec struct {
	Name       string // "" becomes "custom"
	Dim        int    // d, at least the target's rank; rank + 2 for a Link with closed forms
	Law        Law
	Target     Target
	Activation Activation
	// Halves is C of the second layer a_i = +-C in exact halves; 0 means a_i = 1.
	Halves float64
	// Loss is what training lowers the mean of; the zero value is the square. Closed forms are known for the square
	// alone.
	Loss kernels.Loss
}

// TaskError says why NewTask refuses a Spec.
type TaskError struct {
	Task string
	Err  error // the reason alone
}

func (e *TaskError) Error() string { return fmt.Sprintf("task %q: %v", e.Task, e.Err) }
func (e *TaskError) Unwrap() error { return e.Err }

// NewTask checks a Spec and returns its Task. It refuses, with a *TaskError,
// laws, targets and activations that are missing or unknown, dimensions too
// small for the target, and closed forms in which nothing can be learned.
func NewTask(s Spec) (*Task, error) {
	t := &Task{name: s.Name, dim: s.Dim, law: s.Law, target: s.Target, activation: s.Activation, scale: s.Halves, loss: s.Loss}
	if t.name == "" {
		t.name = "custom"
	}
	if err := t.check(); err != nil {
		return nil, &TaskError{Task: t.name, Err: err}
	}
	return t, nil
}

func (t *Task) check() error {
	switch {
	case t.law < 0 || int(t.law) >= len(lawNames):
		return fmt.Errorf("unknown law of inputs %v", t.law)
	case t.target == nil:
		return errors.New("no target is given")
	case t.activation.name == "":
		return errNoActivation
	case t.dim < max(2, t.target.Rank()):
		return fmt.Errorf("dimension %d is too small: a target of %d coordinates needs at least %d", t.dim, t.target.Rank(), max(2, t.target.Rank()))
	case !(t.scale >= 0) || math.IsInf(t.scale, 1):
		return fmt.Errorf("second layer +-C: C = %v must be positive and finite", t.scale)
	}
	if err := t.close(); err != nil {
		return err
	}
	// The reduction of the infinite network needs a sphere of positive dimension beside the target's
	// coordinates, and a Link has no reference that is worth more than it.
	if link, is := t.target.(*Link); is && t.closed == nil && t.isHermite() {
		return fmt.Errorf("dimension %d is too small: a target of rank %d needs at least %d", t.dim, link.rank, link.rank+2)
	}
	return nil
}

// isHermite reports whether nothing but the dimension keeps a ClosedTarget from closed forms.
func (t *Task) isHermite() bool {
	_, series := t.activation.Series()
	return series && t.law == Gaussian && t.scale == 0 && t.loss == kernels.SquareLoss()
}

// Name returns the name of the task.
func (t *Task) Name() string { return t.name }

// Dim returns d.
func (t *Task) Dim() int { return t.dim }

// Law returns the law of inputs.
func (t *Task) Law() Law { return t.law }

// Target returns f*.
func (t *Task) Target() Target { return t.target }

// Activation returns sigma.
func (t *Task) Activation() Activation { return t.activation }

// Halves returns C of a second layer +-C; 0 means a_i = 1.
func (t *Task) Halves() float64 { return t.scale }

// Loss returns the loss of training.
func (t *Task) Loss() kernels.Loss { return t.loss }

// Link returns the series of a target that is a Link; ok is false for others.
func (t *Task) Link() (s Series, ok bool) {
	l, ok := t.target.(*Link)
	if !ok {
		return Series{}, false
	}
	return l.series, true
}

// Exponent returns the information exponent of a Link with closed forms, the
// smallest k >= 1 in G(a) = sum_k g_k a^k; ok is false for other tasks.
func (t *Task) Exponent() (k int, ok bool) {
	if t.closed == nil {
		return 0, false
	}
	o, ok := t.closed.overlap.(*RadialOverlap)
	if !ok {
		return 0, false
	}
	return o.Exponent(), true
}

// CheckWidth refuses widths that the second layer does not allow.
func (t *Task) CheckWidth(m int) error {
	if m < 1 {
		return fmt.Errorf("width %d is not positive", m)
	}
	if t.scale != 0 && m%2 == 1 {
		return fmt.Errorf("width %d is odd: a second layer of +-%g in exact halves needs an even width", m, t.scale)
	}
	return nil
}

// SecondLayer returns a_1, ..., a_m; nil stands for ones. The second layer of
// a narrow network begins that of a wider one.
func (t *Task) SecondLayer(m int) []float64 {
	if t.scale == 0 {
		return nil
	}
	a := make([]float64, m)
	for i := range a {
		a[i] = t.scale
		if i%2 == 1 {
			a[i] = -t.scale
		}
	}
	return a
}

// String describes the task in a formula.
func (t *Task) String() string {
	network, halves := t.network()
	loss := ""
	if t.loss != kernels.SquareLoss() {
		loss = fmt.Sprintf(", %s loss", t.loss)
	}
	return fmt.Sprintf("%s: target %s, network %s, %s%s%s", t.name, t.target, network, t.law.formula(t.dim), halves, loss)
}

// Network describes the network in a formula.
func (t *Task) Network() string {
	network, halves := t.network()
	return network + halves
}

func (t *Task) network() (formula, halves string) {
	outer := ""
	if t.scale != 0 {
		outer, halves = "a_i ", fmt.Sprintf(", a_i = +-%.6g in equal halves", t.scale)
	}
	return fmt.Sprintf("(1/m) sum_i %s%s", outer, t.activation.Formula("<w_i, x>")), halves
}

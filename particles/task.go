package particles

import (
	"fmt"
	"math"
)

// Task is a problem to be learned from samples: a law of inputs, a target, an
// activation and a fixed second layer,
//
//	f_m(x) = (1/m) sum_i a_i sigma(<w_i, x>),
//	a_i = 1, or a_i = +C, -C, +C, ... so that every even m has exact halves.
//
// A Problem is the Task with Gaussian x, Hermite series and a_i = 1 that also
// has closed forms. Immutable; may be shared between goroutines.
type Task struct {
	name       string
	dim        int
	law        Law
	target     Target
	activation Activation
	scale      float64
	problem    *Problem
}

// TaskSpec describes a Task.
type TaskSpec struct {
	Name       string // "" becomes "custom"
	Dim        int    // d, at least the target's rank
	Law        Law
	Target     Target
	Activation Activation
	// Halves is C of the second layer a_i = +-C in exact halves; 0 means a_i = 1.
	Halves float64
}

// NewTask checks a TaskSpec and returns its Task.
func NewTask(s TaskSpec) (*Task, error) {
	t := &Task{name: s.Name, dim: s.Dim, law: s.Law, target: s.Target, activation: s.Activation, scale: s.Halves}
	if t.name == "" {
		t.name = "custom"
	}
	fail := func(err error) (*Task, error) { return nil, fmt.Errorf("task %q: %w", t.name, err) }
	switch {
	case s.Law < 0 || int(s.Law) >= len(lawNames):
		return fail(fmt.Errorf("unknown law of inputs %v", s.Law))
	case s.Target == nil:
		return fail(fmt.Errorf("no target is given"))
	case s.Activation.name == "":
		return fail(errNoActivation)
	case s.Dim < max(2, s.Target.Rank()):
		return fail(fmt.Errorf("dimension %d is too small: a target of %d coordinates needs at least %d", s.Dim, s.Target.Rank(), max(2, s.Target.Rank())))
	case !(s.Halves >= 0) || math.IsInf(s.Halves, 1):
		return fail(fmt.Errorf("second layer +-C: C = %v must be positive and finite", s.Halves))
	}
	return t, nil
}

// Task returns the problem as one to be learned from samples.
func (p *Problem) Task() *Task {
	return &Task{name: p.name, dim: p.dim, law: Gaussian, target: target{p}, activation: NewActivation(p.activation), problem: p}
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

// Problem returns the problem with closed forms that this task is, or nil.
func (t *Task) Problem() *Problem { return t.problem }

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
	return fmt.Sprintf("%s: target %s, network %s, %s%s", t.name, t.target, network, t.law.formula(t.dim), halves)
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
	return fmt.Sprintf("(1/m) sum_i %s%s", outer, t.activation.formula("<w_i, x>")), halves
}

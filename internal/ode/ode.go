// Package ode integrates ordinary differential equations y' = f(t, y) with
// explicit Runge-Kutta methods.
//
// A Method is a table of coefficients with its citation; one Integrator drives
// them all:
//
//	Method (data) + Func (the equation)
//	      \        /
//	     Integrator -- Step --> State, Dense (interpolant on the last step)
//	          |
//	     error norm -> controller -> next step size
//
// The integrator allocates once, in New. Its sums run in a fixed order, so a
// run is a function of its inputs alone, and State/Restore continue it bit for
// bit.
package ode

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Func writes dy = f(t, y). It must not keep or change y. An error ends the
// integration and is returned wrapped.
type Func func(t float64, y, dy []float64) error

// Options steer an integration. The zero value is RelTol = AbsTol = 1e-8 with
// no limits but MaxSteps = 1e6.
type Options struct {
	RelTol, AbsTol float64 // error per component: AbsTol + RelTol*|y_i|, in the root mean square
	Step           float64 // the fixed step of a method without error control; the first step of one with it (0: chosen)
	MaxStep        float64 // no step is longer (0: no limit)
	MaxGrowth      float64 // a step is at most this many times its predecessor (0: 8)
	MaxSteps       int     // accepted plus rejected (0: 1e6)

	// Project, if set, maps an accepted state back to its manifold in place
	// (say, rows to the sphere). The next step's first stage is f there: nothing is
	// kept from the step before, and there is no dense output.
	Project func(y []float64)

	// Combine, if set, writes dst = y + h sum_s coef[s] k[s] in place of the
	// integrator's own loop, with the same bits: added in the order of s, rounded
	// after each product and sum. Stages whose coefficient is 0 may not be read.
	Combine func(dst, y []float64, h float64, coef []float64, k [][]float64)
}

func (o Options) withDefaults() Options {
	if o.RelTol == 0 && o.AbsTol == 0 {
		o.RelTol, o.AbsTol = 1e-8, 1e-8
	}
	if o.MaxStep <= 0 {
		o.MaxStep = math.Inf(1)
	}
	if o.MaxGrowth <= 0 {
		o.MaxGrowth = 8
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = 1e6
	}
	if o.Combine == nil {
		o.Combine = combine
	}
	return o
}

// Stats counts the work of an integration.
type Stats struct {
	Accepted, Rejected, Evaluations int
}

// NonFiniteError says that a component of the state or of its derivative became
// NaN or infinite. It is raised within the step in which that happened.
type NonFiniteError struct {
	Time  float64
	Index int    // component of y
	What  string // "state" or "derivative"
	Value float64
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("ode: component %d of the %s is %v at t = %g", e.Index, e.What, e.Value, e.Time)
}

// ErrStepLimit says that MaxSteps steps were not enough.
var ErrStepLimit = errors.New("step limit reached")

// ErrStepSize says that the error stayed above tolerance at the smallest step
// that still changes t.
var ErrStepSize = errors.New("step size underflow")

// Integrator advances one system. It is not safe for concurrent use.
type Integrator struct {
	method *Method
	f      Func
	opt    Options
	n      int

	t, h   float64 // time; length of the next step
	errOld float64 // previous accepted error, for PI control
	after  bool    // the last attempt was rejected: do not grow
	y      []float64

	tOld, hOld float64 // the last accepted step, for Dense
	yOld       []float64
	k          [][]float64 // stages, see stageBuffers; k[s] = f at the end of the step; then extra stages
	tmp        []float64
	first      []float64 // k_0 of the next step
	haveFirst  bool
	dense      [][]float64 // F_0, F_1, ...
	haveDense  bool
	projected  bool // y differs from the y_new that the stages belong to

	Stats Stats
}

// New prepares an integrator for n components. It allocates everything that the
// integration needs, and the dense output's vectors on first use. The stages take as many
// vectors as are read at once (Method.stageBuffers): 9 for DOP853 and 6 for DormandPrince54;
// besides them there are 4 (two under Project), and one more for f at the end of a step of
// DOP853 that is not projected.
func New(m *Method, f Func, n int, opt Options) (*Integrator, error) {
	opt = opt.withDefaults()
	if !m.Adaptive() && !(opt.Step > 0) {
		return nil, fmt.Errorf("ode: method %s has no error control and needs a step > 0, got %g", m.Name, opt.Step)
	}
	if opt.RelTol < 0 || opt.AbsTol < 0 || math.IsNaN(opt.RelTol+opt.AbsTol) {
		return nil, fmt.Errorf("ode: tolerances must not be negative, got relative %g and absolute %g", opt.RelTol, opt.AbsTol)
	}
	in := &Integrator{method: m, f: f, opt: opt, n: n}
	in.y, in.tmp = make([]float64, n), make([]float64, n)
	owners, buffers := m.stageBuffers()
	shared := vectors(buffers, n)
	for _, b := range owners {
		in.k = append(in.k, shared[b])
	}
	if opt.Project != nil {
		in.first = in.k[0]
		return in, nil
	}
	in.yOld, in.first = make([]float64, n), make([]float64, n)
	if !m.FirstSameAsLast {
		in.k = append(in.k, make([]float64, n))
	}
	return in, nil
}

func vectors(count, n int) [][]float64 {
	v := make([][]float64, count)
	for i := range v {
		v[i] = make([]float64, n)
	}
	return v
}

// Start sets the initial value; y is copied.
func (in *Integrator) Start(t float64, y []float64) error {
	if len(y) != in.n {
		return fmt.Errorf("ode: initial state has %d components, the integrator %d", len(y), in.n)
	}
	copy(in.y, y)
	in.t, in.h, in.errOld, in.after = t, 0, 1e-4, false
	in.haveFirst, in.haveDense, in.hOld = false, false, 0
	return checkFinite(in.y, t, "state")
}

// State is all that decides the rest of an integration.
type State struct {
	Time, NextStep, LastError float64
	AfterReject               bool
	Y                         []float64
	Stats                     Stats
}

// State returns the present state; Y is a copy.
func (in *Integrator) State() State {
	s := in.Control()
	s.Y = append([]float64(nil), in.y...)
	return s
}

// Control is State without Y, which costs nothing.
func (in *Integrator) Control() State {
	return State{Time: in.t, NextStep: in.h, LastError: in.errOld, AfterReject: in.after, Stats: in.Stats}
}

// Restore continues from s as the integrator that made it would have: f(t, y) is evaluated anew
// where that one still had it, to the same bits if f is a function of its arguments and, for a
// method whose first stage is the last one's, does not depend on the rounding of t.
func (in *Integrator) Restore(s State) error {
	if err := in.Start(s.Time, s.Y); err != nil {
		return err
	}
	in.h, in.errOld, in.after, in.Stats = s.NextStep, s.LastError, s.AfterReject, s.Stats
	return nil
}

// Time is the present time.
func (in *Integrator) Time() float64 { return in.t }

// Y is the present state, not a copy: read it, do not write it.
func (in *Integrator) Y() []float64 { return in.y }

// Derivative is f at the present time and state, known after Step (nil before
// the first): read it, do not write it.
func (in *Integrator) Derivative() []float64 {
	if !in.haveFirst {
		return nil
	}
	return in.first
}

// LastStep is the interval of the last accepted step.
func (in *Integrator) LastStep() (from, to float64) { return in.tOld, in.tOld + in.hOld }

// Advance steps until the time is exactly end.
func (in *Integrator) Advance(ctx context.Context, end float64) error {
	for in.t < end {
		if err := in.Step(ctx, end); err != nil {
			return err
		}
	}
	return nil
}

func checkFinite(v []float64, t float64, what string) error {
	// One pass without branches: x*0 is 0 for finite x and NaN otherwise. Four sums do not wait for each other.
	var s [4]float64
	rest := v
	for ; len(rest) >= 4; rest = rest[4:] {
		s[0] += rest[0] * 0
		s[1] += rest[1] * 0
		s[2] += rest[2] * 0
		s[3] += rest[3] * 0
	}
	for _, x := range rest {
		s[0] += x * 0
	}
	if s[0]+s[1]+s[2]+s[3] == 0 {
		return nil
	}
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return &NonFiniteError{Time: t, Index: i, What: what, Value: x}
		}
	}
	return nil
}

package meanfield

import (
	"context"
	"fmt"
	"math"

	"kac/internal/ode"
)

// Twins are particles of the infinite-width limit that start where the
// particles of a finite network start: xi_t(w_i) = a_t v_i + c_t u_i, one scalar
// equation each, d tau/dt = F'(a) in tau = artanh(a).
type Twins struct {
	horizon float64
	tracer  *tracer
	a, c    []float64
}

// NewTwins starts twins at positions a0: <w_i, e_1> in (-1, 1) for r = 1,
// |(w_i1..w_ir)| in (0, 1) for r >= 2. Errors: a position outside.
func (r *Reference) NewTwins(a0 []float64) (*Twins, error) {
	tau := make([]float64, len(a0))
	for i, a := range a0 {
		low := 0.0
		if r.problem.Rank() == 1 {
			low = -1
		}
		if !(a > low && a < 1) {
			return nil, fmt.Errorf("meanfield: initial position %d is %g, outside (%g, 1)", i, a, low)
		}
		tau[i] = math.Atanh(a)
	}
	tw := &Twins{horizon: r.horizon, a: make([]float64, len(a0)), c: make([]float64, len(a0))}
	var err error
	if tw.tracer, err = newTracer(r.path, 0, tau, oneWorker()); err != nil {
		return nil, err
	}
	tw.read()
	return tw, nil
}

// MarshalBinary saves the state of the twins: time, positions, and what steers their steps.
func (tw *Twins) MarshalBinary() ([]byte, error) {
	s := tw.tracer.in.State()
	s.Stats = ode.Stats{} // of this process, which others do not repeat
	return s.MarshalBinary()
}

// Restore sets tw, twins of as many particles of the same reference, to a saved state. The rest of
// their way, to the same times, is then that of the twins that were saved, bit for bit; those may
// have been stopped between two times. Errors: bytes that are no state of such twins; tw is then
// where it was or not to be used.
func (tw *Twins) Restore(data []byte) error {
	var s ode.State
	if err := s.UnmarshalBinary(data); err != nil {
		return fmt.Errorf("meanfield: restoring twins: %w", err)
	}
	if len(s.Y) != len(tw.a) || !(s.Time >= 0) || s.Time > tw.horizon*(1+1e-12) {
		return fmt.Errorf("meanfield: restoring twins: %d at time %g; wanted are %d within [0, %g]", len(s.Y), s.Time, len(tw.a), tw.horizon)
	}
	if err := tw.tracer.in.Restore(s); err != nil {
		return fmt.Errorf("meanfield: restoring twins: %w", err)
	}
	tw.read()
	return nil
}

func (tw *Twins) read() {
	for i, x := range tw.tracer.in.Y() {
		a, e := position(x)
		tw.a[i], tw.c[i] = a, math.Sqrt(e)
	}
}

// Advance moves the twins to time t, not before their present time. Errors: t
// outside [Time, Horizon], a cancelled context.
func (tw *Twins) Advance(ctx context.Context, t float64) error {
	if !(t >= tw.Time()) || t > tw.horizon*(1+1e-12) {
		return fmt.Errorf("meanfield: twins at time %g cannot move to %g (horizon %g)", tw.Time(), t, tw.horizon)
	}
	if err := tw.tracer.advance(ctx, t); err != nil {
		return fmt.Errorf("meanfield: twins: %w", err)
	}
	tw.read()
	return nil
}

// Time is the present time.
func (tw *Twins) Time() float64 { return tw.tracer.in.Time() }

// Positions returns a_t and c_t = sqrt(1 - a_t^2) of every twin, valid until
// the next Advance.
func (tw *Twins) Positions() (a, c []float64) { return tw.a, tw.c }

package particles

import (
	"context"
	"errors"
	"fmt"

	"kac/internal/ode"
	"kac/kernels"
)

// Tolerances steer Flow. The zero value asks for 1e-8 of both kinds.
type Tolerances struct {
	// A step is accepted if its estimated error, divided in each coordinate by
	// Absolute + Relative*|w|, is at most 1 in the root mean square over all
	// particles.
	Relative, Absolute float64
	MaxStep            float64 // no step is longer, in paper time; 0: no limit
	MaxSteps           int     // accepted plus rejected in one call; 0: 1e6
}

// control is the step-size memory of a flow at one time: what the controller
// needs besides the state to go on as if it had not been interrupted.
type control struct {
	step, lastError float64
	afterReject     bool
}

// Flow moves the ensemble by gradient flow in its space, dw_j/dt = nu(w_j) in
// paper time, with the Runge-Kutta method of Dormand and Prince of order 8 and
// its estimate of orders 5 and 3: twelve velocities a step that is tried. On the
// sphere rows are normalised after each accepted step. It lands exactly on each
// of the times, which ascend, and calls obs there; the first may be e.Time,
// which is observed at once.
//
// A flow that ends early, or whose ensemble is saved as a Snapshot by its
// AfterStep, and that is called again for the times that are left takes the
// same steps, bit for bit: the ensemble remembers the step size.
//
// The context is looked at before each velocity. On any error the ensemble
// holds the state after the last accepted step, with its time: numbers that
// are not finite give a *NonFiniteError within the step, too many steps a
// *StepLimitError.
//
// Memory: 11 arrays of m x d besides W and the field's own; no step allocates.
func Flow(ctx context.Context, e *Ensemble[float64], f Field, tol Tolerances, times []float64, obs Observer) (Stats, error) {
	if err := prepare(e, f, times); err != nil {
		return Stats{}, fmt.Errorf("flow: %w", err)
	}
	r, err := newFlow(ctx, e, f, tol)
	if err != nil {
		return Stats{}, fmt.Errorf("flow: %w", err)
	}
	defer r.finish()
	for _, t := range times {
		if err := r.advance(ctx, t); err != nil {
			return r.stats(), fmt.Errorf("flow: %w", err)
		}
		if err := observe(obs, t, e.W); err != nil {
			return r.stats(), fmt.Errorf("flow: %w", err)
		}
	}
	return r.stats(), nil
}

// flow is one call of Flow: an integrator whose state is copied back to the
// ensemble after each accepted step.
type flow struct {
	e  *Ensemble[float64]
	in *ode.Integrator
	ws *kernels.Workspace[float64]
}

func newFlow(ctx context.Context, e *Ensemble[float64], f Field, tol Tolerances) (*flow, error) {
	r := &flow{e: e, ws: kernels.NewWorkspace[float64](workersOf(f))}
	rhs := func(t float64, y, dy []float64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.Velocity(ctx, dy, y, e.M); err != nil {
			return err
		}
		if err := checkFinite(dy, e.D, t, "velocity"); err != nil { // a projection would spread it over the row
			return err
		}
		tangent(e.Space, dy, y, e.M, e.D, r.ws)
		return nil
	}
	in, err := ode.New(ode.DOP853, rhs, len(e.W), ode.Options{
		RelTol: tol.Relative, AbsTol: tol.Absolute, MaxStep: tol.MaxStep, MaxSteps: tol.MaxSteps,
		Project: func(y []float64) { retract(e.Space, y, e.M, e.D, r.ws) },
		Combine: func(dst, y []float64, h float64, coef []float64, k [][]float64) {
			kernels.Combine(dst, y, h, coef, k, r.ws)
		},
	})
	if err != nil {
		r.ws.Close()
		return nil, err
	}
	r.in = in
	if c := e.control; c.step > 0 {
		err = in.Restore(ode.State{Time: e.Time, Y: e.W, NextStep: c.step, LastError: c.lastError, AfterReject: c.afterReject})
	} else {
		err = in.Start(e.Time, e.W)
	}
	if err != nil {
		r.ws.Close()
		return nil, r.explain(err, e.Time)
	}
	e.control = control{} // until the first step ends
	return r, nil
}

// advance moves the ensemble to time end.
func (r *flow) advance(ctx context.Context, end float64) error {
	for r.in.Time() < end {
		if err := r.in.Step(ctx, end); err != nil {
			return r.explain(err, end)
		}
		copy(r.e.W, r.in.Y())
		r.e.Time = r.in.Time()
		r.remember()
		if err := r.e.stepped(); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps the step size with the ensemble.
func (r *flow) remember() {
	s := r.in.Control()
	r.e.control = control{step: s.NextStep, lastError: s.LastError, afterReject: s.AfterReject}
}

// finish remembers the step size, which steps that were tried since the last accepted one have
// changed, and releases the workers.
func (r *flow) finish() {
	if r.in.Time() == r.e.Time {
		r.remember()
	}
	r.ws.Close()
}

func (r *flow) stats() Stats {
	s := r.in.Stats
	return Stats{Accepted: s.Accepted, Rejected: s.Rejected, Evaluations: s.Evaluations}
}

// explain turns an error of the integrator on the way to time end into one
// about particles.
func (r *flow) explain(err error, end float64) error {
	var bad *ode.NonFiniteError
	var found *NonFiniteError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &found):
		return found
	case errors.As(err, &bad):
		quantity := "position"
		if bad.What == "derivative" {
			quantity = "velocity"
		}
		return &NonFiniteError{
			Time: bad.Time, Particle: bad.Index / r.e.D, Coordinate: bad.Index % r.e.D,
			Quantity: quantity, Value: bad.Value,
		}
	case errors.Is(err, ode.ErrStepLimit), errors.Is(err, ode.ErrStepSize):
		s := r.in.Stats
		return &StepLimitError{Time: r.e.Time, End: end, Steps: s.Accepted + s.Rejected, Err: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("stopped at time %g of %g: %w", r.e.Time, end, errors.Unwrap(err))
	}
	return fmt.Errorf("at time %g on the way to %g: %w", r.e.Time, end, err)
}

package particles

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/kernels"
)

// Descend moves the ensemble by gradient descent in its space,
//
//	on the sphere   w_j <- (w_j + eta nu(w_j)) / |w_j + eta nu(w_j)|,
//	in R^d          w_j <- w_j + eta g(w_j),
//
// the explicit Euler method of the flow, and calls obs at each of the times.
// Step s lies at paper time s*eta, so a time must be a multiple of eta within
// 1e-6*eta; so must e.Time, from which the run goes on. Times ascend; the
// first may be e.Time, which is observed at once.
//
// The context is looked at before each step. On any error the ensemble holds
// the state after the last whole step, with its time; numbers that are not
// finite give a *NonFiniteError.
func Descend(ctx context.Context, e *Ensemble[float64], f Field, eta float64, times []float64, obs Observer) (Stats, error) {
	var stats Stats
	if !(eta > 0) || math.IsInf(eta, 0) {
		return stats, fmt.Errorf("descent: step eta = %v must be positive and finite", eta)
	}
	if err := prepare(e, f, times); err != nil {
		return stats, fmt.Errorf("descent: %w", err)
	}
	step, err := stepAt(e.Time, eta)
	if err != nil {
		return stats, fmt.Errorf("descent from the ensemble's time: %w", err)
	}
	goals := make([]int64, len(times))
	for i, t := range times {
		if goals[i], err = stepAt(t, eta); err != nil {
			return stats, fmt.Errorf("descent: %w", err)
		}
	}
	if err := checkFinite(e.W, e.D, e.Time, "position"); err != nil {
		return stats, fmt.Errorf("descent: %w", err)
	}
	d := newDescent(e, f, eta)
	defer d.ws.Close()
	for i, t := range times {
		for ; step < goals[i]; step++ {
			if err := ctx.Err(); err != nil {
				return stats, fmt.Errorf("descent: stopped at time %g of %g: %w", e.Time, t, err)
			}
			now := float64(step) * eta
			stats.Evaluations++
			if err := d.step(ctx, now); err != nil {
				if stop := ctx.Err(); stop != nil && errors.Is(err, stop) {
					return stats, fmt.Errorf("descent: stopped at time %g of %g: %w", e.Time, t, stop)
				}
				return stats, fmt.Errorf("descent: step %d: %w", step+1, err)
			}
			stats.Accepted++
			if e.Time = float64(step+1) * eta; step+1 == goals[i] {
				e.Time = t // the same but for rounding
			}
			if err := e.stepped(); err != nil {
				return stats, fmt.Errorf("descent: step %d: %w", step+1, err)
			}
		}
		e.Time = t // again, for a run that began here
		if err := observe(obs, t, e.W); err != nil {
			return stats, fmt.Errorf("descent: %w", err)
		}
	}
	return stats, nil
}

// stepAt returns the step that lies at time t.
func stepAt(t, eta float64) (int64, error) {
	s := math.Round(t / eta)
	if s > 1<<53 {
		return 0, fmt.Errorf("time %g is %g steps of eta = %g: too many", t, s, eta)
	}
	if math.Abs(t-s*eta) > 1e-6*eta {
		return 0, fmt.Errorf("time %g is not a multiple of eta = %g", t, eta)
	}
	return int64(s), nil
}

// descent holds the buffers of Descend.
type descent struct {
	e       *Ensemble[float64]
	f       Field
	eta     float64
	v, next []float64
	stages  [][]float64 // {v}, made once
	ws      *kernels.Workspace[float64]
}

func newDescent(e *Ensemble[float64], f Field, eta float64) *descent {
	e.control = control{}
	d := &descent{
		e: e, f: f, eta: eta,
		v: make([]float64, len(e.W)), next: make([]float64, len(e.W)),
		ws: kernels.NewWorkspace[float64](workersOf(f)),
	}
	d.stages = [][]float64{d.v}
	return d
}

var unitWeight = []float64{1}

// step makes a step from time now, or leaves the ensemble as it was.
func (d *descent) step(ctx context.Context, now float64) error {
	e := d.e
	if err := d.f.Velocity(ctx, d.v, e.W, e.M); err != nil {
		return fmt.Errorf("at time %g: %w", now, err)
	}
	if err := checkFinite(d.v, e.D, now, "velocity"); err != nil { // a projection would spread it over the row
		return err
	}
	tangent(e.Space, d.v, e.W, e.M, e.D, d.ws)
	kernels.Combine(d.next, e.W, d.eta, unitWeight, d.stages, d.ws)
	retract(e.Space, d.next, e.M, e.D, d.ws)
	if err := checkFinite(d.next, e.D, now+d.eta, "position"); err != nil {
		return err
	}
	copy(e.W, d.next)
	return nil
}

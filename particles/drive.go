package particles

import (
	"fmt"
	"math"
)

// Observer is called at each time asked for, with that time and the positions
// (m x d) then. It must not change or keep w. An error ends the run and is
// returned wrapped.
type Observer func(t float64, w []float64) error

// Stats counts the work of one call of Descend or Flow.
type Stats struct {
	Accepted    int // steps made
	Rejected    int // steps tried and found too long; Flow only
	Evaluations int // calls of Field.Velocity
}

// prepare checks what Descend and Flow share: shapes, and times that are
// finite, ascending and not before the ensemble's own. Values are left to the
// dynamics.
func prepare(e *Ensemble[float64], f Field, times []float64) error {
	if err := e.check(f.Dim()); err != nil {
		return err
	}
	before := math.Inf(-1)
	for i, t := range times {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fmt.Errorf("time %d of %d is %v: times must be finite", i+1, len(times), t)
		}
		if t <= before {
			return fmt.Errorf("time %g follows time %g: times must ascend", t, before)
		}
		if t < e.Time {
			return fmt.Errorf("time %g lies before the ensemble's own, %g", t, e.Time)
		}
		before = t
	}
	return nil
}

// observe calls the observer, if there is one.
func observe(obs Observer, t float64, w []float64) error {
	if obs == nil {
		return nil
	}
	if err := obs(t, w); err != nil {
		return fmt.Errorf("observer at time %g: %w", t, err)
	}
	return nil
}

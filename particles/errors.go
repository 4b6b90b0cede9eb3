package particles

import (
	"fmt"
	"math"

	"kac/kernels"
)

// ParseError says what is wrong with a text that stands for a series or an
// activation.
type ParseError struct {
	What, Text string
	Err        error // the reason alone
}

func (e *ParseError) Error() string { return fmt.Sprintf("%s %q: %v", e.What, e.Text, e.Err) }
func (e *ParseError) Unwrap() error { return e.Err }

// NothingLearnedError says that activation and target have nothing in common:
// every velocity vanishes in the mean.
type NothingLearnedError struct{ reason string }

func (e *NothingLearnedError) Error() string { return e.reason }

// NonFiniteError says that a velocity or a position stopped being a finite
// number. Descend and Flow raise it within the step in which that happens and
// leave the ensemble as it was before that step.
type NonFiniteError struct {
	Time                 float64 // paper time of the state or of the stage
	Particle, Coordinate int
	Quantity             string // "velocity" or "position"
	Value                float64
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("%s of particle %d, coordinate %d, is %v at time %g",
		e.Quantity, e.Particle, e.Coordinate, e.Value, e.Time)
}

// StepLimitError says that Flow used up its steps before the time asked for,
// or could not meet its tolerance at the smallest step that still changes the
// time.
type StepLimitError struct {
	Time, End float64 // reached, asked for
	Steps     int     // accepted and rejected in this call
	Err       error
}

func (e *StepLimitError) Error() string {
	return fmt.Sprintf("flow stopped at time %g on the way to %g after %d steps: %v", e.Time, e.End, e.Steps, e.Err)
}

func (e *StepLimitError) Unwrap() error { return e.Err }

// checkFinite returns a *NonFiniteError for the first element of x (m x d)
// that is not finite.
func checkFinite[T kernels.Float](x []T, d int, t float64, quantity string) error {
	// One pass without branches: 0*z is 0 for finite z and NaN otherwise. Four sums do not wait for each other.
	var s [4]T
	rest := x
	for ; len(rest) >= 4; rest = rest[4:] {
		s[0] += 0 * rest[0]
		s[1] += 0 * rest[1]
		s[2] += 0 * rest[2]
		s[3] += 0 * rest[3]
	}
	for _, z := range rest {
		s[0] += 0 * z
	}
	if s[0]+s[1]+s[2]+s[3] == 0 {
		return nil
	}
	for i, y := range x {
		if z := float64(y); math.IsNaN(z) || math.IsInf(z, 0) {
			return &NonFiniteError{Time: t, Particle: i / d, Coordinate: i % d, Quantity: quantity, Value: z}
		}
	}
	return nil
}

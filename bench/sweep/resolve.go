package sweep

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/meanfield"
	"kac/particles"
)

// Resolved reports whether every group has its horizon.
func (s *Study) Resolved() bool {
	for _, g := range s.Groups {
		if g.Parameters.Horizon == 0 {
			return false
		}
	}
	return true
}

// Resolve finds the horizons that the file gives by a risk. A risk that is not reached by time
// maxReach is an InputError. progress may be nil.
func (s *Study) Resolve(ctx context.Context, progress func(group string)) error {
	type key struct {
		problem   bench.ProblemChoice
		tolerance float64
		reach     float64
	}
	known := map[key]float64{}
	for _, g := range s.Groups {
		if g.Parameters.Horizon != 0 {
			continue
		}
		if progress != nil {
			progress(g.Name)
		}
		k := key{g.Parameters.ProblemChoice, g.Parameters.Tolerance, g.Reach}
		t, ok := known[k]
		if !ok {
			var err error
			if t, err = firstTime(ctx, g.Problem, g.Parameters.Tolerance, g.Reach); err != nil {
				return err
			}
			known[k] = t
		}
		p := g.Parameters
		p.Horizon = g.multiple(t)
		if _, err := p.Check(); err != nil {
			return g.explain(err)
		}
		g.Parameters = p
	}
	return nil
}

// maxReach ends the search for a risk that may never be reached; longer horizons are given as numbers.
const maxReach = 1 << 17

// firstTime searches the risk over horizons that double.
func firstTime(ctx context.Context, p *particles.Problem, tolerance, level float64) (float64, error) {
	for end := 16.0; ; end = 2 * end {
		ref, err := meanfield.Solve(ctx, p, end, meanfield.Options{Tolerance: tolerance})
		if err != nil {
			return 0, fmt.Errorf("solving %s in dimension %d to time %s: %w", p.Name(), p.Dim(), number(end), err)
		}
		t, ok := ref.FirstTime(level)
		switch {
		case ok && t == 0:
			return 0, refuse("horizon", "reach "+number(level), "in dimension %d the risk is %.4g at the start", p.Dim(), ref.Risk(0))
		case ok:
			return significant(t), nil
		case end >= maxReach:
			return 0, refuse("horizon", "reach "+number(level), "in dimension %d the risk is still %.4g at time %s; give the horizon as a number", p.Dim(), ref.Risk(end), number(end))
		}
	}
}

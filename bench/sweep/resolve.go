package sweep

import (
	"context"

	"kac/bench"
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
			if t, err = bench.FirstTime(ctx, "horizon", g.Problem, g.Parameters.Tolerance, g.Reach); err != nil {
				return err
			}
			known[k] = t
		}
		p := g.Parameters
		p.Horizon = p.RoundUp(t)
		if _, err := p.Check(); err != nil {
			return g.explain(err)
		}
		g.Parameters = p
	}
	return nil
}

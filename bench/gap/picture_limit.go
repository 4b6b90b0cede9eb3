package gap

import (
	"context"
	"math"

	"kac/bench"
	"kac/internal/memory"
	"kac/meanfield"
	"kac/particles"
)

// Limit is the exact limit C(t) of m E ||f_m - f_MF||^2 as m -> infinity at some times.
type Limit struct{ Times, Constant []float64 }

const (
	// A line of a picture is this wide, in parts of the picture: C(t) is solved for it anew and cheaply.
	limitTolerance = 1e-3
	limitPoints    = 25
	// Nodes times steps above which C(t) would take more than seconds: the picture goes without it.
	limitWork = 40_000
)

// SolveLimit computes C(t) for a picture, to about a thousandth. It is nil where it is not known (targets of rank 2),
// or too dear in time or memory.
func SolveLimit(ctx context.Context, problem particles.Expectations, horizon float64) *Limit {
	if problem.Rank() > 1 {
		return nil
	}
	r, err := meanfield.Solve(ctx, problem, horizon, meanfield.Options{Tolerance: limitTolerance})
	if err != nil || r.Stats().Nodes*r.Stats().Steps > limitWork {
		return nil
	}
	times := bench.Grid(horizon, limitPoints)
	give, err := memory.Take(ctx, r.FluctuationMemory(times))
	if err != nil {
		return nil
	}
	defer give()
	f, err := meanfield.Fluctuations(ctx, r, times, meanfield.FluctuationOptions{})
	if err != nil {
		return nil
	}
	l := &Limit{Times: times, Constant: f.Constant}
	for i, e := range f.ConstantError {
		if !(e < 0.02*l.Constant[i]) {
			l.Constant[i] = math.NaN() // a gap
		}
	}
	return l
}

package distance

import (
	"context"
	"math"

	"kac/bench"
	"kac/internal/golden"
	"kac/meanfield"
)

const (
	searchStart  = 16.0    // first horizon of the search
	searchEnd    = 1 << 17 // last
	searchPoints = 512     // times of a horizon
	searchInside = 0.75    // of the horizon: a minimum before is one
	searchLearnt = 1e-4    // of the initial risk: the infinite network has stopped
)

// nearest returns the time at which the function error is least, to six digits, by horizons that double until the
// minimum is inside; end: it is not, the infinite network having stopped, or the search.
func (r *run) nearest(ctx context.Context) (t float64, end bool, err error) {
	for horizon := searchStart; ; horizon *= 2 {
		if err := r.solve(ctx, horizon); err != nil {
			return 0, false, err
		}
		field, err := r.reference.At(0)
		if err != nil {
			return 0, false, err
		}
		times := bench.Grid(horizon, searchPoints+1)
		values := make([]float64, len(times))
		best := 0
		for i, t := range times {
			if err := ctx.Err(); err != nil {
				return 0, false, err
			}
			if values[i], err = r.apart(field, t); err != nil {
				return 0, false, err
			}
			if values[i] < values[best] {
				best = i
			}
		}
		inside := times[best] < searchInside*horizon
		if !inside && horizon < searchEnd && r.reference.Risk(horizon) > searchLearnt*r.reference.Risk(0) {
			continue
		}
		t, err := r.refine(ctx, field, times[max(best-1, 0)], times[min(best+1, len(times)-1)])
		return t, !inside, err
	}
}

// refine is the golden-section search between two times.
func (r *run) refine(ctx context.Context, field *meanfield.Field, low, high float64) (float64, error) {
	at := func(t float64) (float64, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		x, err := r.apart(field, t)
		if err != nil {
			return math.Inf(1), nil // a time within the horizon has none
		}
		return x, nil
	}
	first, err := at(low)
	if err != nil {
		return 0, err
	}
	last, err := at(high)
	if err != nil {
		return 0, err
	}
	best, value, err := golden.Section(at, low, high, 1e-10, 1e-7)
	if err != nil {
		return 0, err
	}
	if first <= value {
		best, value = low, first
	}
	if last < value {
		best = high
	}
	return round6(best, high), nil
}

// round6 rounds a time to six digits, within the horizon of the search.
func round6(t, most float64) float64 {
	if t <= 0 {
		return 0
	}
	scale := 1.0
	for ; t*scale < 1e5 && scale < 1e12; scale *= 10 {
	}
	return math.Min(math.Round(t*scale)/scale, most)
}

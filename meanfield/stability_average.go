package meanfield

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
)

// AverageOptions discretise Average. Zeros mean the defaults.
type AverageOptions struct {
	At        []float64 // of the Times, at which the value is sought and not interpolated
	Every     int       // the search begins with every so many of the Times; default 1 (Bounds: with steps of the solver)
	Positions int       // of w', equally spaced in angle; default 13 from the equator to the pole
	Angles    int       // of v, equally spaced in [0, pi/2]; default 3
	Points    int       // of the quadrature over <u, u'>, and half as many over the other coordinate; default 8; the result is of three times as many
}

func (o AverageOptions) withDefaults() AverageOptions {
	or := func(x *int, otherwise int) {
		if *x <= 0 {
			*x = otherwise
		}
	}
	or(&o.Every, 1)
	or(&o.Angles, 3)
	or(&o.Points, 8)
	return o
}

// Average returns, for each of Times, J_avg(tau) up to that time ([PoC]
// Assumption Stability),
//
//	J_avg(tau) = sup_{s <= t' <= t, w', v} E_w ||J_{t',s}(w) H_s(w, w') v|| 1(xi_t'(w) not in B_tau),
//
// H(w, w') = P_w [q'(<w,w'>) I + d2q(<w,w'>) w' w^T] P_w', for single-index
// problems, and an estimate of its error. B_tau is |xi -+ e_1| <= tau (+ only,
// if the overlap has odd degrees).
//
// With w = a e_1 + c u the mean over u uniform on S^{d-2} depends on w' by its
// own a', and on v, tangent at w', by its angle to the direction in which a'
// grows: the supremum is over s <= t', a' and the angle, first on a grid that
// does not depend on the last time, then by a search around its best, in which s
// and t' are any of the Times and, by parabolas, between. The mean is over the
// panels, of which the edge of B_tau cuts off a part, and over <u,u'> and
// <u,z>, z the direction of v across u', by Gauss-Gegenbauer rules. The value
// never falls in t. Between the times of the search it is interpolated, with its
// growth for an error; AverageOptions.At names times that are sought.
//
// The error is what the rules with twice and with three times the points differ
// by, what the parabolas add, and what the solve's own error does.
//
// Errors: ErrNoReduction (wrapped) for r > 1, chosen positions, tau out of
// (0, sqrt 2), a cancelled context.
func (s *Stability) Average(ctx context.Context, tau float64, opt AverageOptions) (value, error []float64, err error) {
	var starts []int
	for t := 0; t < len(s.Times); t += opt.withDefaults().Every {
		starts = append(starts, t)
	}
	return s.average(ctx, tau, opt, starts)
}

// average is Average; the search begins at the times of these indices.
func (s *Stability) average(ctx context.Context, tau float64, opt AverageOptions, starts []int) (value, error []float64, err error) {
	r := s.reference
	if r.problem.Rank() > 1 {
		return nil, nil, fmt.Errorf("meanfield: J_avg of problem %s (rank %d) is not available, it is %w", r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if s.weight == nil {
		return nil, nil, fmt.Errorf("meanfield: J_avg of chosen positions: it needs the particles' law")
	}
	if !(tau > 0 && tau < math.Sqrt2) {
		return nil, nil, fmt.Errorf("meanfield: J_avg: tau = %g is outside (0, sqrt 2)", tau)
	}
	opt = opt.withDefaults()
	if len(s.Times) == 0 {
		return nil, nil, nil
	}
	if last := len(s.Times) - 1; !slices.Contains(starts, last) {
		starts = append(starts, last)
	}
	av := newAverager(s, tau)
	g := av.grid(starts, opt)
	best, err := av.search(ctx, g)
	if err != nil {
		return nil, nil, err
	}
	found, err := av.crests(ctx, g, best)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range opt.At {
		if i := sort.SearchFloat64s(s.Times, t); i < len(s.Times) && s.Times[i] == t {
			found = av.between(g, best, found, i)
		}
	}
	value, error = running(s.Times, found)
	for i, x := range value {
		error[i] += av.dropped + (1e-10+amplification*r.RiskError(s.Times[i]))*x
	}
	return value, error, nil
}

// crest is a mean, the largest over s, w' and v, at the time of index t.
type crest struct {
	t            int
	value, wrong float64
}

// Shares of the highest mean so far from which a place of the grid is worth a climb: with t' to a top, another
// hill may be the higher one, and with t' as it is, which the grid knows to some percent.
const (
	worthClimbing = 0.85
	worthKnowing  = 0.9
)

// crests climbs from the places of the grid that may be the highest so far, in the order of time.
func (av *averager) crests(ctx context.Context, g *averageGrid, best []place) ([]crest, error) {
	var found []crest
	top := 0.0
	for k, p := range best { // tops of hills
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: J_avg: %w", err)
		}
		top = math.Max(top, p.value)
		if p.value >= worthClimbing*top && (k == 0 || p.value >= best[k-1].value) && (k == len(best)-1 || p.value >= best[k+1].value) {
			found = append(found, av.crest(g, av.climb(g, p, false), false))
		}
	}
	for _, p := range best {
		if p.value > worthKnowing*highest(found, p.t) {
			found = append(found, av.crest(g, av.climb(g, p, true), true))
		} else {
			found = append(found, crest{p.t, p.value, 0})
		}
	}
	return found, nil
}

func (av *averager) crest(g *averageGrid, p place, fixed bool) crest {
	p.value = av.at(p, 3*g.points)
	above := av.above(p, 3*g.points, fixed)
	return crest{p.t, p.value + above, math.Abs(p.value-av.at(p, 2*g.points)) + above}
}

// highest is the largest value up to the time of index t.
func highest(found []crest, t int) float64 {
	top := 0.0
	for _, c := range found {
		if c.t <= t {
			top = math.Max(top, c.value)
		}
	}
	return top
}

// between adds the crest of time index i, if it can be higher than those before: from the places of the grid around it.
func (av *averager) between(g *averageGrid, best []place, found []crest, i int) []crest {
	k := sort.SearchInts(g.starts, i)
	if g.starts[k] == i || highest(found, g.starts[k]) == highest(found, g.starts[k-1]) {
		return found
	}
	var top place
	for _, p := range best[k-1 : k+1] {
		if p.from == p.t {
			p.from = i
		}
		p.t, p.from = i, min(p.from, i)
		if p = av.climb(g, p, true); p.value > top.value {
			top = p
		}
	}
	return append(found, av.crest(g, top, true))
}

// running is the largest of what was found so far, at all times.
func running(times []float64, found []crest) (value, error []float64) {
	sort.SliceStable(found, func(i, j int) bool { return found[i].t < found[j].t })
	value, error = make([]float64, len(times)), make([]float64, len(times))
	top, most, before := 0.0, 0.0, -1 // most: of value and error
	for i, c := range found {
		top, most = math.Max(top, c.value), math.Max(most, c.value+c.wrong)
		if i+1 < len(found) && found[i+1].t == c.t {
			continue
		}
		value[c.t], error[c.t] = top, most-top
		for k := before + 1; k < c.t && before >= 0; k++ {
			share := (times[k] - times[before]) / (times[c.t] - times[before])
			grown := top - value[before]
			value[k], error[k] = value[before]+share*grown, math.Max(error[before], error[c.t])+grown
		}
		before = c.t
	}
	for k := before + 1; k < len(times); k++ {
		value[k], error[k] = value[before], error[before]
	}
	return value, error
}

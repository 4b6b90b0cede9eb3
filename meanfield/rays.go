package meanfield

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"kac/internal/portable"
)

// rays are characteristics chosen for the supremum of ||J|| over all particles
// of the sphere, those of measure zero and next to the poles among them. They
// are ordered by tau_0, and as close as their motion asks: characteristics never
// cross, so that nothing hides between two that stay together.
type rays struct {
	reference *Reference
	path      *path
	grid      []float64
	list      []*ray
}

type ray struct {
	tau0 float64
	a    []float64 // by time of the grid
	// rise is log sup ||J_{t',s}|| over s <= t' <= t, t of the grid; rough the
	// same with every second time of it only.
	rise, rough []float64
}

const (
	rayStep    = 0.25  // tau_0 between the first rays
	rayJump    = 0.1   // in a, between neighbours, at any time
	rayStretch = 0.3   // in log ||J||, likewise
	mostRays   = 20000 // more say that no number tells neighbours apart
	rayParts   = 4     // of the intervals around a maximum, in each round
	rayRounds  = 4     //
	rayMoved   = 1e-4  // in log ||J||, of a best ray in the field of the other solve
	// Of a step. An error is a particle next to the one that was meant; neighbours are told apart up to ||J|| = 1e10.
	rayTolerance = 1e-13
	beyond       = 20 // |tau| from which a particle is the pole's, to rounding
)

// WorstJ returns log sup ||J_{t,s}(w)|| over s <= t, both up to each of times,
// and all w of the sphere, with an estimate of its error: of the times between
// the solver's steps, of the positions, and of the reference itself, which the
// coarser of its two solves tells.
//
// The supremum is taken at a pole (J = exp int -+F'(+-1) dt, for particles that
// leave it), next to a separatrix, or between; none of these need be a node of a
// quadrature. Errors: times that do not ascend within the horizon, a separatrix
// that is too sharp for its particles to be told apart, a cancelled context.
func (r *Reference) WorstJ(ctx context.Context, times []float64) (log, error []float64, err error) {
	if err := r.checkTimes(times, "the largest stability matrix"); err != nil {
		return nil, nil, err
	}
	log, error, _, err = r.worstWithRays(ctx, times)
	return log, error, err
}

// worstWithRays is WorstJ; it returns the rays of the finer solve too.
func (r *Reference) worstWithRays(ctx context.Context, times []float64) (log, error []float64, rays *rays, err error) {
	fine, inner, rays, err := r.worstOn(ctx, r.path, times)
	if err != nil {
		return nil, nil, nil, err
	}
	coarse, err := rays.again(ctx, r.coarse, times)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, x := range fine {
		if !(math.Abs(x-coarse[i]) < rayMoved) { // its best rays are others
			if coarse, _, _, err = r.worstOn(ctx, r.coarse, times); err != nil {
				return nil, nil, nil, err
			}
			break
		}
	}
	for i := range fine {
		inner[i] += margin*math.Abs(fine[i]-coarse[i]) + 1e-12*(1+math.Abs(fine[i]))
	}
	return fine, inner, rays, nil
}

// again returns the rises at times, in the field of another path, of the rays
// that are the best in this one: a maximum does not tell first order apart.
func (rs *rays) again(ctx context.Context, p *path, times []float64) ([]float64, error) {
	var best []float64
	for _, t := range times {
		best = append(best, rs.list[rs.best(sort.SearchFloat64s(rs.grid, t))].tau0)
	}
	slices.Sort(best)
	other := &rays{reference: rs.reference, path: p, grid: rs.grid}
	if err := other.add(ctx, slices.Compact(best)); err != nil {
		return nil, err
	}
	var log []float64
	for _, t := range times {
		at := sort.SearchFloat64s(other.grid, t)
		log = append(log, other.list[other.best(at)].rise[at])
	}
	return log, nil
}

func (r *Reference) checkTimes(times []float64, what string) error {
	for i, t := range times {
		if !(t >= 0) || t > r.horizon || i > 0 && !(t > times[i-1]) {
			return fmt.Errorf("meanfield: time %g for %s: times must ascend within [0, %g]", t, what, r.horizon)
		}
	}
	return nil
}

// dense returns 0, the times and between them those of the path's steps.
func dense(p *path, times []float64) []float64 {
	last := times[len(times)-1]
	grid := append([]float64{0}, times...)
	for _, t := range p.times {
		if t < last {
			grid = append(grid, t)
		}
	}
	slices.Sort(grid)
	return slices.Compact(grid)
}

// raysOn returns rays that are close enough, but not yet around the maxima.
func (r *Reference) raysOn(ctx context.Context, p *path, times []float64) (*rays, error) {
	rs := &rays{reference: r, path: p, grid: dense(p, times)}
	low, high, err := rs.ends()
	if err != nil {
		return nil, err
	}
	var start []float64
	for x := low; x < high; x += rayStep {
		start = append(start, x)
	}
	if err := rs.add(ctx, append(start, high)); err != nil {
		return nil, err
	}
	return rs, rs.separate(ctx)
}

// most is the largest rise at the last time.
func (rs *rays) most() float64 {
	last := len(rs.grid) - 1
	return rs.list[rs.best(last)].rise[last]
}

func (r *Reference) worstOn(ctx context.Context, p *path, times []float64) (log, inner []float64, rs *rays, err error) {
	rs, err = r.raysOn(ctx, p, times)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := rs.climb(ctx, times); err != nil {
		return nil, nil, nil, err
	}
	for _, t := range times {
		at := sort.SearchFloat64s(rs.grid, t)
		best := rs.best(at)
		top, side := rs.list[best], 0.0
		// Within the last intervals a smooth maximum is a parabola, a kink two lines.
		for _, k := range []int{best - 1, best + 1} {
			if k >= 0 && k < len(rs.list) {
				side = math.Max(side, top.rise[at]-rs.list[k].rise[at])
			}
		}
		log = append(log, top.rise[at])
		inner = append(inner, side+math.Abs(top.rise[at]-top.rough[at])/2) // it should be a fifteenth
	}
	return log, inner, rs, nil
}

// ends are the tau_0 of the rays that stand for the poles: so far out that they
// are still at them at the last time.
func (rs *rays) ends() (low, high float64, err error) {
	var f field
	f.kernel = rs.path.kernel
	m := make([]float64, f.kernel.rank)
	var travel, most [2]float64
	before := 0.0
	for _, t := range rs.grid {
		if err := rs.path.at(math.Min(t, rs.path.end()), m); err != nil {
			return 0, 0, err
		}
		f.set(m)
		for k, sign := range []float64{-1, 1} { // inwards
			travel[k] = math.Max(0, travel[k]-sign*f.slope.eval(sign, 1, 0)*(t-before))
			most[k] = math.Max(most[k], travel[k])
		}
		before = t
	}
	low = -beyond - 1.2*most[0]
	if rs.reference.law.half { // the law of a is symmetric, and so is the field
		low = 0
	}
	return low, beyond + 1.2*most[1], nil
}

// add traces rays from tau0 through the grid and puts them in their places.
func (rs *rays) add(ctx context.Context, tau0 []float64) error {
	tr, err := newVariationalTo(rayTolerance, rs.path, tau0)
	if err != nil {
		return err
	}
	n := len(tau0)
	own, follow := make([]*ray, n), make([][2]climber, n)
	for i, x := range tau0 {
		own[i] = &ray{tau0: x}
	}
	for g, t := range rs.grid {
		if err := tr.in.Advance(ctx, t); err != nil {
			return fmt.Errorf("meanfield: the largest stability matrix on the way to time %g: %w", t, err)
		}
		if err := tr.path.at(math.Min(t, tr.path.end()), tr.m); err != nil {
			return err
		}
		tr.field.set(tr.m)
		tr.field.curvature()
		y := tr.in.Y()
		for i, x := range own {
			a, e := position(y[i])
			first, second := tr.field.slope.eval(a, a*a, e), tr.field.second.eval(a, a*a, e)
			logPerp := logSech(y[i]) - logSech(tau0[i])
			value := [2]float64{y[n+i] + logPerp, logPerp}
			slope := [2]float64{e*second - a*first, -a * first}
			var rise [2]float64
			for k := range value {
				f := &follow[i][k]
				f.fine.move(t, value[k], slope[k])
				rough := f.rough
				if rough.move(t, value[k], slope[k]); g%2 == 0 {
					f.rough = rough
				}
				rise[0], rise[1] = math.Max(rise[0], f.fine.rise), math.Max(rise[1], rough.rise)
			}
			x.a, x.rise, x.rough = append(x.a, a), append(x.rise, rise[0]), append(x.rough, rise[1])
		}
	}
	rs.list = append(rs.list, own...)
	slices.SortFunc(rs.list, func(x, y *ray) int {
		if x.tau0 < y.tau0 {
			return -1
		}
		return 1
	})
	return nil
}

// separate adds rays between neighbours that part.
func (rs *rays) separate(ctx context.Context) error {
	for {
		var between []float64
		for i := 1; i < len(rs.list); i++ {
			if x := rs.list[i-1].middle(rs.list[i]); rs.list[i-1].parts(rs.list[i]) {
				if !(x > rs.list[i-1].tau0 && x < rs.list[i].tau0) || len(rs.list)+len(between) > mostRays {
					return rs.unresolved(i)
				}
				between = append(between, x)
			}
		}
		if len(between) == 0 {
			return nil
		}
		if err := rs.add(ctx, between); err != nil {
			return err
		}
	}
}

func (rs *rays) unresolved(i int) error {
	a, _ := position(rs.list[i].tau0)
	return &UnresolvedError{Time: rs.grid[len(rs.grid)-1], Estimate: math.NaN(), Tolerance: rs.reference.tolerance,
		Limit: fmt.Sprintf("particles around a_0 = %.9g part faster than numbers tell them apart (stability matrices beyond %.2g); an earlier last time is resolved", a, portable.Exp(rs.list[i].rise[len(rs.grid)-1]))}
}

func (x *ray) middle(y *ray) float64 { return x.tau0 + (y.tau0-x.tau0)/2 }

func (x *ray) parts(y *ray) bool {
	for g := range x.a {
		if math.Abs(x.a[g]-y.a[g]) > rayJump || math.Abs(x.rise[g]-y.rise[g]) > rayStretch {
			return true
		}
	}
	return false
}

// climb adds rays around the largest rise at each of times.
func (rs *rays) climb(ctx context.Context, times []float64) error {
	for range rayRounds {
		around := map[float64]bool{}
		for _, t := range times {
			best := rs.best(sort.SearchFloat64s(rs.grid, t))
			for k := max(best, 1); k <= min(best+1, len(rs.list)-1); k++ {
				lo, hi := rs.list[k-1].tau0, rs.list[k].tau0
				for p := 1; p < rayParts; p++ {
					if x := lo + (hi-lo)*float64(p)/rayParts; x > lo && x < hi {
						around[x] = true
					}
				}
			}
		}
		if len(around) == 0 {
			return nil
		}
		list := make([]float64, 0, len(around))
		for x := range around {
			list = append(list, x)
		}
		slices.Sort(list)
		if err := rs.add(ctx, list); err != nil {
			return err
		}
	}
	return nil
}

// best is the ray of the largest rise up to grid time at.
func (rs *rays) best(at int) int {
	best := 0
	for i, x := range rs.list {
		if x.rise[at] > rs.list[best].rise[at] {
			best = i
		}
	}
	return best
}

// climber follows a function of time, known with its slope at some times, and
// keeps the largest rise from any time to a later one.
type climber struct{ fine, rough climb }

type climb struct {
	started      bool
	t, y, slope  float64
	lowest, rise float64
}

func (c *climb) move(t, y, slope float64) {
	if !c.started {
		*c = climb{started: true, t: t, y: y, slope: slope, lowest: y}
		return
	}
	see := func(v float64) {
		c.lowest = math.Min(c.lowest, v)
		c.rise = math.Max(c.rise, v-c.lowest)
	}
	for _, v := range hermiteExtrema(t-c.t, c.y, y, c.slope, slope) {
		see(v)
	}
	see(y)
	c.t, c.y, c.slope = t, y, slope
}

// hermiteExtrema are the extreme values within an interval of length h of the
// cubic with these values and slopes at its ends, in the order of time.
func hermiteExtrema(h, y0, y1, s0, s1 float64) []float64 {
	// y(x h) = y0 + b x + c x^2 + d x^3
	b, rise := h*s0, y1-y0
	c, d := 3*rise-2*b-h*s1, b+h*s1-2*rise
	value := func(x float64) float64 { return y0 + x*(b+x*(c+x*d)) }
	root := c*c - 3*b*d
	if root <= 0 {
		return nil
	}
	q := -(c + math.Copysign(math.Sqrt(root), c))
	x1, x2 := q/(3*d), b/q
	if x2 < x1 {
		x1, x2 = x2, x1
	}
	var out []float64
	for _, x := range []float64{x1, x2} {
		if x > 0 && x < 1 {
			out = append(out, value(x))
		}
	}
	return out
}

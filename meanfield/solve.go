package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/particles"
)

// Tolerances on the risk that Solve accepts.
const (
	MinTolerance     = 1e-13
	MaxTolerance     = 1e-2
	DefaultTolerance = 1e-10
)

// Options steer Solve.
type Options struct {
	Tolerance float64 // on the risk, uniformly in time; 0 means DefaultTolerance
	MaxPanels int     // 0 means 2048

	// Progress, if set, is called with the share of the work done, in [0, 1];
	// the total is an estimate until the last pass.
	Progress func(share float64)
}

// Stats counts the work of Solve.
type Stats struct {
	Solves      int // integrations over the whole horizon
	Evaluations int // right-hand sides, over all of them
	Steps       int // of the returned solution
	Panels      int
	Nodes       int
}

// UnresolvedError says that the solution could not be brought to its tolerance.
type UnresolvedError struct {
	Panel     *Panel  // where, if a panel is to blame
	Time      float64 // paper time
	Estimate  float64 // of the error of the risk there; NaN if no solve got so far
	Tolerance float64
	Limit     string // what stood in the way
	cause     error
}

func (e *UnresolvedError) Unwrap() error { return e.cause }

func (e *UnresolvedError) Error() string {
	s := fmt.Sprintf("meanfield: not resolved to tolerance %.3g: %s", e.Tolerance, e.Limit)
	if e.Panel != nil {
		s += "; worst panel: " + e.Panel.String()
	}
	if !math.IsNaN(e.Estimate) {
		s += fmt.Sprintf("; the error of the risk is about %.2g at paper time %.4g", e.Estimate, e.Time)
	}
	return s
}

// Solve computes the infinite-width limit of p on [0, horizon] (paper time),
// with the risk to opt.Tolerance, absolutely and at every time.
//
// Panels in the initial position are bisected, as time goes on, wherever the
// Legendre coefficients of the kernel's basis functions have not decayed. The
// solution is then computed again on a grid with every panel halved and with a
// tighter tolerance of the time integration. The second is returned; the
// distance of the two, at all times, is the error estimate. If it exceeds the
// tolerance everything is tightened; if that does not help, Solve returns an
// *UnresolvedError and no Reference.
//
// Errors: tolerance or horizon out of range, a cancelled context,
// *UnresolvedError.
func Solve(ctx context.Context, p *particles.Problem, horizon float64, opt Options) (*Reference, error) {
	if opt.Tolerance == 0 {
		opt.Tolerance = DefaultTolerance
	}
	if !(opt.Tolerance >= MinTolerance && opt.Tolerance <= MaxTolerance) {
		return nil, fmt.Errorf("meanfield: tolerance %g is outside [%g, %g]", opt.Tolerance, MinTolerance, MaxTolerance)
	}
	if !(horizon >= 0) || math.IsInf(horizon, 1) {
		return nil, fmt.Errorf("meanfield: horizon %g must be finite and not negative", horizon)
	}
	if opt.MaxPanels <= 0 {
		opt.MaxPanels = 2048
	}
	s := &solver{ctx: ctx, problem: p, kernel: newKernel(p), horizon: horizon, opt: opt,
		law: newLaw(p.Dim(), p.Rank(), p.Rank() > 1 || symmetric(p))}
	return s.solve()
}

type solver struct {
	ctx     context.Context
	problem *particles.Problem
	kernel  *kernel
	law     law
	horizon float64
	opt     Options
	stats   Stats
}

// What a tolerance on the risk asks of the parts, found by comparing with
// solves at 1e-13: the tolerance of the time integration, per step and node,
// and the limit on the panels' tails, whose square is about the error of the
// quadrature.
func timeTolerance(tol float64) float64 { return math.Max(minTime, 0.05*tol) }
func tailLimit(tol float64) float64     { return 0.03 * math.Sqrt(tol) }

const (
	tighter = 30    // time tolerance of the second solve against the first
	minTime = 3e-14 // below, rounding drives the step size
)

func (s *solver) solve() (*Reference, error) {
	tol := s.opt.Tolerance
	var worst *UnresolvedError
	for range 4 {
		ref, bad, err := s.pair(tol)
		if err != nil {
			return nil, err
		}
		if bad == nil {
			return ref, nil
		}
		if worst != nil && bad.Estimate > worst.Estimate/2 {
			break // rounding: tightening no longer helps
		}
		worst = bad
		tol /= 20
	}
	worst.Limit = "rounding error is reached"
	return nil, worst
}

// pair solves twice with parts fit for tol and returns the second solution with
// the distance as its error; or, where that exceeds the tolerance, what is wrong.
func (s *solver) pair(tol float64) (*Reference, *UnresolvedError, error) {
	first := s.newRun(timeTolerance(tol), 0, 0.35)
	first.limit = tailLimit(tol)
	if err := s.integrate(first, firstPanels(s.law)); err != nil {
		return nil, nil, err
	}
	second := s.newRun(math.Max(minTime/3, timeTolerance(tol)/tighter), 0.35, 1)
	halved := bisect(first.flow.grid.panels, func(panel) bool { return true })
	if err := s.integrate(second, halved); err != nil {
		return nil, nil, err
	}
	s.stats.Steps, s.stats.Panels, s.stats.Nodes = second.path.steps(), len(halved), len(second.flow.grid.tau0)
	ref := &Reference{problem: s.problem, kernel: s.kernel, law: s.law, horizon: s.horizon, tolerance: s.opt.Tolerance,
		path: second.path, stats: s.stats, panels: first.flow.grid.panels}
	if err := ref.estimate(first.path); err != nil {
		return nil, nil, err
	}
	if _, e := ref.worst(); debug {
		fmt.Printf("   tol %g worst %g panels %d steps %d/%d\n", tol, e, len(ref.panels), first.path.steps(), second.path.steps())
	}
	if t, e := ref.worst(); !(e <= s.opt.Tolerance) {
		return nil, &UnresolvedError{Time: t, Estimate: e, Tolerance: s.opt.Tolerance}, nil
	}
	return ref, nil, nil
}

func (s *solver) newRun(tol, from, to float64) *run {
	r := &run{ctx: s.ctx, kernel: s.kernel, law: s.law, tol: tol, most: s.opt.MaxPanels}
	if s.opt.Progress != nil {
		r.report = func(t float64) { s.opt.Progress(from + (to-from)*t/s.horizon) }
	}
	return r
}

func (s *solver) integrate(r *run, panels []panel) error {
	err := r.integrate(panels, s.horizon)
	s.stats.Solves++
	s.stats.Evaluations += r.stats.Evaluations
	var u *UnresolvedError
	if errors.As(err, &u) {
		u.Tolerance = s.opt.Tolerance
	}
	return err
}

var debug bool

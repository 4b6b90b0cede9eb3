package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"

	"kac/particles"
)

// Tolerances on the risk that Solve accepts. The least was met by every preset at d = 8 to 64 and T = 20, with printed
// errors of 8e-14 to 1.6e-13; a tenth of it by some of them only.
const (
	MinTolerance     = 1e-12
	MaxTolerance     = 1e-2
	DefaultTolerance = 1e-10
)

// Options steer Solve.
type Options struct {
	Tolerance float64 // on the risk, uniformly in time; 0 means DefaultTolerance
	MaxPanels int     // 0 means 2048

	// Progress, if set, is called with the share of the horizon done; it starts
	// anew with every solution after the second.
	Progress func(share float64)
}

// Stats counts the work of Solve.
type Stats struct {
	Solves      int // integrations over the whole horizon
	Evaluations int // right-hand sides, over all of them
	Steps       int // of the returned solution
	Panels      int // at most at one time
	Nodes       int
}

// UnresolvedError says that the solution could not be brought to its tolerance.
type UnresolvedError struct {
	Panel     *Panel  // the least resolved one; nil if none is known
	Time      float64 // paper time
	Estimate  float64 // of the error of the risk there; NaN if no solve got so far
	Tolerance float64
	Limit     string // what stood in the way
}

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
// Legendre coefficients of the kernel's basis functions have not decayed, and
// merged again behind the front. A second solution is computed beside the first
// with its own panels, to 64 times smaller coefficients, and a 30 times tighter
// tolerance of the time integration. The second is returned. Its error estimate
// at each time is twice the largest distance of the two so far, or 2 % of the
// tolerance if that is more, plus rounding. While it exceeds the tolerance a
// finer solution takes the second's place, and the second the first's; if that
// does not help, Solve returns an *UnresolvedError and no Reference.
//
// Errors: tolerance or horizon out of range, an overlap that is not radial
// (particles.ErrNoClosedForm), a cancelled context, *UnresolvedError.
func Solve(ctx context.Context, p particles.Expectations, horizon float64, opt Options) (*Reference, error) {
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
	s := &solver{problem: p, horizon: horizon, opt: opt,
		law: newLaw(p.Dim(), p.Rank(), p.Rank() > 1 || symmetric(p))}
	switch o := p.Overlap().(type) {
	case *particles.RadialOverlap:
		s.kernel = newKernel(p)
	case *particles.AxisOverlap:
		s.spectrum = o.Spectrum
		if err := s.chooseTerms(ctx); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("meanfield: %w", &particles.ClosedFormError{Task: p.Name(), Reason: particles.NotRadial})
	}
	return s.solve(ctx)
}

type solver struct {
	problem particles.Expectations
	kernel  *kernel // of Hermite series
	law     law
	horizon float64
	opt     Options
	stats   Stats

	spectrum *particles.Spectrum // nil: the kernel above
	terms    int                 // of the first solve
}

// What a tolerance on the risk asks of the first solve, found by comparing with
// solves at 1e-13, and by how much each further one is finer.
const (
	timeShare = 0.02 // tolerance of the time integration, per step and node, against that on the risk
	tailShare = 0.03 // limit on the panels' tails against the root of the tolerance
	loosest   = 1e-6 // looser steps would be too long for the path's interpolant
	minTime   = 1e-13

	tighter = 30 // time tolerance, from solve to solve
	finer   = 64 // limit on tails, likewise: enough for the panels to differ

	atLeast  = 5e-15 // time tolerance below which rounding would drive the step size
	minClean = 3e-15 // on the roughness of tau: rounding of its Legendre coefficients

	mostSolves = 5
)

// level returns solve number i of a sequence, each finer than the one before in
// every respect. From the third on the steps are halved as well: the first two
// may have taken the same ones, at the smallest time tolerance.
func (s *solver) level(i int, before *run) *run {
	tol := math.Min(s.opt.Tolerance, loosest)
	r := &run{kernel: s.kernelOf(i), law: s.law, most: s.opt.MaxPanels, tol: math.Max(minTime, timeShare*tol),
		limit: tailShare * math.Sqrt(tol), clean: math.Max(minClean, 0.02*tol), maxStep: math.Inf(1)}
	for range i {
		r.tol = math.Max(atLeast, r.tol/tighter)
		r.limit /= finer
		r.clean = minClean
	}
	if before != nil {
		r.maxStep = before.path.typical() / 2
	}
	if s.opt.Progress != nil && i > 0 {
		r.report = func(t float64) { s.opt.Progress(t / s.horizon) }
	}
	return r
}

func (s *solver) solve(ctx context.Context) (*Reference, error) {
	first, second, err := s.pair(ctx)
	if err != nil {
		return nil, err
	}
	for i := 2; ; i++ {
		ref, bad, err := s.compare(first, second)
		if err != nil || bad == nil {
			return ref, err
		}
		if i == mostSolves || s.exhausted(second) {
			bad.Limit = "rounding error is reached"
			if s.exhausted(second) {
				bad.Limit = fmt.Sprintf("%d Legendre polynomials leave out more", second.kernel.rank)
			}
			bad.Limit += fmt.Sprintf("; a tolerance of %.1g can be met", 1.5*bad.Estimate)
			panel := second.worst().public(second.path.end())
			bad.Panel = &panel
			return nil, bad
		}
		first, second = second, s.level(i, second)
		err = second.integrate(ctx, s.horizon)
		s.count(second)
		if err != nil {
			return nil, s.cause(ctx, err, nil)
		}
	}
}

// pair computes the first two solutions side by side.
func (s *solver) pair(ctx context.Context) (first, second *run, err error) {
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	first, second = s.level(0, nil), s.level(1, nil)
	done := make(chan error, 1)
	go func() {
		err := first.integrate(both, s.horizon)
		if err != nil {
			cancel()
		}
		done <- err
	}()
	err2 := second.integrate(both, s.horizon)
	if err2 != nil {
		cancel()
	}
	err1 := <-done
	s.count(first)
	s.count(second)
	return first, second, s.cause(ctx, err1, err2)
}

func (s *solver) count(r *run) {
	s.stats.Solves++
	s.stats.Evaluations += r.stats.Evaluations
}

// compare returns the second solution with its distance to the first as the
// error; or, where that exceeds the tolerance, where it does.
func (s *solver) compare(first, second *run) (*Reference, *UnresolvedError, error) {
	s.stats.Steps, s.stats.Panels, s.stats.Nodes = second.path.steps(), second.peak, second.peak*panelNodes
	ref := &Reference{problem: s.problem, kernel: second.kernel, law: s.law, horizon: s.horizon, tolerance: s.opt.Tolerance,
		path: second.path, coarse: first.path, stats: s.stats, refined: second.refined, halved: [2]map[key]bool{first.halved, second.halved}}
	if err := ref.estimate(first.path); err != nil {
		return nil, nil, err
	}
	if t, e := ref.worst(); !(e <= s.opt.Tolerance) {
		return nil, &UnresolvedError{Time: t, Estimate: e, Tolerance: s.opt.Tolerance}, nil
	}
	return ref, nil, nil
}

// cause picks the error to report when one solve's failure has cancelled the
// other: the failure, not the cancellation.
func (s *solver) cause(ctx context.Context, first, second error) error {
	err := first
	if err == nil || ctx.Err() == nil && errors.Is(err, context.Canceled) && second != nil {
		err = second
	}
	var u *UnresolvedError
	if errors.As(err, &u) {
		u.Tolerance = s.opt.Tolerance
	}
	return err
}

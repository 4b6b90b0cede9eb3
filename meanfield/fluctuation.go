package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
)

// Fluctuation is the leading order in 1/m of the distance between a network of
// m neurons and its infinite-width limit, at each of Times.
type Fluctuation struct {
	Times []float64 // paper time

	// Constant is C(t) = lim m E ||f_m - f_MF||^2, the expectation over the
	// initial neurons.
	Constant, ConstantError []float64
	// Coupling is lim m E_i ||Delta_i||^2, Delta_i the distance of neuron i to
	// its infinite-width twin.
	Coupling, CouplingError []float64
	// MeanCoupling is lim m E (mean_i ||Delta_i||)^2, the squared mean, at the times of FluctuationOptions.Means; NaN
	// at others.
	MeanCoupling, MeanCouplingError []float64
	// Gaps are the constants of the other gaps, if FluctuationOptions asks for them.
	Gaps *GapConstants
}

// FluctuationOptions steer Fluctuations.
type FluctuationOptions struct {
	// Means are those of the times at which MeanCoupling is wanted; each costs about half a time of the rest.
	Means []float64
	// Gaps asks for the constants of data, batches and steps too, at little cost beside the rest.
	Gaps bool
	// Reaction keeps what GapConstants.Resummed and Epochs need: the resolvent at all times, some seconds and the
	// square of collocation times and functions in memory. It includes Gaps.
	Reaction bool

	// Progress, if set, is called with the share of the work done.
	Progress func(share float64)
}

// ErrNoReduction says that a quantity needs a single-index target (r = 1).
var ErrNoReduction = errors.New("known in closed form for single-index targets (rank 1) only")

// Fluctuations computes C(t) and the coupling constant at times (ascending,
// within the reference's horizon) for a single-index problem, without sampling.
//
// A neuron at b that starts one unit too heavy perturbs the law; in the sector
// of degree l (see sector) the response of the potential is e(t; b) in R^f with
//
//	e(t; b) = phi(a_t(b)) - int_0^t K(t, s) e(s; b) ds
//	K(t, s) = int [ phi'(a_t) c_t^2 J_t/J_s phi'(a_s)^T + lambda phi(a_t) phi(a_s)^T / c_s^2 ] d mu_0
//	C(t)    = sum_l N_l [ int |e(t; b)|^2 d mu_0(b) - 1{l=0} |int e(t; b) d mu_0(b)|^2 ]
//
// J_t = d tau_t/d tau_0: docs/mathematics.md (4.1) to (4.3) with x and y eliminated, which leaves
// one Volterra equation of the second kind for all b at once, of rank R_l
// instead of as many equations as nodes. It is solved by Radau collocation on
// panels in time, on the reference's panels in position.
//
// Everything is computed on two grids, side by side; the finer result is returned with the
// distance as its error. Errors: ErrNoReduction (wrapped) for r > 1, times out
// of range, a cancelled context.
func Fluctuations(ctx context.Context, r *Reference, times []float64, opt FluctuationOptions) (*Fluctuation, error) {
	if r.problem.Rank() > 1 {
		return nil, fmt.Errorf("meanfield: the 1/m constant of problem %s (rank %d) is not available, it is %w; measured gaps and the wide network's bias are",
			r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if len(times) == 0 {
		return nil, errors.New("meanfield: no times for the 1/m constant")
	}
	for i, t := range times {
		if !(t >= 0) || t > r.horizon || i > 0 && !(t > times[i-1]) {
			return nil, fmt.Errorf("meanfield: time %g for the 1/m constant: times must ascend within [0, %g]", t, r.horizon)
		}
	}
	report := opt.Progress
	if report == nil {
		report = func(float64) {}
	}
	cuts := timePanels(r.path, times, 6)
	rays, err := r.raysOn(ctx, r.path, times)
	if err != nil {
		return nil, err
	}
	var coarse, fine *Fluctuation
	both, inner := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		coarse, err = r.fluctuations(inner, times, opt, cuts, rays, 0, 6, func(float64) {})
		return err
	})
	both.Go(func() (err error) {
		fine, err = r.fluctuations(inner, times, opt, cuts, rays, 1, 8, report) // takes about twice as long
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	// The grids have a solve of the reference each. Where these agree by chance,
	// linear response passes on their error, amplified.
	distance := func(a, b []float64) []float64 {
		d := make([]float64, len(a))
		for i := range a {
			d[i] = margin*math.Abs(a[i]-b[i]) + (1e-13+amplification*r.RiskError(times[i]))*math.Abs(a[i])
		}
		return d
	}
	fine.ConstantError = distance(fine.Constant, coarse.Constant)
	fine.CouplingError = distance(fine.Coupling, coarse.Coupling)
	if opt.Gaps || opt.Reaction {
		fine.Gaps.setErrors(coarse.Gaps, distance)
	}
	for i, d := range distance(fine.MeanCoupling, coarse.MeanCoupling) {
		fine.MeanCouplingError[i] += d
	}
	return fine, nil
}

// amplification of the reference's error in that of the constants: measured up
// to 15, relative, by solves at different tolerances.
const amplification = 50

// fluctuations solves on the grid (level) of one of the reference's two solves with p
// collocation times a panel.
func (r *Reference) fluctuations(ctx context.Context, times []float64, opt FluctuationOptions, cuts []float64, rays *rays, level, p int, report func(float64)) (*Fluctuation, error) {
	panels, err := r.resolved(ctx, level, cuts, rays, moved)
	if err != nil {
		return nil, err
	}
	near, err := r.trajectories(ctx, r.nodes(panels), level, cuts, newRadau(p))
	if err != nil {
		return nil, err
	}
	tr, sources := near, r.leaves(level)
	if len(sources) == len(panels) {
		sources = panels
	} else {
		if tr, err = r.trajectories(ctx, r.nodes(sources), level, cuts, newRadau(p)); err != nil {
			return nil, err
		}
	}
	out := &Fluctuation{Times: times, Constant: make([]float64, len(times)), Coupling: make([]float64, len(times))}
	var wanted []int
	for i, t := range times {
		out.MeanCoupling, out.MeanCouplingError = append(out.MeanCoupling, math.NaN()), append(out.MeanCouplingError, math.NaN())
		if slices.Contains(opt.Means, t) {
			wanted = append(wanted, i)
		}
	}
	by := newMultiplier()
	mean := newMeanCoupling(by, r.problem.Dim(), grid{panels, near.weight}, grid{sources, tr.weight}, wanted)
	var gaps *gapSolver
	if opt.Gaps || opt.Reaction {
		if gaps, err = r.gapSolver(times, opt.Reaction, level, near, tr); err != nil {
			return nil, err
		}
	}
	list := r.sectors(level)
	all, done := 0.0, 0.0
	for i := range list {
		all += list[i].cost()
	}
	for i := range list {
		v := &volterra{by: by, sector: &list[i], tr: tr, near: near, mean: mean}
		mean.begin(&list[i])
		if err := v.solve(ctx); err != nil {
			return nil, err
		}
		v.constant(out)
		if err := v.coupling(ctx, out); err != nil {
			return nil, err
		}
		if gaps != nil {
			if err := gaps.add(ctx, v); err != nil {
				return nil, err
			}
		}
		done += list[i].cost()
		report(done / all)
	}
	if gaps != nil {
		if out.Gaps, err = gaps.finish(); err != nil {
			return nil, err
		}
	}
	for _, i := range wanted {
		out.MeanCoupling[i], out.MeanCouplingError[i] = mean.result(i)
	}
	return out, r.addBeyond(out, level)
}

// nodeSet is a quadrature for the law of a_0.
type nodeSet struct{ tau0, weight []float64 }

// union returns the nodes of the smallest panels that a solve used at any time:
// they resolve the front at all times together.
func (r *Reference) union(grid int) nodeSet { return r.nodes(r.leaves(grid)) }

// nodes returns the nodes of panels.
func (r *Reference) nodes(panels []*panel) nodeSet {
	var ns nodeSet
	for _, p := range panels {
		ns.tau0 = append(ns.tau0, p.clean[:]...)
		ns.weight = append(ns.weight, p.weight[:]...)
	}
	if r.law.half && !evenActivation(r.problem) {
		// The law is symmetric but the sectors' functions have no parity.
		for i, n := 0, len(ns.tau0); i < n; i++ {
			ns.weight[i] /= 2
			ns.tau0, ns.weight = append(ns.tau0, -ns.tau0[i]), append(ns.weight, ns.weight[i])
		}
	}
	return ns
}

// trajectories are a_t, c_t and the Jacobian of all nodes at the collocation times.
type trajectories struct {
	weight []float64 // of the nodes
	rule   *radau
	cuts   []float64
	a      [][]float64 // time x node
	c      [][]float64
	j      [][]float64 // d tau_t/d tau_0
	a0, c0 []float64
}

func (r *Reference) trajectories(ctx context.Context, ns nodeSet, grid int, cuts []float64, rule *radau) (*trajectories, error) {
	n := len(ns.tau0)
	tr := &trajectories{weight: ns.weight, rule: rule, cuts: cuts, a0: make([]float64, n), c0: make([]float64, n)}
	for i, tau := range ns.tau0 {
		a, e := position(tau)
		tr.a0[i], tr.c0[i] = a, math.Sqrt(e)
	}
	if len(cuts) < 2 {
		return tr, nil
	}
	t, err := newVariational(r.pathOf(grid), ns.tau0)
	if err != nil {
		return nil, err
	}
	for p := 0; p+1 < len(cuts); p++ {
		for _, s := range rule.node {
			at := cuts[p] + (cuts[p+1]-cuts[p])*s
			if s == 1 {
				at = cuts[p+1]
			}
			if err := t.in.Advance(ctx, at); err != nil {
				return nil, fmt.Errorf("meanfield: Jacobians: %w", err)
			}
			y := t.in.Y()
			a, c, j := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range n {
				x, e := position(y[i])
				a[i], c[i], j[i] = x, math.Sqrt(e), portable.Exp(y[n+i])
			}
			tr.a, tr.c, tr.j = append(tr.a, a), append(tr.c, c), append(tr.j, j)
		}
	}
	return tr, nil
}

// index returns the collocation index that ends at t; -1 for t = 0.
func (tr *trajectories) index(t float64) int {
	i := sort.SearchFloat64s(tr.cuts, t)
	return i*len(tr.rule.node) - 1
}

// step is the weight of collocation time k in the integral from 0 to the end of
// its panel.
func (tr *trajectories) step(k int) float64 {
	p := len(tr.rule.node)
	return tr.rule.weight[k%p] * (tr.cuts[k/p+1] - tr.cuts[k/p])
}

// volterra is the equation of one sector.
//
// What stability matrices multiply, x, asks for nodes next to every separatrix
// (near): few particles are there, but a perturbation moves them far. Sources b
// and y, in which no J occurs, are integrated on the panels of the risk.
type volterra struct {
	by       multiplier
	sector   *sector
	tr, near *trajectories
	mean     *meanCoupling
	rank     int
	// Rows (time, f), columns (node of near) and after them (node of tr) for the
	// y part: K(t,s) = left right^T.
	left, right *mat.Dense
	e           *mat.Dense // rows (time, f), columns b
	e0          *mat.Dense // at t = 0: rows f
}

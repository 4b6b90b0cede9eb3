package meanfield

import (
	"math"

	"kac/particles"
)

// Reference is the solved infinite-width limit on [0, Horizon]. It is immutable
// and safe for concurrent use. Times outside are refused by the methods that
// return an error and give NaN in the others.
type Reference struct {
	problem   *particles.Problem
	kernel    *kernel
	law       law
	horizon   float64
	tolerance float64
	path      *path     // m(t), the moments
	errors    []float64 // per step of path: distance of the two solves, risk
	stats     Stats
	panels    []panel
}

// rounding is the error that the sums of about a thousand terms of size one
// leave, measured as the distance of solves at the tightest tolerances.
const rounding = 2e-14

// estimate sets the error of each step to the largest distance of the two
// solves, in the risk and in each of its parts, at the step's nodes and between
// them, and at those of its neighbours.
func (r *Reference) estimate(coarse *path) error {
	n := r.path.steps()
	own := make([]float64, max(n, 1))
	a, b := make([]float64, r.path.dim), make([]float64, r.path.dim)
	at := func(i int, t float64) error {
		if err := r.path.at(t, a); err != nil {
			return err
		}
		if err := coarse.at(t, b); err != nil {
			return err
		}
		own[i] = math.Max(own[i], math.Abs(r.kernel.risk(a)-r.kernel.risk(b)))
		own[i] = math.Max(own[i], math.Abs(r.kernel.targetOverlap(a)-r.kernel.targetOverlap(b)))
		own[i] = math.Max(own[i], math.Abs(r.kernel.selfEnergy(a)-r.kernel.selfEnergy(b)))
		return nil
	}
	if n == 0 {
		if err := at(0, 0); err != nil {
			return err
		}
	}
	const samples = 2 * pathNodes
	for i := range n {
		for j := 0; j <= samples; j++ {
			t0, t1 := r.path.times[i], r.path.times[i+1]
			if err := at(i, math.Min(t0+(t1-t0)*float64(j)/samples, coarse.end())); err != nil {
				return err
			}
		}
	}
	r.errors = make([]float64, len(own))
	for i := range own {
		e := own[i]
		if i > 0 {
			e = math.Max(e, own[i-1])
		}
		if i+1 < len(own) {
			e = math.Max(e, own[i+1])
		}
		r.errors[i] = e + rounding*(1+r.kernel.norm2)
	}
	return nil
}

// worst returns the largest error estimate and the start of the step where it is.
func (r *Reference) worst() (t, e float64) {
	for i, x := range r.errors {
		if !(x <= e) {
			t, e = r.path.times[i], x
		}
	}
	return t, e
}

// Problem is the problem solved.
func (r *Reference) Problem() *particles.Problem { return r.problem }

// Horizon is the last time, in paper time.
func (r *Reference) Horizon() float64 { return r.horizon }

// Tolerance is the tolerance on the risk that was asked for.
func (r *Reference) Tolerance() float64 { return r.tolerance }

// Stats tells the work done.
func (r *Reference) Stats() Stats { return r.stats }

// Panels lists the intervals of initial positions with their depth of
// bisection: deep ones surround the front between particles that have escaped
// and those that have not.
func (r *Reference) Panels() []Panel {
	out := make([]Panel, len(r.panels))
	for i, p := range r.panels {
		out[i] = p.public()
	}
	return out
}

func (r *Reference) moments(t float64) ([]float64, bool) {
	m := make([]float64, r.path.dim)
	return m, r.path.at(t, m) == nil
}

// Risk is ||f_MF(t) - f*||^2 = ||f*||^2 - 2 int G d mu_t + int int K d mu_t d mu_t.
func (r *Reference) Risk(t float64) float64 {
	m, ok := r.moments(t)
	if !ok {
		return math.NaN()
	}
	return r.kernel.risk(m)
}

// RiskError bounds the error of Risk(t), and of TargetOverlap(t) and
// SelfEnergy(t): the distance to a coarser solve around t, plus rounding.
func (r *Reference) RiskError(t float64) float64 {
	if !(t >= 0) || t > r.path.end()*(1+1e-12) {
		return math.NaN()
	}
	return r.errors[min(r.path.step(t), len(r.errors)-1)]
}

// Error is the largest RiskError on [0, Horizon].
func (r *Reference) Error() float64 { _, e := r.worst(); return e }

// TargetOverlap is E f*(x) f_MF(x) = int G d mu_t.
func (r *Reference) TargetOverlap(t float64) float64 {
	m, ok := r.moments(t)
	if !ok {
		return math.NaN()
	}
	return r.kernel.targetOverlap(m)
}

// SelfEnergy is ||f_MF(t)||^2 = int int K d mu_t d mu_t.
func (r *Reference) SelfEnergy(t float64) float64 {
	m, ok := r.moments(t)
	if !ok {
		return math.NaN()
	}
	return r.kernel.selfEnergy(m)
}

// FirstTime returns the first time at which the risk is at most level; ok is
// false if that does not happen up to the horizon. The risk never increases.
func (r *Reference) FirstTime(level float64) (t float64, ok bool) {
	lo, hi := 0.0, r.horizon
	if r.Risk(lo) <= level {
		return 0, true
	}
	if !(r.Risk(hi) <= level) {
		return 0, false
	}
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if r.Risk(mid) <= level {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// Field evaluates the infinite-width limit at one time as functions of the
// position a. It is not safe for concurrent use.
type Field struct {
	r *Reference
	m []float64
	f field
}

// At returns the field at time t. Errors: t outside [0, Horizon].
func (r *Reference) At(t float64) (*Field, error) {
	fl := &Field{r: r, m: make([]float64, r.path.dim), f: field{kernel: r.kernel}}
	return fl, fl.Set(t)
}

// Set moves the field to time t.
func (fl *Field) Set(t float64) error {
	if err := fl.r.path.at(t, fl.m); err != nil {
		return err
	}
	fl.f.set(fl.m)
	fl.f.curvature()
	return nil
}

// Potential is U_t(a) = int K(a, a') d mu_t(a') = E f_MF(x) sigma(<w, x>).
func (fl *Field) Potential(a float64) float64 { return fl.f.u.eval(a, a*a, (1-a)*(1+a)) }

// Velocity is da/dt = (1-a^2) F'(a).
func (fl *Field) Velocity(a float64) float64 {
	e := (1 - a) * (1 + a)
	return e * fl.f.slope.eval(a, a*a, e)
}

// Eigenvalues are those of the local Hessian (symmetrised, [PoC] Def. 2) of a
// particle w = a v + c u:
//
//	par  = (1-a^2) F'' - a F'    in the direction in which a grows
//	perp = -a F'                 in the d-r-1 directions that turn u
//	turn = (1-a^2) F'/a          in the r-1 directions that turn v (r >= 2)
//
// turn is NaN for r = 1.
func (fl *Field) Eigenvalues(a float64) (par, perp, turn float64) {
	e := (1 - a) * (1 + a)
	f1, f2 := fl.f.slope.eval(a, a*a, e), fl.f.second.eval(a, a*a, e)
	turn = math.NaN()
	if fl.r.problem.Rank() > 1 {
		turn = e * f1 / a
	}
	return e*f2 - a*f1, -a * f1, turn
}

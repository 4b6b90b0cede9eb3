package meanfield

import (
	"math"
	"slices"

	"kac/particles"
)

// Reference is the solved infinite-width limit on [0, Horizon]. It is immutable
// and safe for concurrent use. Times outside are refused by the methods that
// return an error and give NaN in the others.
type Reference struct {
	problem   particles.Expectations
	kernel    *kernel
	law       law
	horizon   float64
	tolerance float64
	path      *path     // of the moments m(t)
	coarse    *path     // the same of the coarser solve: what its answers differ by tells the error
	errors    []float64 // per step of path
	stats     Stats
	refined   []Panel
	halved    [2]map[key]bool // panels halved at any time, in the coarser and the finer solve
}

// rounding is the error that the sums of some hundred terms of size one leave,
// measured as the distance of solves at the tightest tolerances.
const rounding = 4e-14

// least is the smallest share of the tolerance that is reported as an error: two
// solves may agree by chance beyond what either was asked for.
const least = 0.02

// margin is by how much the reported error exceeds the distance of the two
// solves, of which the one returned is the better by far.
const margin = 2

// estimate sets the error of each step from the largest distance of the two
// solves, in the risk and in each of its parts, and what an expansion leaves out, up to the end of the step and
// over the next one: an error once made is carried on.
func (r *Reference) estimate(coarse *path) error {
	n := r.path.steps()
	a, b := make([]float64, r.path.dim), make([]float64, coarse.dim)
	distance := func(t float64) (float64, error) {
		if err := r.path.at(t, a); err != nil {
			return 0, err
		}
		if err := coarse.at(math.Min(t, coarse.end()), b); err != nil {
			return 0, err
		}
		k, c := r.kernel, coarse.kernel
		return max(math.Abs(k.risk(a)-c.risk(b)), math.Abs(k.targetOverlap(a)-c.targetOverlap(b)),
			math.Abs(k.selfEnergy(a)-c.selfEnergy(b)), k.leftOut(a)/margin), nil
	}
	r.errors = make([]float64, max(n, 1))
	sofar, err := distance(0)
	if err != nil {
		return err
	}
	const samples = 10
	for i := range n {
		for j := 1; j <= samples; j++ {
			t0, t1 := r.path.times[i], math.Min(r.path.times[i+1], r.path.end())
			d, err := distance(t0 + (t1-t0)*float64(j)/samples)
			if err != nil {
				return err
			}
			if !(d <= sofar) {
				sofar = d
			}
		}
		r.errors[max(i-1, 0)], r.errors[i] = sofar, sofar
	}
	if n == 0 {
		r.errors[0] = sofar
	}
	for i := range r.errors {
		r.errors[i] = math.Max(margin*r.errors[i], least*r.tolerance) + rounding*(1+r.kernel.norm2)
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

// Task is the closed forms of the task solved.
func (r *Reference) Task() particles.Expectations { return r.problem }

// Horizon is the last time, in paper time.
func (r *Reference) Horizon() float64 { return r.horizon }

// Tolerance is the tolerance on the risk that was asked for.
func (r *Reference) Tolerance() float64 { return r.tolerance }

// Stats tells the work done.
func (r *Reference) Stats() Stats { return r.stats }

// Panels lists the panels that were bisected, in the order in which that
// happened: they follow the front between particles that have escaped and those
// that have not.
func (r *Reference) Panels() []Panel { return slices.Clone(r.refined) }

// functional evaluates a functional of the moments at time t.
func (r *Reference) functional(t float64, f func(m []float64) float64) float64 {
	m := make([]float64, r.path.dim)
	if err := r.path.at(t, m); err != nil {
		return math.NaN()
	}
	return f(m)
}

// Risk is ||f_MF(t) - f*||^2 = ||f*||^2 - 2 int G d mu_t + int int K d mu_t d mu_t.
// Rounding below 0 is 0.
func (r *Reference) Risk(t float64) float64 {
	return r.functional(t, func(m []float64) float64 { return max(0, r.kernel.risk(m)) })
}

// RiskError bounds the error of Risk, and of TargetOverlap and SelfEnergy, on
// [0, t]: twice the distance to a coarser solve, and at least 2 % of the
// tolerance, plus rounding.
func (r *Reference) RiskError(t float64) float64 {
	if !(t >= 0) || t > r.path.end()*(1+1e-12) {
		return math.NaN()
	}
	return r.errors[min(r.path.step(t), len(r.errors)-1)]
}

// Error is the largest RiskError on [0, Horizon].
func (r *Reference) Error() float64 { _, e := r.worst(); return e }

// TargetOverlap is E f*(x) f_MF(x) = int G d mu_t.
func (r *Reference) TargetOverlap(t float64) float64 { return r.functional(t, r.kernel.targetOverlap) }

// SelfEnergy is ||f_MF(t)||^2 = int int K d mu_t d mu_t.
func (r *Reference) SelfEnergy(t float64) float64 { return r.functional(t, r.kernel.selfEnergy) }

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
	t float64
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
	fl.t = t
	fl.f.set(fl.m)
	fl.f.curvature()
	return nil
}

// Time is the time last set.
func (fl *Field) Time() float64 { return fl.t }

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

// hessianNorm is ||D|| of the local Hessian of [PoC] Def. 2, r = 1, its last
// term -w nu^T included: D maps the direction p in which a grows to par p - c F'
// w, and those across to perp times themselves.
func (fl *Field) hessianNorm(a float64) float64 {
	par, perp, _ := fl.Eigenvalues(a)
	e := (1 - a) * (1 + a)
	slope := fl.f.slope.eval(a, a*a, e)
	return math.Max(math.Hypot(par, math.Sqrt(e)*slope), math.Abs(perp))
}

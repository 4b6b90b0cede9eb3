package meanfield

import (
	"context"
	"fmt"
	"math"
	"sort"

	"kac/internal/portable"
)

// Bounds are the quantities from which [PoC] bounds the gap, measured along the
// infinite-width limit of a single-index problem, and the bounds that follow.
// Every slice has one entry for each of Times; what the paper states for a
// horizon T is given for every t as horizon. Lengths of Delta are scaled by the
// root of the width m, to leading order in 1/m.
type Bounds struct {
	Times []float64
	Tau   float64 // of B_tau

	// Lipschitz is sup over w, w' of max(||D_t(w)||, ||H_t(w, w')||), Lip_max of eq. (5).
	Lipschitz []float64
	// Sampling is sup_w of the root of m E ||nu(w, rho_t) - nu(w, rho_t^m)||^2,
	// rho_t^m the law of m independent particles of rho_t: the measured eps_m
	// (sqrt m eps) of Lemma 5 to leading order, instead of its bound in Lemma 23.
	Sampling []float64
	// StrongConvexity is the largest C with D_t(w) <= -C ||f_MF - f*|| P for all
	// w in B_tau (Assumption LSC), tangent directions only; negative where the
	// landscape is not convex there.
	StrongConvexity []float64
	// SelfConcordance is sup_w of lambda alpha/((k-1) v), lambda the positive part of D's top eigenvalue, alpha = |a|,
	// v = d alpha/dt, k the activation's degree (particles.Spectrum.Degree where it is no polynomial), over the
	// particles of rho_t with alpha >= 1/sqrt(d) (section 4.2; below, v may vanish). SelfConcordanceNorm has ||D|| for
	// lambda, over the particles with alpha <= 1/2 besides: at the pole v vanishes and D does not.
	SelfConcordance, SelfConcordanceNorm []float64

	// WorstJ and SquareJ are the two parts of J_max up to t (Stability.Worst,
	// MeanSquare), AverageJ is J_avg(tau) up to t.
	WorstJ, SquareJ, AverageJ []float64

	// Error says how wrong each of these may be.
	Error BoundsError

	// LogGroenwall is log(sqrt m e), e' = 2 Lip_max(t) e + eps(t), e(0) = 0 (eq. 5).
	LogGroenwall []float64
	// LogPotential is log(sqrt m X), X' = -C_LSC sqrt(L) X + J_avg int_0^t X + J_max eps,
	// X(0) = 0: eq. (8) with its unknown constants C = 1, C_LSC the least so far,
	// J_max the larger of its parts.
	LogPotential []float64
}

// BoundsError has an estimate of the error of each entry of Bounds; it is
// infinite where the entry is.
type BoundsError struct {
	Lipschitz, Sampling, StrongConvexity []float64
	SelfConcordance, SelfConcordanceNorm []float64
	WorstJ, SquareJ, AverageJ            []float64
	LogGroenwall, LogPotential           []float64
}

// Bounds measures all of the above at times, a grid that ascends from 0 and is
// finer where motion is fast, with the errors. Suprema are over all particles
// and, but for AverageJ, all s <= t, not only those of the grid; the curves are
// discretised on it. Everything is computed in the fields of the reference's two
// solves, on panels that resolve it, and the distance is part of the error.
// Errors: ErrNoReduction (wrapped) for r > 1, times or tau out of range,
// *UnresolvedError where stability matrices are too large to be resolved.
func (r *Reference) Bounds(ctx context.Context, times []float64, tau float64, opt AverageOptions) (*Bounds, error) {
	if r.problem.Rank() > 1 {
		return nil, fmt.Errorf("meanfield: the bounds of problem %s (rank %d) are not available, they are %w", r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if len(times) == 0 || times[0] != 0 {
		return nil, fmt.Errorf("meanfield: the times of the bounds must start at 0")
	}
	log, logError, rays, err := r.worstWithRays(ctx, times)
	if err != nil {
		return nil, err
	}
	b := &Bounds{Times: times, Tau: tau}
	for i, x := range log {
		b.WorstJ, b.Error.WorstJ = append(b.WorstJ, portable.Exp(x)), append(b.Error.WorstJ, portable.Exp(x)*math.Expm1(logError[i]))
	}
	both, square, squareError, err := r.squareJ(ctx, rays, times)
	if err != nil {
		return nil, err
	}
	b.SquareJ, b.Error.SquareJ = square, squareError
	// The mean is large for a short time: the solver's steps know how short.
	grid := dense(r.path, times)
	finer, err := both[0].reference.stabilityOf(ctx, both[0].panels, grid)
	if err != nil {
		return nil, err
	}
	average, averageError, err := finer.average(ctx, tau, opt, r.averageStarts(grid))
	if err != nil {
		return nil, err
	}
	for _, t := range times {
		at := sort.SearchFloat64s(grid, t)
		b.AverageJ, b.Error.AverageJ = append(b.AverageJ, average[at]), append(b.Error.AverageJ, averageError[at])
	}
	var profiles [2]*profile
	for grid, st := range both {
		if profiles[grid], err = newProfile(st.reference, st, tau, grid); err != nil {
			return nil, err
		}
	}
	for i, t := range times {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: bounds: %w", err)
		}
		var seen [2][5]float64
		for k, p := range profiles {
			if err := p.field.Set(t); err != nil {
				return nil, err
			}
			top, norm := p.selfConcordance()
			seen[k] = [5]float64{p.lipschitz(), p.sampling(i), p.strongConvexity(p.reference.Risk(t)), top, norm}
		}
		for k, to := range []struct{ value, error *[]float64 }{
			{&b.Lipschitz, &b.Error.Lipschitz}, {&b.Sampling, &b.Error.Sampling}, {&b.StrongConvexity, &b.Error.StrongConvexity},
			{&b.SelfConcordance, &b.Error.SelfConcordance}, {&b.SelfConcordanceNorm, &b.Error.SelfConcordanceNorm},
		} {
			x, y := seen[1][k], seen[0][k]
			wrong := math.Inf(1)
			if !math.IsInf(x, 0) && !math.IsInf(y, 0) {
				wrong = margin*math.Abs(x-y) + (1e-10+amplification*r.RiskError(t))*math.Abs(x)
			}
			*to.value, *to.error = append(*to.value, x), append(*to.error, wrong)
		}
	}
	b.curves(r)
	return b, nil
}

// profile measures at one time.
type profile struct {
	reference   *Reference
	stability   *Stability
	field       *Field
	edge        float64
	bothSides   bool
	interaction float64
	degree      int // of the polynomials in sampling
	x, wx       []float64
}

func newProfile(r *Reference, st *Stability, tau float64, grid int) (*profile, error) {
	p := &profile{degree: r.samplingDegree(grid), reference: r, stability: st, edge: 1 - tau*tau/2, bothSides: symmetric(r.problem), interaction: interactionNorm(r)}
	p.x, p.wx = sphereRule(r.problem.Dim()-1, p.degree+1) // exact for q'^2 (1-s^2)
	var err error
	p.field, err = r.At(0)
	return p, err
}

func (p *profile) lipschitz() float64 {
	return math.Max(p.interaction, supremum(-1, 1, p.field.hessianNorm))
}

// interactionNorm is sup ||H(w, w')|| over the sphere: with s = <w,w'> H maps
// tangent vectors across the plane of w, w' by q'(s), and the one in it by
// s q'(s) - (1-s^2) d2q(s). It is reached by a particle and itself, w = w'.
func interactionNorm(r *Reference) float64 {
	q := r.problem.Dual()
	return supremum(-1, 1, func(s float64) float64 {
		_, d1, d2 := q.Eval(s)
		if math.IsInf(d2, 0) { // a kink's, of the order (1-s^2)^{-1/2}
			d2 = 0
		}
		return math.Max(math.Abs(d1), math.Abs(s*d1-(1-s*s)*d2))
	})
}

// sampling is the root of the supremum over a of
//
//	m E ||nu(w, rho) - nu(w, rho^m)||^2 = E_w' q'(s)^2 (1-s^2) - (1-a^2) U'(a)^2,   s = <w, w'>.
//
// The first term is a polynomial in a, of twice the activation's degree: as many
// values and one more say all of it. Of an activation that is no polynomial
// samplingDegree says how many, fewer on the coarser grid.
func (p *profile) sampling(t int) float64 {
	q := p.reference.problem.Dual()
	slope := p.field.f.potentialSlope()
	st := p.stability
	square := newInterpolant(2*p.degree, func(a float64) float64 {
		c := math.Sqrt((1 - a) * (1 + a))
		sum := 0.0
		for i, w := range st.weight {
			b, e := st.a[t][i], st.c[t][i]
			for k, x := range p.x {
				s := a*b + c*e*x
				_, d1, _ := q.Eval(s)
				sum += w * p.wx[k] * d1 * d1 * (1 - s*s)
			}
		}
		return sum
	})
	worst := supremum(-1, 1, func(a float64) float64 {
		e := (1 - a) * (1 + a)
		u := slope.eval(a, a*a, e)
		return square.at(a) - e*u*u
	})
	return math.Sqrt(math.Max(0, worst))
}

func (p *profile) strongConvexity(risk float64) float64 {
	worst := supremum(p.edge, 1, func(a float64) float64 {
		par, perp, _ := p.field.Eigenvalues(a)
		return math.Max(par, perp) // at -a, where B_tau has it, they are the same
	})
	return -worst / math.Sqrt(risk)
}

// selfConcordance is infinite where particles stand still and D says that
// they do not stay.
func (p *profile) selfConcordance() (top, norm float64) {
	k := float64(degreeOf(p.reference.problem))
	least := 1 / math.Sqrt(float64(p.reference.problem.Dim()))
	signs := []float64{1}
	if !p.bothSides {
		signs = []float64{1, -1}
	}
	for _, sign := range signs {
		ratio := func(high float64, size func(a float64) float64) float64 {
			return supremum(least, high, func(alpha float64) float64 {
				v, x := sign*p.field.Velocity(sign*alpha), size(sign*alpha)
				if !(v > 0) || !(x > 0) {
					return 0
				}
				return x * alpha / ((k - 1) * v)
			})
		}
		eigenvalue := func(a float64) float64 { par, perp, _ := p.field.Eigenvalues(a); return math.Max(par, perp) }
		top = math.Max(top, ratio(1, eigenvalue))
		norm = math.Max(norm, ratio(math.Max(least, 0.5), p.field.hessianNorm))
		p.stops(least, 1, sign, func(a float64) {
			if eigenvalue(a) > 0 {
				top = math.Inf(1)
			}
			if math.Abs(a) <= 0.5 {
				norm = math.Inf(1)
			}
		})
	}
	return top, norm
}

// stops calls f for the a = sign alpha, alpha inside of (low, high), where the velocity changes its sign.
func (p *profile) stops(low, high, sign float64, f func(a float64)) {
	v := func(alpha float64) float64 { return p.field.Velocity(sign * alpha) }
	before := low
	angles(low, high, func(alpha float64) {
		if alpha < 1 && v(before)*v(alpha) < 0 {
			lo, hi := before, alpha
			for range 60 {
				if mid := (lo + hi) / 2; v(mid)*v(lo) > 0 {
					lo = mid
				} else {
					hi = mid
				}
			}
			f(sign * (lo + hi) / 2)
		}
		before = alpha
	})
}

// LogGapBound is log of the bound on m E ||f_m - f_MF||^2 that follows from
// m (E ||Delta||)^2 = exp(2 logDelta) at time t by Lemma 1 with its constants
// written out, to leading order:
//
//	2 q'(1) m (E ||Delta||)^2 + 2 (q(1) - ||f_MF(t)||^2);
//
// the second term is twice the sampling error of m independent particles.
func (r *Reference) LogGapBound(t, logDelta float64) float64 {
	q1, d1, _ := r.problem.Dual().Eval(1)
	return logSum(math.Log(2*d1)+2*logDelta, math.Log(2*math.Max(0, q1-r.SelfEnergy(t))))
}

// logSum is log(e^x + e^y).
func logSum(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) {
		return x
	}
	return x + math.Log1p(portable.Exp(y-x))
}

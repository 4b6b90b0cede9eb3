package meanfield

import (
	"context"
	"fmt"
	"math"

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
	// SelfConcordance is sup_w of lambda alpha/((k-1) v), lambda the positive part
	// of D's top eigenvalue, alpha = |a|, v = d alpha/dt, k the activation's
	// degree, over the particles of rho_t with alpha >= 1/sqrt(d) (section 4.2;
	// below, v may vanish). SelfConcordanceNorm has ||D|| for lambda, over the
	// particles with alpha <= 1/2 besides: at the pole v vanishes and D does not.
	SelfConcordance, SelfConcordanceNorm []float64

	// WorstJ and SquareJ are the two parts of J_max up to t (Stability.Worst,
	// MeanSquare), AverageJ is J_avg(tau) up to t.
	WorstJ, SquareJ, AverageJ []float64

	// LogGroenwall is log(sqrt m e), e' = 2 Lip_max(t) e + eps(t), e(0) = 0 (eq. 5).
	LogGroenwall []float64
	// LogPotential is log(sqrt m X), X' = -C_LSC sqrt(L) X + J_avg int_0^t X + J_max eps,
	// X(0) = 0: eq. (8) with its unknown constants C = 1, C_LSC the least so far,
	// J_max the larger of its parts.
	LogPotential []float64
}

// Bounds measures all of the above at times, a grid that ascends from 0 and is
// finer where motion is fast. Suprema over s <= t and the curves are
// discretised on it; see Stability and Average for the rest. Errors:
// ErrNoReduction (wrapped) for r > 1, times or tau out of range.
func (r *Reference) Bounds(ctx context.Context, times []float64, tau float64, opt AverageOptions) (*Bounds, error) {
	if r.problem.Rank() > 1 {
		return nil, fmt.Errorf("meanfield: the bounds of problem %s (rank %d) are not available, they are %w", r.problem.Name(), r.problem.Rank(), ErrNoReduction)
	}
	if len(times) == 0 || times[0] != 0 {
		return nil, fmt.Errorf("meanfield: the times of the bounds must start at 0")
	}
	st, err := r.Stability(ctx, times)
	if err != nil {
		return nil, err
	}
	b := &Bounds{Times: times, Tau: tau, WorstJ: st.Worst(), SquareJ: st.MeanSquare()}
	if b.AverageJ, err = st.Average(ctx, tau, opt); err != nil {
		return nil, err
	}
	p := &profile{reference: r, stability: st, edge: 1 - tau*tau/2, bothSides: symmetric(r.problem), interaction: interactionNorm(r)}
	if p.field, err = r.At(0); err != nil {
		return nil, err
	}
	p.x, p.wx = sphereRule(r.problem.Dim()-1, r.problem.Activation().Degree()+1) // exact for q'^2 (1-s^2)
	for i, t := range times {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: bounds: %w", err)
		}
		if err := p.field.Set(t); err != nil {
			return nil, err
		}
		b.Lipschitz = append(b.Lipschitz, p.lipschitz())
		b.Sampling = append(b.Sampling, p.sampling(i))
		b.StrongConvexity = append(b.StrongConvexity, p.strongConvexity(r.Risk(t)))
		top, norm := p.selfConcordance(i)
		b.SelfConcordance, b.SelfConcordanceNorm = append(b.SelfConcordance, top), append(b.SelfConcordanceNorm, norm)
	}
	b.LogGroenwall = groenwall(times, b.Lipschitz, b.Sampling)
	b.LogPotential = potential(b, r)
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
	x, wx       []float64
}

// sphereGrid is the number of positions on which suprema over the sphere are
// taken, of polynomials of a degree far below.
const sphereGrid = 257

// positions calls f for a on a grid of [low, 1], ends included.
func positions(low float64, f func(a float64)) {
	from := math.Asin(low)
	for i := range sphereGrid {
		f(math.Min(1, math.Sin(from+(math.Pi/2-from)*float64(i)/(sphereGrid-1))))
	}
}

func (p *profile) lipschitz() float64 {
	worst := p.interaction
	positions(-1, func(a float64) {
		worst = math.Max(worst, p.field.hessianNorm(a))
	})
	return worst
}

// interactionNorm is sup ||H(w, w')|| over the sphere: with s = <w,w'> H maps
// tangent vectors across the plane of w, w' by q'(s), and the one in it by
// s q'(s) - (1-s^2) q”(s). It is reached by a particle and itself, w = w'.
func interactionNorm(r *Reference) float64 {
	q, worst := r.problem.Dual(), 0.0
	positions(-1, func(s float64) {
		_, d1, d2 := q.Eval(s)
		worst = math.Max(worst, math.Max(math.Abs(d1), math.Abs(s*d1-(1-s*s)*d2)))
	})
	return worst
}

// sampling is the root of the supremum over a of
//
//	m E ||nu(w, rho) - nu(w, rho^m)||^2 = E_w' q'(s)^2 (1-s^2) - (1-a^2) U'(a)^2,   s = <w, w'>.
func (p *profile) sampling(t int) float64 {
	worst := 0.0
	low := -1.0
	if p.bothSides && p.reference.problem.Activation().Even() {
		low = 0
	}
	q := p.reference.problem.Dual()
	var slope poly
	slope.derivative(&p.field.f.u)
	positions(low, func(a float64) {
		c := math.Sqrt((1 - a) * (1 + a))
		sum := 0.0
		for i, w := range p.stability.weight {
			b := p.stability.a[t][i]
			e := math.Sqrt((1 - b) * (1 + b))
			for k, x := range p.x {
				s := a*b + c*e*x
				_, d1, _ := q.Eval(s)
				sum += w * p.wx[k] * d1 * d1 * (1 - s*s)
			}
		}
		u := slope.eval(a, a*a, c*c)
		worst = math.Max(worst, sum-c*c*u*u)
	})
	return math.Sqrt(worst)
}

func (p *profile) strongConvexity(risk float64) float64 {
	worst := math.Inf(-1)
	positions(p.edge, func(a float64) {
		par, perp, _ := p.field.Eigenvalues(a)
		worst = math.Max(worst, math.Max(par, perp)) // at -a, where B_tau has it, they are the same
	})
	return -worst / math.Sqrt(risk)
}

func (p *profile) selfConcordance(t int) (top, norm float64) {
	k := float64(p.reference.problem.Activation().Degree())
	least := 1 / math.Sqrt(float64(p.reference.problem.Dim()))
	for _, a := range p.stability.a[t] {
		alpha := math.Abs(a)
		v := p.field.Velocity(a)
		if a < 0 {
			v = -v
		}
		if alpha < least || !(v > 0) {
			continue
		}
		par, perp, _ := p.field.Eigenvalues(a)
		scale := alpha / ((k - 1) * v)
		top = math.Max(top, scale*math.Max(par, perp))
		if alpha <= 0.5 {
			norm = math.Max(norm, scale*p.field.hessianNorm(a))
		}
	}
	return top, norm
}

// InteractionSlope is q'(1) = sup_w E sigma'(<w,x>)^2 <x,v>^2 over unit tangent
// v: a displacement Delta_i of the particles moves the network by at most
// sqrt(q'(1)) E_i ||Delta_i||, C_reg of Lemma 1.
func (r *Reference) InteractionSlope() float64 {
	_, d1, _ := r.problem.Dual().Eval(1)
	return d1
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

package meanfield

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
)

// Stability holds characteristics of the infinite-width limit with their local
// stability matrices J_{t,s} ([PoC] Def. 6: dJ/dt = D_t J, J_{s,s} = P), at
// ascending Times. In the reduction J is diagonal, in the frames that
// Eigenvalues names, and known from two numbers a particle (docs/mathematics.md (3.7)):
//
//	J_par  = (d a_t/d a_s) c_s/c_t     where a grows
//	J_perp = c_t/c_s                   the d-r-1 directions that turn u
//	J_turn = a_t/a_s                   the r-1 directions that turn v (r >= 2)
//
// d a_t/d a_s = (c_t/c_s)^2 d tau_t/d tau_s, and d/dt log(d tau_t/d tau_0) =
// (1-a^2) d2F(a) is integrated beside tau. J_{t,s} J_{s,u} = J_{t,u} holds by
// construction.
//
// Worst and MeanSquare take suprema over s <= t over pairs of Times, and over w
// over the nodes: from below, at second order in the spacing. Reference.WorstJ
// and Bounds take them over all.
type Stability struct {
	Times []float64

	reference *Reference
	weight    []float64   // of the nodes; nil: chosen positions without a law
	panels    []*panel    // whose nodes these are; nil for chosen positions
	tau, a, c [][]float64 // time x node
	log       [][3][]float64
}

const (
	par = iota
	perp
	turn
)

// Stability follows a quadrature for the initial law, that of the reference's
// coarser solve: its panels resolve the front at every time. times ascend
// within [0, Horizon]. Errors: times out of range, a cancelled context.
func (r *Reference) Stability(ctx context.Context, times []float64) (*Stability, error) {
	if r.problem.Rank() > 1 || len(times) == 0 {
		ns := r.union(0)
		return r.stability(ctx, ns.tau0, ns.weight, times)
	}
	if err := r.checkTimes(times, "the stability matrices"); err != nil {
		return nil, err
	}
	rays, err := r.raysOn(ctx, r.path, times)
	if err != nil {
		return nil, err
	}
	return r.stabilityOn(ctx, 0, rays, times)
}

// stabilityOn is Stability on the panels of one of the two solves, in the field of that solve.
func (r *Reference) stabilityOn(ctx context.Context, grid int, rays *rays, times []float64) (*Stability, error) {
	panels, err := r.resolved(ctx, grid, times, rays, stretched)
	if err != nil {
		return nil, err
	}
	return r.stabilityOf(ctx, panels, times)
}

func (r *Reference) stabilityOf(ctx context.Context, panels []*panel, times []float64) (*Stability, error) {
	ns := r.nodes(panels)
	s, err := r.stability(ctx, ns.tau0, ns.weight, times)
	if err == nil {
		s.panels = panels
	}
	return s, err
}

// StabilityOf follows particles from chosen initial positions, as NewTwins
// takes them. Means are not available (NaN).
func (r *Reference) StabilityOf(ctx context.Context, a0, times []float64) (*Stability, error) {
	tw, err := r.NewTwins(a0)
	if err != nil {
		return nil, err
	}
	return r.stability(ctx, tw.tracer.in.Y(), nil, times)
}

func (r *Reference) stability(ctx context.Context, tau0, weight, times []float64) (*Stability, error) {
	for i, t := range times {
		if !(t >= 0) || t > r.horizon || i > 0 && !(t > times[i-1]) {
			return nil, fmt.Errorf("meanfield: time %g for the stability matrices: times must ascend within [0, %g]", t, r.horizon)
		}
	}
	n := len(tau0)
	tr, err := newVariational(r.path, tau0)
	if err != nil {
		return nil, err
	}
	s := &Stability{Times: times, reference: r, weight: weight}
	start := make([]float64, n)
	for i, tau := range tau0 {
		start[i] = logSech(tau)
	}
	for _, t := range times {
		if err := tr.in.Advance(ctx, t); err != nil {
			return nil, fmt.Errorf("meanfield: stability matrices on the way to time %g: %w", t, err)
		}
		y := tr.in.Y()
		a, c := make([]float64, n), make([]float64, n)
		logs := [3][]float64{make([]float64, n), make([]float64, n), nil}
		if r.problem.Rank() > 1 {
			logs[turn] = make([]float64, n)
		}
		for i := range n {
			var e float64
			a[i], e = position(y[i])
			c[i] = math.Sqrt(e)
			logs[perp][i] = logSech(y[i]) - start[i]
			logs[par][i] = y[n+i] + logs[perp][i]
			if logs[turn] != nil {
				first, _ := position(tau0[i])
				logs[turn][i] = math.Log(a[i] / first)
			}
		}
		s.tau, s.a, s.c = append(s.tau, slices.Clone(y[:n])), append(s.a, a), append(s.c, c)
		s.log = append(s.log, logs)
	}
	return s, nil
}

// logSech is log c = log sech(tau), without overflow.
func logSech(tau float64) float64 {
	x := math.Abs(tau)
	return math.Ln2 - x - math.Log1p(portable.Exp(-2*x))
}

// Nodes is the number of particles followed.
func (s *Stability) Nodes() int { return len(s.a[0]) }

// Position is a at Times[t] of a node.
func (s *Stability) Position(t, node int) float64 { return s.a[t][node] }

// J returns the diagonal of J_{t,s} of a node, times given by index, s <= t;
// turn is NaN for r = 1.
func (s *Stability) J(to, from, node int) (jPar, jPerp, jTurn float64) {
	factor := func(k int) float64 { return portable.Exp(s.log[to][k][node] - s.log[from][k][node]) }
	jTurn = math.NaN()
	if s.log[to][turn] != nil {
		jTurn = factor(turn)
	}
	return factor(par), factor(perp), jTurn
}

// logNorm is log ||J_{t,s}||.
func (s *Stability) logNorm(to, from, node int) float64 {
	v := math.Max(s.log[to][par][node]-s.log[from][par][node], s.log[to][perp][node]-s.log[from][perp][node])
	if s.log[to][turn] != nil {
		v = math.Max(v, s.log[to][turn][node]-s.log[from][turn][node])
	}
	return v
}

// Worst returns, for each of Times, sup ||J_{t',s}(w)|| over s <= t' <= t and w:
// the first part of J_max in Assumption Stability of [PoC].
func (s *Stability) Worst() []float64 {
	out := make([]float64, len(s.Times))
	var lowest [3][]float64
	highest := 0.0
	for t := range s.Times {
		for k, log := range s.log[t] {
			if log == nil {
				continue
			}
			if t == 0 {
				lowest[k] = append([]float64(nil), log...)
			}
			for i, x := range log {
				lowest[k][i] = math.Min(lowest[k][i], x)
				highest = math.Max(highest, x-lowest[k][i])
			}
		}
		out[t] = portable.Exp(highest)
	}
	return out
}

// WorstNode is the node at which Worst's last value is taken.
func (s *Stability) WorstNode() int {
	best, highest := 0, math.Inf(-1)
	for i := range s.Nodes() {
		for k := range s.log[0] {
			if s.log[0][k] == nil {
				continue
			}
			lowest := math.Inf(1)
			for t := range s.Times {
				lowest = math.Min(lowest, s.log[t][k][i])
				if x := s.log[t][k][i] - lowest; x > highest {
					best, highest = i, x
				}
			}
		}
	}
	return best
}

// MeanSquare returns, for each of Times, sup over s <= t' <= t of E_w
// ||J_{t',s}(w)||^2: the second part of J_max. NaN for chosen positions.
func (s *Stability) MeanSquare() []float64 {
	out := make([]float64, len(s.Times))
	highest := 0.0
	if s.weight == nil {
		highest = math.NaN()
	}
	for t := range s.Times {
		for from := 0; from <= t; from++ {
			sum := 0.0
			for i, w := range s.weight {
				sum += w * portable.Exp(2*s.logNorm(t, from, i))
			}
			highest = math.Max(highest, sum)
		}
		out[t] = highest
	}
	return out
}

// SquareJ returns, for each of times, sup over s <= t' <= t of E_w
// ||J_{t',s}(w)||^2, the second part of J_max, for single-index problems, with an
// estimate of its error. s and t' are between times too, by parabolas: times
// ascend within [0, Horizon], the first 0, and are as close as motion is fast.
// Errors: as those of WorstJ.
func (r *Reference) SquareJ(ctx context.Context, times []float64) (value, error []float64, err error) {
	if err := r.checkTimes(times, "the mean stability matrix"); err != nil {
		return nil, nil, err
	}
	rays, err := r.raysOn(ctx, r.path, times)
	if err != nil {
		return nil, nil, err
	}
	_, value, error, err = r.squareJ(ctx, rays, times)
	return value, error, err
}

// squareJ is SquareJ; it returns what it followed in the fields of both solves too.
func (r *Reference) squareJ(ctx context.Context, rays *rays, times []float64) (both [2]*Stability, value, error []float64, err error) {
	coarse := *r
	coarse.path, coarse.kernel = r.coarse, r.coarse.kernel
	for grid, ref := range []*Reference{&coarse, r} {
		if both[grid], err = ref.stabilityOn(ctx, grid, rays, times); err != nil {
			return both, nil, nil, err
		}
	}
	rough, _ := both[0].meanSquares()
	value, between := both[1].meanSquares()
	for i, x := range value {
		error = append(error, between[i]+margin*math.Abs(x-rough[i])+(1e-12+amplification*r.RiskError(times[i]))*x)
		value[i] = math.Max(x, 1) // s = t' gives 1, but for the rounding of weights
	}
	return both, value, error, nil
}

// Jacobian integrates the variational equation of one particle in R^d, which
// uses the velocity field and its derivative but not the closed form:
//
//	dw/dt = nu(w),  dJ/dt = D(w) J,  J_{s,s} = P_w
//	D(w)  = P_w Hess F P_w - <w, grad F> P_w - w nu^T,  nu = P_w grad F,   F a function of |(w_1..w_r)|, of w_1 for r = 1
//
// from w (unit, length d) at time s to each of times (ascending, from s on).
// obs gets w and J (d x d, row-major), valid during the call. tol is per step.
func (r *Reference) Jacobian(ctx context.Context, w []float64, s float64, times []float64, tol float64, obs func(t float64, w, J []float64) error) error {
	v, err := newVariationalMatrix(r, w, s, tol)
	if err != nil {
		return err
	}
	for _, t := range times {
		if !(t >= s) || t > r.horizon {
			return fmt.Errorf("meanfield: time %g for a stability matrix from time %g: times must ascend within [%g, %g]", t, s, s, r.horizon)
		}
		if err := v.in.Advance(ctx, t); err != nil {
			return fmt.Errorf("meanfield: stability matrix on the way to time %g: %w", t, err)
		}
		if err := obs(t, v.in.Y()[:v.d], v.in.Y()[v.d:]); err != nil {
			return err
		}
	}
	return nil
}

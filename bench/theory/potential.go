package theory

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"kac/bench"
	"kac/bench/gap"
	"kac/meanfield"
	"kac/particles"
	"kac/particles/hessian"
)

// Potential is the paper's potential (its section 4.1) along finite networks of one width, at one
// time, and Lemma 16's quantity beside it. All are scaled by the width m to have a limit.
type Potential struct {
	Phi bench.Mean // sqrt(m) Phi, Phi = E_i |Delta_i| + |E_i sgn(<w_i, w*>) P_{w*} Delta_i|, over seeds
	// Constant is the least C with which the inequality for Phi, eq. (8) with measured constants,
	//
	//	dPhi/dt <= -(C_LSC/C) sqrt(L) Phi + C J_avg int_0^t Phi + C J_max eps,
	//
	// has held for every seed at every time of the grid so far; eps is Bounds.Sampling/sqrt(m), the
	// integral goes by the trapezoidal rule. At most 1 says that the potential's bound holds as it is.
	Constant float64
	// Energy is m Delta^T H Delta = m E_x (E_i sigma'(<xi_i, x>) <Delta_i, x>)^2, in mean at most
	// 2 m ||f_m - f_MF||^2 + 2 (q(1) - ||f_MF||^2) to leading order (Lemma 16).
	Energy bench.Mean
}

// potentialTrace is one network at the grid's times.
type potentialTrace struct {
	phi, slope, energy []float64
}

// potentialWatch collects the traces of a gap study's cells.
type potentialWatch struct {
	mu     sync.Mutex
	traces map[[2]uint64]*potentialTrace // by width and seed
	energy []float64                     // times at which it is wanted, for it costs four velocities
}

// hasPotential says whether rho* = {+w*, -w*}, for which the potential is known: the activation is
// even, as Theorem 9 of the paper has it.
func hasPotential(p particles.Expectations) bool {
	return p.Rank() == 1 && p.Activation().Norm2() > 0 && p.Activation().Even()
}

// observe adds the network at time t.
func (pw *potentialWatch) observe(ctx context.Context, o *gap.Observer, width int, seed uint64, t float64, w []float64) error {
	key := [2]uint64{uint64(width), seed}
	pw.mu.Lock()
	trace := pw.traces[key]
	if trace == nil {
		trace = &potentialTrace{}
		pw.traces[key] = trace
	}
	pw.mu.Unlock()
	delta, at, rate := make([]float64, len(w)), make([]float64, len(w)), make([]float64, len(w))
	if err := o.Displacements(ctx, t, w, delta, at); err != nil {
		return err
	}
	if t == 0 { // rounding has a direction, which the slope would take for Delta's
		clear(delta)
	}
	if err := o.Drift(ctx, t, w, rate); err != nil {
		return err
	}
	omega, psi, err := hessian.Potential(delta, at, o.M, o.D)
	if err != nil {
		return err
	}
	slope, err := hessian.PotentialSlope(delta, rate, at, o.M, o.D)
	if err != nil {
		return err
	}
	energy := math.NaN()
	if slices.Contains(pw.energy, t) {
		product := rate // its values are used up
		second := hessian.NewPopulation(o.Field)
		err := second.Interaction(ctx, product, delta, at, o.M)
		second.Close()
		if err != nil {
			return err
		}
		energy = hessian.InteractionEnergy(delta, product, o.M)
	}
	trace.phi, trace.slope, trace.energy = append(trace.phi, omega+psi), append(trace.slope, slope), append(trace.energy, energy)
	return nil
}

// summarise returns the potential of one width at the times that were watched, all among the bounds'.
func (pw *potentialWatch) summarise(width int, times []float64, ref *meanfield.Reference, b *meanfield.Bounds) []Potential {
	var traces []*potentialTrace
	for key, trace := range pw.traces {
		if key[0] == uint64(width) {
			traces = append(traces, trace)
		}
	}
	root := math.Sqrt(float64(width))
	over := func(value func(*potentialTrace) float64) bench.Mean {
		x := make([]float64, len(traces))
		for i, trace := range traces {
			x[i] = value(trace)
		}
		slices.Sort(x) // the order of a map is none
		return bench.MeanOf(x)
	}
	out := make([]Potential, len(times))
	past := make([]float64, len(traces))
	worst := 0.0
	for i, t := range times {
		at := nearest(b.Times, t)
		decay := math.Max(0, slices.Min(b.StrongConvexity[:at+1])) * math.Sqrt(ref.Risk(t))
		force := math.Max(b.WorstJ[at], b.SquareJ[at]) * b.Sampling[at]
		for s, trace := range traces {
			if i > 0 {
				past[s] += (t - times[i-1]) * root * (trace.phi[i] + trace.phi[i-1]) / 2
			}
			worst = math.Max(worst, leastConstant(root*trace.slope[i], decay*root*trace.phi[i], b.AverageJ[at]*past[s]+force))
		}
		out[i] = Potential{
			Phi:      over(func(p *potentialTrace) float64 { return root * p.phi[i] }),
			Constant: worst,
			Energy:   over(func(p *potentialTrace) float64 { return float64(width) * p.energy[i] }),
		}
	}
	return out
}

// leastConstant is the least C >= 0 with slope <= -fall/C + C growth; fall and growth are not
// negative, so that the right-hand side grows with C.
func leastConstant(slope, fall, growth float64) float64 {
	if growth == 0 {
		if slope <= 0 && fall == 0 {
			return 0
		}
		return math.Inf(1)
	}
	return math.Max(0, (slope+math.Sqrt(slope*slope+4*fall*growth))/(2*growth))
}

// PotentialText says what the networks show of eq. (8) and Lemma 16, in a line; empty without networks
// or potential.
func (th *Study) PotentialText() string {
	if len(th.Rows) == 0 || th.Rows[0].Potential == nil {
		return ""
	}
	var constants []string
	share := 0.0
	for i, m := range th.Parameters.Widths {
		constants = append(constants, fmt.Sprintf("%.3g (m = %d)", th.Rows[len(th.Rows)-1].Potential[i].Constant, m))
		for _, r := range th.Rows {
			share = math.Max(share, r.Potential[i].Energy.Value/th.energyBound(r, i))
		}
	}
	return fmt.Sprintf("eq. (8) for the potential holds with C = %s; Delta^T H Delta is at most %.3g of Lemma 16's bound", strings.Join(constants, ", "), share)
}

// energyBound is Lemma 16's bound on m Delta^T H Delta to leading order, for one width.
func (th *Study) energyBound(r Row, width int) float64 {
	q1, _, _ := th.Problem.Dual().Eval(1)
	return 2*r.Measured[width].Value + 2*(q1-th.Reference.SelfEnergy(r.Time))
}

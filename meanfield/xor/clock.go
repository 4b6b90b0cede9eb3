package xor

import (
	"fmt"
	"math"
	"sort"

	"kac/internal/portable"
	"kac/kernels"
)

// Limits of theta, kappa and times.
const (
	MinTheta, MaxTheta = 1e-6, 1e3
	MinKappa, MaxKappa = 1e-6, 1e6
	MaxTime            = 1e9
)

// Run is the infinite network of a theta and a loss: Table in paper time. With rho(G) what the loss has for the
// residual y f = G, that is kernels.Loss's r for y = 1,
//
//	G = theta^2 Gamma_d(tau),   t = int_0^tau 1/rho(G),   rho = kappa/(1 + e^G) or, of the square, 1 - G.
//
// The square's G comes to 1 at a clock pole after an infinite time: there t is integrated over s, tau = pole (1 -
// e^-s), in which 1/rho(G) dtau is smooth, and is a straight line from farCells on.
type Run struct {
	table        *Table
	theta, kappa float64 // kappa of the logistic loss
	plain        kernels.Loss
	square       bool
	pole         float64   // of the square loss: the clock at which G is 1; 0: another loss, or after the table
	steep        float64   // theta^2 Gamma' there
	times        []float64 // at s = k cellWidth; s is the clock itself without a pole
	drift        []float64 // int rho'/rho^2 |error of G| to there
}

// cellWidth is the length of the cells of the clock; Gauss' rule of clockNodes points is exact to 1e-14 there.
const (
	cellWidth  = .1
	clockNodes = 10
	farCells   = 250 // e^-25 of the pole's clock is left
)

var clockX, clockW = gaussLegendre(clockNodes)

// NewRun puts a table into paper time.
func NewRun(t *Table, theta float64, loss kernels.Loss) (*Run, error) {
	if !(theta >= MinTheta && theta <= MaxTheta) {
		return nil, fmt.Errorf("scale %v; allowed are %v to %v", theta, MinTheta, MaxTheta)
	}
	r := &Run{table: t, theta: theta, kappa: kappaOf(loss), plain: kernels.LogisticLoss(1), times: []float64{0}, drift: []float64{0}}
	if !(r.kappa >= MinKappa && r.kappa <= MaxKappa) {
		return nil, fmt.Errorf("kappa %v; allowed are %v to %v", r.kappa, MinKappa, MaxKappa)
	}
	if loss == kernels.SquareLoss() {
		r.square, r.plain = true, loss
		if g, _ := r.marginAt(t.Tau()); g >= 1 {
			r.findPole()
		}
	}
	last := int((t.Tau() + 1e-9) / cellWidth)
	if r.pole > 0 {
		last = farCells
	}
	for k := range last {
		dt, drift := r.clock(float64(k)*cellWidth, float64(k+1)*cellWidth)
		r.times, r.drift = append(r.times, math.Min(r.times[k]+dt, math.MaxFloat64)), append(r.drift, r.drift[k]+drift)
		if r.times[k+1] > 1e3*MaxTime { // the cell stays: with a large theta it is the one of all times
			break
		}
	}
	return r, nil
}

// kappaOf is kappa of the logistic loss: rho(0) = kappa/2. Of the square, where rho(0) = 1, it is 2.
func kappaOf(loss kernels.Loss) float64 {
	_, rho := loss.Eval(0, 1)
	return 2 * rho
}

// findPole finds where G is 1, by halving.
func (r *Run) findPole() {
	low, high := 0.0, r.table.Tau()
	for range 200 {
		mid := (low + high) / 2
		if g, _ := r.marginAt(mid); g < 1 {
			low = mid
		} else {
			high = mid
		}
	}
	r.pole, r.steep = low, r.rise(low)
}

// marginAt is G at a clock, with an estimate of its error there.
func (r *Run) marginAt(tau float64) (g, wrong float64) {
	g, wrong = r.table.Gamma(tau)
	return r.theta * r.theta * g, r.theta * r.theta * wrong
}

// rise is dG/dtau of the table's rule.
func (r *Run) rise(tau float64) float64 {
	scaled, slope := r.table.fine.smooth(sumGamma, tau)
	return r.theta * r.theta * (slope + rate(sumGamma)*scaled) * growth(sumGamma, tau)
}

// speed is x rho(G).
func (r *Run) speed(x, g float64) float64 {
	if r.square {
		return x * (1 - g)
	}
	return x * r.kappa / (1 + portable.Exp(math.Min(g, 700)))
}

// pace is dt/dtau = 1/rho at a margin, and its derivative in G, both times kappa of the logistic loss.
func (r *Run) pace(g float64) (slow, slope float64) {
	if r.square {
		left := 1 - g
		if left <= 0 {
			return math.Inf(1), math.Inf(1)
		}
		return 1 / left, 1 / (left * left)
	}
	e := portable.Exp(math.Min(g, 700))
	return 1 + e, e
}

// nearPole is the part of the pole's clock that is left where 1 - G is its first two terms.
const nearPole = 1e-5

// clock integrates dt, and the effect of errors of G, over a piece of a cell in s.
func (r *Run) clock(from, to float64) (dt, drift float64) {
	for i, x := range clockX {
		s := (from+to)/2 + (to-from)/2*x
		tau, stretch := s, 1.
		if r.pole > 0 {
			stretch = r.pole * portable.Exp(-s)
			tau = r.pole - stretch
		}
		g, wrong := r.marginAt(tau)
		slow, slope := r.pace(g)
		if r.pole > 0 && stretch < nearPole*r.pole {
			slow = 2 / ((r.steep + r.rise(tau)) * stretch)
			slope = slow * slow
		}
		dt += clockW[i] * slow * stretch
		drift += clockW[i] * slope * stretch * wrong
	}
	h := (to - from) / 2
	if r.square {
		return dt * h, drift * h
	}
	return dt * h / r.kappa, drift * h / r.kappa
}

// End is the last time that is known.
func (r *Run) End() float64 {
	if r.pole > 0 {
		return math.MaxFloat64
	}
	return r.times[len(r.times)-1]
}

// lastTau is the clock there.
func (r *Run) lastTau() float64 {
	if r.pole > 0 {
		return r.pole
	}
	return float64(len(r.times)-1) * cellWidth
}

// steep is the G above which Newton's method, whose steps lower G by 1 there, is left to halving.
const steep = 60

// Tau is the clock at a time up to End.
func (r *Run) Tau(t float64) float64 {
	if r.pole > 0 {
		return r.beforePole(t)
	}
	k := min(max(sort.SearchFloat64s(r.times, t)-1, 0), len(r.times)-2)
	from := float64(k) * cellWidth
	low, high := from, from+cellWidth
	tau := from + cellWidth*(t-r.times[k])/(r.times[k+1]-r.times[k])
	for range 200 {
		dt, _ := r.clock(from, tau)
		d := r.times[k] + dt - t
		if d > 0 {
			high = tau
		} else {
			low = tau
		}
		g, _ := r.marginAt(tau)
		next := tau - r.speed(d, g)
		if !(next >= low && next <= high) || g > steep {
			next = (low + high) / 2
		}
		if math.Abs(next-tau) <= 1e-15*(1+tau) {
			return next
		}
		tau = next
	}
	return tau
}

// beforePole is Tau of the square loss: halving in s.
func (r *Run) beforePole(t float64) float64 {
	k := max(sort.SearchFloat64s(r.times, t)-1, 0)
	s := float64(k) * cellWidth
	if k == len(r.times)-1 { // dt/ds is 1/steep from here on
		s += (t - r.times[k]) * r.steep
		return r.pole - r.pole*portable.Exp(-s)
	}
	low, high := s, s+cellWidth
	for range 60 {
		mid := (low + high) / 2
		if dt, _ := r.clock(s, mid); r.times[k]+dt < t {
			low = mid
		} else {
			high = mid
		}
	}
	return r.pole - r.pole*portable.Exp(-(low+high)/2)
}

// inCells is s at a clock, and the cell that it is in.
func (r *Run) inCells(tau float64) (s float64, k int) {
	if s = tau; r.pole > 0 {
		s = math.Min(-math.Log1p(-tau/r.pole), float64(len(r.times)-1)*cellWidth)
	}
	return s, min(int(s/cellWidth), len(r.times)-1)
}

// Time is the paper time at a clock.
func (r *Run) Time(tau float64) float64 {
	s, k := r.inCells(tau)
	dt, _ := r.clock(float64(k)*cellWidth, s)
	return r.times[k] + dt
}

// late is by how much the clock may be late.
func (r *Run) late(tau float64) float64 {
	s, k := r.inCells(tau)
	_, drift := r.clock(float64(k)*cellWidth, s)
	return r.drift[k] + drift
}

// lastClock is about the clock at a time, by the law Gamma = .39 d^(-sqrt(pi)/2) e^(tau/sqrt2) of late clocks
// (docs/xor.md), which Gamma is somewhat below earlier; at most rho(0) t, since G >= 0 and rho falls.
func lastClock(dim int, theta float64, loss kernels.Loss, horizon float64) float64 {
	kappa := kappaOf(loss)
	scale := .8 * .38 * theta * theta * portable.Pow(float64(dim), -math.Sqrt(math.Pi)/2)
	t, tau := 0.0, 0.0
	for ; t < horizon && tau < maxTau; tau += cellWidth {
		g := scale * portable.Exp(tau/math.Sqrt2)
		if loss == kernels.SquareLoss() {
			if g >= 1 {
				break
			}
			t += cellWidth / (1 - g)
			continue
		}
		t += cellWidth / kappa * (1 + portable.Exp(math.Min(g, 700)))
	}
	return math.Min(math.Min(tau, kappa*horizon/2)+2*cellWidth, maxTau)
}

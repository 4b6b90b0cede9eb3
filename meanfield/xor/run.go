package xor

import (
	"context"
	"fmt"
	"math"
	"sort"

	"kac/internal/portable"
)

// Limits of theta, kappa and times.
const (
	MinTheta, MaxTheta = 1e-6, 1e3
	MinKappa, MaxKappa = 1e-6, 1e6
	MaxTime            = 1e9
)

// Run is the infinite network of a theta and a kappa: Table in paper time,
//
//	G = theta^2 Gamma_d(tau),   t = (1/kappa) int_0^tau (1 + e^G).
type Run struct {
	table        *Table
	theta, kappa float64
	times        []float64 // at the clocks k cellWidth
	drift        []float64 // int e^G |error of G| to there
}

// cellWidth is the length in tau of the cells of the clock; Gauss' rule of clockNodes points is exact to 1e-14 there.
const (
	cellWidth  = .1
	clockNodes = 10
)

var clockX, clockW = gaussLegendre(clockNodes)

// Point is the infinite network at one time.
type Point struct {
	Time, Tau float64
	Margin    float64 // G: f(x) = y G
	Error     float64 // estimate of how wrong Margin is
	Loss      float64 // log(1 + e^-G), without kappa
	Energy    float64 // E|w|^2, which is E a^2
	// Shares of Energy: along the neuron's own diagonal, the other one, and the coordinates 3 to d.
	Signal, Opposite, Perpendicular float64
	// Heavy neurons, by number and by their share of Energy; NaN where the table does not count them.
	HeavyCount, HeavyMass float64
	// Clean is the margin at the four points mu = e1 +- e2 and -mu, which are not on the cube; NaN like the above.
	Clean float64
	// Independent is E|w|^4/2 - G^2: m times the squared gap of m neurons while they do not feel each other, E|w|^2 <<
	// 1.
	Independent float64
}

// NewRun puts a table into paper time.
func NewRun(t *Table, theta, kappa float64) (*Run, error) {
	if !(theta >= MinTheta && theta <= MaxTheta) {
		return nil, fmt.Errorf("scale %v; allowed are %v to %v", theta, MinTheta, MaxTheta)
	}
	if !(kappa >= MinKappa && kappa <= MaxKappa) {
		return nil, fmt.Errorf("kappa %v; allowed are %v to %v", kappa, MinKappa, MaxKappa)
	}
	r := &Run{table: t, theta: theta, kappa: kappa, times: []float64{0}, drift: []float64{0}}
	for k := 0; float64(k+1)*cellWidth <= t.Tau()+1e-9; k++ {
		dt, drift := r.clock(float64(k)*cellWidth, float64(k+1)*cellWidth)
		r.times, r.drift = append(r.times, math.Min(r.times[k]+dt, math.MaxFloat64)), append(r.drift, r.drift[k]+drift)
		if r.times[k+1] > 1e3*MaxTime { // the cell stays: with a large theta it is the one of all times
			break
		}
	}
	return r, nil
}

// Margin is G at a clock, with an estimate of its error there.
func (r *Run) marginAt(tau float64) (g, wrong float64) {
	g, wrong = r.table.Gamma(tau)
	return r.theta * r.theta * g, r.theta * r.theta * wrong
}

// clock integrates dt and the effect of errors of G over a piece of a cell.
func (r *Run) clock(from, to float64) (dt, drift float64) {
	for i, x := range clockX {
		g, wrong := r.marginAt((from+to)/2 + (to-from)/2*x)
		e := portable.Exp(math.Min(g, 700))
		dt += clockW[i] * (1 + e)
		drift += clockW[i] * e * wrong
	}
	h := (to - from) / 2
	return dt * h / r.kappa, drift * h / r.kappa
}

// End is the last time that is known.
func (r *Run) End() float64 { return r.times[len(r.times)-1] }

// steep is the G above which Newton's method, whose steps lower G by 1 there, is left to halving.
const steep = 60

// Tau is the clock at a time up to End.
func (r *Run) Tau(t float64) float64 {
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
		next := tau - d*r.kappa/(1+portable.Exp(math.Min(g, 700)))
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

// Time is the paper time at a clock.
func (r *Run) Time(tau float64) float64 {
	k := min(int(tau/cellWidth), len(r.times)-1)
	dt, _ := r.clock(float64(k)*cellWidth, tau)
	return r.times[k] + dt
}

// At returns the network at a time from 0 to End.
func (r *Run) At(t float64) (Point, error) {
	if !(t >= 0 && t <= r.End()) {
		return Point{}, fmt.Errorf("time %v of an infinite network that is known to %v", t, r.End())
	}
	p := Point{Time: t, Tau: r.Tau(t)}
	g, wrong := r.marginAt(p.Tau)
	k := min(int(p.Tau/cellWidth), len(r.drift)-1)
	_, drift := r.clock(float64(k)*cellWidth, p.Tau)
	square := r.theta * r.theta
	// A clock that is late by drift is read at another G: dG/dt = theta^2 Gamma' kappa/(1 + e^G).
	_, slope := r.table.fine.smooth(sumGamma, p.Tau)
	scaled, _ := r.table.fine.smooth(sumGamma, p.Tau)
	rise := square * (slope + rate(sumGamma)*scaled) * growth(sumGamma, p.Tau)
	p.Margin = g
	late := math.Abs(rise) * r.kappa / (1 + portable.Exp(math.Min(g, 700))) * (r.drift[k] + drift)
	p.Error = math.Sqrt(wrong*wrong + late*late)
	if t > 0 {
		p.Error += 1e-15
	}
	p.Loss = math.Log1p(portable.Exp(-g))
	m, _ := r.table.M(p.Tau)
	share := func(kind int) float64 {
		part, _ := r.table.value(kind, p.Tau)
		return part / m
	}
	p.Energy, p.Signal, p.Opposite = square*m, share(sumP), share(sumQ)
	p.Perpendicular = 1 - p.Signal - p.Opposite
	fourth, _ := r.table.value(sumM4, p.Tau)
	p.Independent = square*square*fourth/2 - g*g
	p.HeavyCount, p.HeavyMass, p.Clean = math.NaN(), math.NaN(), math.NaN()
	if half := r.table.half; half != nil {
		p.HeavyCount, p.HeavyMass = half.value(sumCount, p.Tau), half.value(sumHeavy, p.Tau)/m
		if p.Clean = square * half.value(sumClean, p.Tau); t == 0 {
			p.Clean = 0
		}
	}
	return p, nil
}

// Reach is the first time at which G is at least margin, and whether it is within End.
func (r *Run) Reach(margin float64) (t float64, ok bool) {
	low, high := 0.0, float64(len(r.times)-1)*cellWidth
	if g, _ := r.marginAt(high); g < margin {
		return 0, false
	}
	for range 200 {
		mid := (low + high) / 2
		if g, _ := r.marginAt(mid); g < margin {
			low = mid
		} else {
			high = mid
		}
	}
	return r.Time((low + high) / 2), true
}

// SolveRun makes the infinite network of dim, theta and kappa up to a time, with the table that it takes.
func SolveRun(ctx context.Context, dim int, theta, kappa, horizon float64, o Options) (*Run, error) {
	if !(horizon >= 0 && horizon <= MaxTime) {
		return nil, fmt.Errorf("time %v; allowed are 0 to %v", horizon, MaxTime)
	}
	for tau := lastClock(dim, theta, kappa, horizon); ; tau = math.Min(1.2*tau+1, maxTau) {
		t, err := Solve(ctx, dim, tau, o)
		if err != nil {
			return nil, err
		}
		if o.Cube > 0 {
			if err := t.CubeLaw(ctx, o.Cube, o.Seed, o.Workers, o.Progress); err != nil {
				return nil, err
			}
		}
		r, err := NewRun(t, theta, kappa)
		if err != nil || r.End() >= horizon {
			return r, err
		}
		if tau >= maxTau {
			return nil, fmt.Errorf("time %v is beyond the clock %v", horizon, maxTau)
		}
	}
}

// lastClock is about the clock at a time, by the law Gamma = .39 d^(-sqrt(pi)/2) e^(tau/sqrt2) of late clocks
// (docs/xor.md), which Gamma is somewhat below earlier; at most kappa t/2, since G >= 0.
func lastClock(dim int, theta, kappa, horizon float64) float64 {
	scale := .8 * .38 * theta * theta * portable.Pow(float64(dim), -math.Sqrt(math.Pi)/2)
	t, tau := 0.0, 0.0
	for ; t < horizon && tau < maxTau; tau += cellWidth {
		t += cellWidth / kappa * (1 + portable.Exp(math.Min(scale*portable.Exp(tau/math.Sqrt2), 700)))
	}
	return math.Min(math.Min(tau, kappa*horizon/2)+2*cellWidth, maxTau)
}

package xor

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// Point is the infinite network at one time.
type Point struct {
	Time, Tau float64
	Margin    float64 // G: f(x) = y G
	Error     float64 // estimate of how wrong Margin is
	Loss      float64 // log(1 + e^-G), without kappa; (1 - G)^2 of the square
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

// At returns the network at a time from 0 to End.
func (r *Run) At(t float64) (Point, error) {
	if !(t >= 0 && t <= r.End()) {
		return Point{}, fmt.Errorf("time %v of an infinite network that is known to %v", t, r.End())
	}
	p := Point{Time: t, Tau: r.Tau(t)}
	g, wrong := r.marginAt(p.Tau)
	square := r.theta * r.theta
	// A clock that is late by drift is read at another G: dG/dt = theta^2 Gamma' rho(G).
	rise := r.rise(p.Tau)
	p.Margin = g
	late := math.Abs(r.speed(rise, g)) * r.late(p.Tau)
	p.Error = math.Sqrt(wrong*wrong + late*late)
	if t > 0 {
		p.Error += 1e-15
	}
	p.Loss, _ = r.plain.Eval(g, 1)
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
	low, high := 0.0, r.lastTau()
	if g, _ := r.marginAt(high); g < margin || r.pole > 0 && margin >= 1 {
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

// SolveRun makes the infinite network of dim, theta and a loss up to a time, with the table that it takes.
func SolveRun(ctx context.Context, dim int, theta float64, loss kernels.Loss, horizon float64, o Options) (*Run, error) {
	if !(horizon >= 0 && horizon <= MaxTime) {
		return nil, fmt.Errorf("time %v; allowed are 0 to %v", horizon, MaxTime)
	}
	for tau := lastClock(dim, theta, loss, horizon); ; tau = math.Min(1.2*tau+1, maxTau) {
		t, err := Solve(ctx, dim, tau, o)
		if err != nil {
			return nil, err
		}
		if o.Cube > 0 {
			if err := t.CubeLaw(ctx, o.Cube, o.Seed, o.Workers, o.Progress); err != nil {
				return nil, err
			}
		}
		r, err := NewRun(t, theta, loss)
		if err != nil || r.End() >= horizon {
			return r, err
		}
		if tau >= maxTau {
			return nil, fmt.Errorf("time %v is beyond the clock %v", horizon, maxTau)
		}
	}
}

package xor

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/kernels"
)

func run(t *testing.T, dim int, theta, kappa, horizon float64, o Options) *Run {
	t.Helper()
	r, err := SolveRun(context.Background(), dim, theta, kernels.LogisticLoss(kappa), horizon, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(t *testing.T, r *Run, time float64) Point {
	t.Helper()
	p, err := r.At(time)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The margin in paper time, with its clock: known values, and kappa = 1 at t is kappa = 2 at t/2.
func TestRun(t *testing.T) {
	const dim = 32
	r := run(t, dim, 1, 2, 20, Options{Zeta: .5})
	one, err := NewRun(r.table, 1, kernels.LogisticLoss(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ time, margin float64 }{{2, .03422913}, {6, .76093061}, {10, 2.28749224}, {20, 4.02223301}} {
		t.Run(fmt.Sprint(c.time, c.margin), func(t *testing.T) {
			p := at(t, r, c.time)
			if math.Abs(p.Margin-c.margin) > 2e-7 || p.Error > 2e-7 {
				t.Errorf("G(%v) = %.8f +- %.2g, want %.8f", c.time, p.Margin, p.Error, c.margin)
			}
			if q := at(t, one, 2*c.time); math.Abs(q.Margin-p.Margin) > 1e-12 || math.Abs(q.Tau-p.Tau) > 1e-12 {
				t.Errorf("kappa = 1 at %v: G = %v, kappa = 2 at %v: %v", 2*c.time, q.Margin, c.time, p.Margin)
			}
			if back := r.Time(p.Tau); math.Abs(back-c.time) > 1e-11*c.time {
				t.Errorf("the clock %v of %v is at %v", p.Tau, c.time, back)
			}
			if math.Abs(p.Signal+p.Opposite+p.Perpendicular-1) > 1e-12 || math.Abs(p.Loss-math.Log1p(math.Exp(-p.Margin))) > 1e-15 {
				t.Errorf("at %v: %+v", c.time, p)
			}
		})
	}
	p := at(t, r, 6)
	for _, c := range []struct {
		name            string
		got, want, near float64
	}{{"E|w|^2", p.Energy, 2.76795452, 1e-7}, {"signal", p.Signal, .830169, 1e-6}, {"perpendicular", p.Perpendicular, .169754, 1e-6}, {"clean", p.Clean, .857792, 1e-4}} {
		t.Run(c.name, func(t *testing.T) {
			if math.Abs(c.got-c.want) > c.near {
				t.Errorf("%s = %.8f, want %.8f", c.name, c.got, c.want)
			}
		})
	}
	if first, ok := r.Reach(1); !ok || math.Abs(first-6.6014) > 6e-5 || math.Abs(at(t, r, first).Margin-1) > 1e-9 {
		t.Errorf("G = 1 is reached at %v (%v)", first, ok)
	}
	if _, ok := r.Reach(1e3); ok {
		t.Error("G = 1000 is reached")
	}
	start := at(t, r, 0)
	if start.Margin != 0 || start.Error != 0 || start.Energy != 1 || start.Signal != 1./dim || start.Independent != .5 || start.Clean != 0 {
		t.Errorf("at 0: %+v", start)
	}
	// What the sums themselves say of the start is those identities.
	for kind := range smoothKinds {
		known, ok := atStart(kind, dim)
		sums := r.table.fine
		if kind == sumClean {
			sums = r.table.half
		}
		if got := sums.value(kind, 0); !ok || math.Abs(got-known) > 1e-9 {
			t.Errorf("sum %d at 0 is %v, want %v", kind, got, known)
		}
	}
	if _, err := r.At(r.End() + 1); err == nil {
		t.Error("a time after the end has a value")
	}
}

// Another route: the coupled system of weighted neurons (P, Q, C, a) in paper time, without the clock, by classical
// Runge-Kutta steps and a plain product rule.
func TestRunCoupled(t *testing.T) {
	const dim, theta, kappa, horizon, steps = 14, .7, 2., 6., 240
	rest := newRest(dim)
	qs, wq := halfRule(dim, 20)
	xs, wx := halfRule(dim-1, 20)
	type state []float64
	var y state
	var weight []float64
	for i, q := range qs {
		for j, x := range xs {
			r := math.Sqrt(1 - q*q)
			y = append(y, theta*r*x, theta*q, theta*r*math.Sqrt(1-x*x), theta)
			weight = append(weight, wq[i]*wx[j])
		}
	}
	slope := func(y state) (state, float64) {
		k := make(state, len(y))
		margin := 0.0
		for i, w := range weight {
			n, dn := y[4*i:4*i+4], k[4*i:4*i+4]
			gp, gq, gc, psi := rest.gradient(math.Abs(n[0]), math.Abs(n[1]), math.Max(n[2], 1e-12))
			dn[0], dn[1], dn[2], dn[3] = n[3]*gp, n[3]*gq, n[3]*gc, psi
			if n[2] <= 0 {
				dn[1], dn[2] = 0, 0
			}
			if n[1] < 0 {
				dn[1] = 0
			}
			margin += w * n[3] * psi
		}
		for i := range k {
			k[i] *= kappa / (1 + math.Exp(margin))
		}
		return k, margin
	}
	const h = horizon / steps
	step := func(y, k state, h float64) state {
		z := make(state, len(y))
		for i := range z {
			z[i] = y[i] + h*k[i]
		}
		return z
	}
	for range steps {
		k1, _ := slope(y)
		k2, _ := slope(step(y, k1, h/2))
		k3, _ := slope(step(y, k2, h/2))
		k4, _ := slope(step(y, k3, h))
		for i := range y {
			y[i] += h / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
			if i%4 == 2 && y[i] < 0 {
				y[i], y[i-1] = 0, 0
			}
		}
	}
	_, margin := slope(y)
	energy := 0.0
	for i, w := range weight {
		energy += w * y[4*i+3] * y[4*i+3]
	}
	p := at(t, run(t, dim, theta, kappa, horizon, Options{}), horizon)
	t.Logf("G = %.8f, coupled %.8f; E a^2 = %.8f, coupled %.8f", p.Margin, margin, p.Energy, energy)
	if math.Abs(p.Margin-margin) > 1e-3 || math.Abs(p.Energy-energy) > 5e-5 {
		t.Errorf("G = %.8f, coupled %.8f; E a^2 = %.8f, coupled %.8f", p.Margin, margin, p.Energy, energy)
	}
}

func TestNewRunRefuses(t *testing.T) {
	table := solve(t, 12, 1, Options{})
	for _, c := range [][2]float64{{0, 2}, {-1, 2}, {math.NaN(), 2}, {1, 1e-7}, {1, 1e7}, {1e9, 2}} {
		if _, err := NewRun(table, c[0], kernels.LogisticLoss(c[1])); err == nil {
			t.Errorf("theta, kappa = %v are taken", c)
		}
	}
	if _, err := SolveRun(context.Background(), 12, 1, kernels.LogisticLoss(2), -1, Options{}); err == nil {
		t.Error("a negative time is taken")
	}
}

// With a large theta G passes 700 within the first cell of the clock; all times are in that cell. The clock is
// integrated again by Simpson's rule.
func TestLargeScales(t *testing.T) {
	for _, c := range []struct{ theta, kappa, time float64 }{{300, 2, 5}, {1000, 2, 1}, {1000, 1e-6, 1e6}, {1000, 1e6, 3}} {
		t.Run(fmt.Sprint(c.theta, c.kappa, c.time), func(t *testing.T) {
			r, err := SolveRun(t.Context(), 16, c.theta, kernels.LogisticLoss(c.kappa), c.time, Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := r.At(c.time)
			if err != nil {
				t.Fatal(err)
			}
			const n = 20000
			sum := 0.0
			for i := range n + 1 {
				g, _ := r.marginAt(p.Tau * float64(i) / n)
				sum += float64(4-2*((i+1)%2)) * (1 + math.Exp(g))
				if i == 0 || i == n {
					sum -= 1 + math.Exp(g)
				}
			}
			again := sum * p.Tau / n / 3 / c.kappa
			if !(math.Abs(again-c.time) <= 1e-5*c.time) || !(p.Margin > 0 && p.Error < .01*p.Margin) {
				t.Errorf("theta %g, kappa %g: tau %g is time %g, not %g; G %g +- %g", c.theta, c.kappa, p.Tau, again, c.time, p.Margin, p.Error)
			}
		})
	}
}

// The square loss: G rises to 1. Its clock against the flow dtau/dt = 1 - G by small Runge-Kutta steps, the law
// G' = const (1 - G) far out, and a step gap of first order against steps made by hand.
func TestSquareLoss(t *testing.T) {
	const dim, theta = 16, 1.
	r := run2(t, dim, theta, kernels.SquareLoss(), 30, Options{})
	tau, now := 0.0, 0.0
	f := func(tau float64) float64 { g, _ := r.marginAt(tau); return 1 - g }
	const h = 1. / 64
	for _, want := range []float64{2, 6, 9, 14, 22} {
		for ; now < want; now += h {
			k1 := f(tau)
			k2 := f(tau + h/2*k1)
			k3 := f(tau + h/2*k2)
			tau += h / 6 * (k1 + 2*k2 + 2*k3 + f(tau+h*k3))
		}
		p := at(t, r, want)
		g, _ := r.marginAt(tau)
		t.Logf("G(%v) = %.12g +- %.2g, by steps %.12g", want, p.Margin, p.Error, g)
		if math.Abs(p.Margin-g) > 1e-8+p.Error || p.Error > 5e-7 || math.Abs(p.Loss-(1-p.Margin)*(1-p.Margin)) > 1e-15 {
			t.Errorf("G(%v) = %.12g +- %.2g, by steps %.12g; %+v", want, p.Margin, p.Error, g, p)
		}
		if back := r.Time(p.Tau); want < 15 && math.Abs(back-want) > 1e-8*want {
			t.Errorf("the clock %v of %v is at %v", p.Tau, want, back)
		}
	}
	if a, b := at(t, r, 1e3), at(t, r, MaxTime); math.Abs(a.Margin-1) > 1e-9 || math.Abs(b.Margin-1) > 1e-9 || !(b.Tau >= a.Tau) {
		t.Errorf("late: %+v, %+v", a, b)
	}
	first, ok := r.Reach(.9)
	if _, late := r.Reach(1); !ok || late || math.Abs(at(t, r, first).Margin-.9) > 1e-9 {
		t.Errorf("G = .9 is reached at %v", first)
	}
	times := []float64{4, 8}
	for _, eta := range []float64{.05, .1} {
		got, err := r.StepGap(t.Context(), eta, times)
		if err != nil {
			t.Fatal(err)
		}
		half, err := r.StepGap(t.Context(), eta/2, times)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if ratio := got[i] / half[i]; math.Abs(ratio-2) > .12 {
				t.Errorf("the step gap of eta = %v at %v is %v, of half of it %v", eta, times[i], got[i], half[i])
			}
		}
	}
}

func run2(t *testing.T, dim int, theta float64, loss kernels.Loss, horizon float64, o Options) *Run {
	t.Helper()
	r, err := SolveRun(t.Context(), dim, theta, loss, horizon, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

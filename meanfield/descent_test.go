package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"kac/particles"
)

// descend is a Descent of a solved problem at time t.
func descend(t *testing.T, p particles.Expectations, step, horizon float64, start []float64) *Descent {
	t.Helper()
	d, err := solve(t, p, horizon, 1e-12).NewDescent(step, start)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDescentOnTheSphere: quartic in d = 16 with steps of .1, by another implementation (trapezoids in tau).
func TestDescentOnTheSphere(t *testing.T) {
	d := descend(t, isotropic(t, particles.Sphere, 16, "legendre 2:1,4:1", "legendre 2:.6,4:.45"), .1, 12, nil)
	for _, c := range []struct{ t, risk, step float64 }{{1, .212317557890, 1.0756e-4}, {12, .000428697941, 3.38e-8}} {
		t.Run(fmt.Sprint(c.t, c.risk, c.step), func(t *testing.T) {
			if err := d.Advance(context.Background(), c.t); err != nil {
				t.Fatal(err)
			}
			risk, err := d.Risk()
			if err != nil || math.Abs(risk.Value-c.risk) > 1e-11 || risk.Error > 1e-11 {
				t.Errorf("t = %g: risk %.12g(%.1g), want %.12g (%v)", c.t, risk.Value, risk.Error, c.risk, err)
			}
			gap, err := d.FromFlow()
			if err != nil || math.Abs(gap.Value/c.step-1) > 2e-3 || gap.Error > 1e-6*c.step {
				t.Errorf("t = %g: %.6g(%.1g) from the flow, want %.5g (%v)", c.t, gap.Value, gap.Error, c.step, err)
			}
		})
	}
}

// TestDescentOfReLU steps the nodes of trapezoids in tau with E over the sphere of the closed arc-cosine kernel: no
// Legendre polynomial, no panel. Twins are nodes themselves.
func TestDescentOfReLU(t *testing.T) {
	const dim, eta, steps, nodes, across = 8, .5, 6, 72, 28
	slope := func(s float64) float64 { return (math.Pi - math.Acos(math.Max(-1, math.Min(1, s)))) / (2 * math.Pi) }
	dual := func(s float64) float64 { return math.Sqrt(1-s*s)/(2*math.Pi) + s*slope(s) }
	tau, weight, total := make([]float64, nodes), make([]float64, nodes), 0.0
	for i := range tau {
		tau[i] = 6 * (2*(float64(i)+.5)/nodes - 1)
		weight[i] = math.Pow(math.Cosh(tau[i]), 1-dim)
		total += weight[i]
	}
	// u = cos of equidistant angles: density sin^{d-3}, a trapezoid whose ends vanish.
	var u, share [across]float64
	sum := 0.0
	for k := range u {
		angle := math.Pi * (float64(k) + .5) / across
		u[k], share[k] = math.Cos(angle), math.Pow(math.Sin(angle), dim-3)
		sum += share[k]
	}
	mean := func(i, j int, f func(x float64) float64) (value, times float64) { // E f, and E u f
		a, c, b, e := math.Tanh(tau[i]), 1/math.Cosh(tau[i]), math.Tanh(tau[j]), 1/math.Cosh(tau[j])
		for k, x := range u {
			y := share[k] / sum * f(a*b+c*e*x)
			value, times = value+y, times+x*y
		}
		return value, times
	}
	var start []float64
	for i := 15; i < 60; i += 12 {
		start = append(start, math.Tanh(tau[i]), 1/math.Cosh(tau[i]))
	}
	p := isotropic(t, particles.Gaussian, dim, "relu", "relu")
	d := descend(t, p, eta, eta*steps, start)
	for range steps {
		next := make([]float64, nodes)
		for i := range tau {
			a, c := math.Tanh(tau[i]), 1/math.Cosh(tau[i])
			alongA, alongC := slope(a), 0.0 // of G(a) = q(a)
			for j := range tau {
				v, vu := mean(i, j, slope)
				alongA -= weight[j] / total * v * math.Tanh(tau[j])
				alongC -= weight[j] / total * vu / math.Cosh(tau[j])
			}
			out := a*alongA + c*alongC
			a, c = a+eta*(alongA-out*a), c+eta*(alongC-out*c)
			next[i] = math.Asinh(a / c)
		}
		tau = next
	}
	risk := dual(1)
	for i := range tau {
		row := -2 * dual(math.Tanh(tau[i]))
		for j := range tau {
			v, _ := mean(i, j, dual)
			row += weight[j] / total * v
		}
		risk += weight[i] / total * row
	}
	if err := d.Advance(context.Background(), eta*steps); err != nil {
		t.Fatal(err)
	}
	got, err := d.Risk()
	if err != nil || math.Abs(got.Value-risk) > 1e-6 || !(got.Error < 1e-10) {
		t.Errorf("risk %.9f(%.1g), want %.9f (%v)", got.Value, got.Error, risk, err)
	}
	for i, z := 0, d.Twins(); 2*i < len(z); i++ {
		k := 15 + 12*i
		if math.Abs(z[2*i]-math.Tanh(tau[k])) > 1e-6 || math.Abs(z[2*i+1]-1/math.Cosh(tau[k])) > 1e-6 {
			t.Errorf("twin %d at %.8f, %.8f; want %.8f, %.8f", i, z[2*i], z[2*i+1], math.Tanh(tau[k]), 1/math.Cosh(tau[k]))
		}
	}
	// The gap of a network of its own nodes is 0.
	var z []float64
	self, _ := d.SelfEnergy()
	for i, x := range d.grids[1].flow.a {
		z = append(z, x, math.Sqrt(d.grids[1].flow.e[i]))
	}
	potential := make([]float64, len(z)/2)
	if err := d.Potential(potential, z, len(potential)); err != nil {
		t.Fatal(err)
	}
	cross := 0.0
	for i, x := range potential {
		cross += d.grids[1].flow.weight[i] * x
	}
	if gap := self - cross; math.Abs(gap) > 1e-12 {
		t.Errorf("a network of the nodes is %g away", gap)
	}
}

// TestDescentErrors: times between steps, times gone by, steps beyond the pole.
func TestDescentErrors(t *testing.T) {
	ctx := context.Background()
	p := isotropic(t, particles.Sphere, 10, "legendre 2:1,4:1", "legendre 2:.6,4:.45")
	r := solve(t, p, 2, 1e-8)
	for _, step := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := r.NewDescent(step, nil); err == nil {
			t.Errorf("a step of %g is allowed", step)
		}
	}
	d := descend(t, p, .25, 2, nil)
	if err := d.Advance(ctx, 1); err != nil {
		t.Fatal(err)
	}
	for _, at := range []float64{.3, .75, 2.25} {
		if err := d.Advance(ctx, at); err == nil {
			t.Errorf("descent is at time %g", at)
		}
	}
	if d.Time() != 1 {
		t.Errorf("time is %g", d.Time())
	}
	if err := descend(t, p, 1, 2, nil).Advance(ctx, 2); !errors.Is(err, ErrLongStep) {
		t.Errorf("a step of 1: %v", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Advance(stopped, 2); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

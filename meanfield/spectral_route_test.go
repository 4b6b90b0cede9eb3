package meanfield

import (
	"context"
	"math"
	"testing"

	"kac/internal/legendre"
	"kac/internal/ode"
	"kac/particles"
)

// fixedNodes solves by another route: the trapezoidal rule in tau_0, at nodes that stay, of the whole spectrum.
func fixedNodes(t *testing.T, p particles.Expectations, times []float64, n, terms int) []float64 {
	t.Helper()
	s, err := p.Task().Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	terms = min(terms, len(s.Q))
	d := s.Dim
	reach := math.Acosh(math.Pow(10, 18/float64(d-1)))
	tau, weight := make([]float64, n), make([]float64, n)
	total := 0.0
	for i := range tau {
		tau[i] = reach * (2*float64(i)/float64(n-1) - 1)
		weight[i] = math.Pow(math.Cosh(tau[i]), -float64(d-1))
		total += weight[i]
	}
	for i := range weight {
		weight[i] /= total
	}
	value, slope := legendre.NewRecurrence(d, terms), legendre.NewRecurrence(d+2, terms)
	a, m := make([]float64, n), make([]float64, terms)
	moments := func(tau []float64) {
		for i, x := range tau {
			a[i] = math.Tanh(x)
		}
		clear(m)
		value.Sums(m, a, weight)
	}
	c := make([]float64, terms-1)
	in, err := ode.New(ode.DOP853, func(_ float64, y, dy []float64) error {
		moments(y)
		for l := range c {
			c[l] = float64((l+1)*(l+d-1)) / float64(d-1) * (s.G[l+1] - s.Q[l+1]*m[l+1])
		}
		slope.Eval(dy, c, a)
		return nil
	}, n, ode.Options{RelTol: 1e-11, AbsTol: 1e-11})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(0, tau); err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, at := range times {
		if err := in.Advance(context.Background(), at); err != nil {
			t.Fatal(err)
		}
		moments(in.Y())
		risk := s.Norm2
		for l, x := range m {
			risk += s.Q[l]*x*x - 2*s.G[l]*x
		}
		out = append(out, risk)
	}
	return out
}

// TestIsotropicRoutes: the reference against fixed nodes, behind a separatrix too.
func TestIsotropicRoutes(t *testing.T) {
	times := []float64{0, 5, 10, 20}
	for _, c := range []struct {
		activation, link string
		law              particles.Law
		d, nodes, terms  int
		tolerance, bound float64
	}{
		{"tanh", "3:1", particles.Gaussian, 16, 6001, 62, 1e-10, 2e-9},
		{"tanh", "relu", particles.Sphere, 10, 1001, 62, 1e-10, 1e-11},
		{"relu", "2:1", particles.Gaussian, 16, 2001, 400, 1e-7, 1e-8}, // at 20 fixed nodes no longer follow the front
	} {
		t.Run(c.activation, func(t *testing.T) {
			p := isotropic(t, c.law, c.d, c.activation, c.link)
			r := solve(t, p, 20, c.tolerance)
			until := times
			if c.activation == "relu" {
				until = times[:3]
			}
			for i, want := range fixedNodes(t, p, until, c.nodes, c.terms) {
				t.Logf("%s|%s at %g: %.13f +- %.1e, by fixed nodes %.13f", c.activation, c.link, times[i], r.Risk(times[i]), r.RiskError(times[i]), want)
				if got := r.Risk(times[i]); !(math.Abs(got-want) <= c.bound+r.RiskError(times[i])) {
					t.Errorf("%s|%s at %g: %.13f, by fixed nodes %.13f", c.activation, c.link, times[i], got, want)
				}
			}
		})
	}
}

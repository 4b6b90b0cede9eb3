package hessian

import (
	"math"
	"testing"

	"kac/internal/sphere"
	"kac/particles"
)

func must[T any](t testing.TB, x T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func activation(t testing.TB, text string) particles.Activation {
	t.Helper()
	a, err := particles.ParseActivation(text)
	return must(t, a, err)
}

func preset(t testing.TB, name string, dim int) particles.Expectations {
	t.Helper()
	task, err := particles.Preset(name, dim)
	p, err := must(t, task, err).Closed()
	return must(t, p, err)
}

// problem has Hermite series as activation and link.
func problem(t testing.TB, sigma, link string, rank, dim int) particles.Expectations {
	t.Helper()
	series, err := particles.ParseSeries(link)
	target, err := particles.NewLink(must(t, series, err), rank)
	task, err := particles.NewTask(particles.Spec{Dim: dim, Activation: activation(t, sigma), Target: must(t, target, err)})
	p, err := must(t, task, err).Closed()
	return must(t, p, err)
}

func problems(t testing.TB) []particles.Expectations {
	return []particles.Expectations{
		preset(t, "he3", 4), preset(t, "he4", 5), preset(t, "he6", 4),
		preset(t, "misspecified", 5), preset(t, "circle", 5),
		problem(t, "0:0.3,1:1,2:-0.5,3:0.7", "1:0.4,2:1,3:-0.2", 1, 3),
		problem(t, "0:0.5,2:1,3:0.4,4:-0.6", "0:0.2,2:0.7,3:1,4:0.5", 3, 6),
		problem(t, "1:1,5:0.3", "5:1", 1, 6),
	}
}

// isotropicProblems are networks of every kind of dual: closed forms, series, the sphere.
func isotropicProblems(t testing.TB) []particles.Expectations {
	t.Helper()
	var out []particles.Expectations
	for _, c := range []struct {
		law         particles.Law
		dim         int
		sigma, link string
	}{
		{particles.Gaussian, 6, "relu", "relu"}, {particles.Gaussian, 5, "erf", "erf"}, {particles.Gaussian, 6, "tanh", "relu"},
		{particles.Sphere, 5, "gelu", "tanh"}, {particles.Sphere, 6, "relu", "2:1,1:.3"},
	} {
		target, err := particles.NewSingleIndex(activation(t, c.link))
		task, err := particles.NewTask(particles.Spec{Dim: c.dim, Law: c.law, Activation: activation(t, c.sigma), Target: must(t, target, err)})
		p, err := must(t, task, err).Exact()
		out = append(out, must(t, p, err))
	}
	quartic, err := particles.Preset("quartic", 6)
	p, err := must(t, quartic, err).Exact()
	return append(out, must(t, p, err))
}

// field is the population field of a problem, with its second order.
func field(t testing.TB, p particles.Expectations, form particles.Form, workers int) (*particles.Population, *Population) {
	f := particles.NewPopulation(p, form, workers)
	h := NewPopulation(f)
	t.Cleanup(func() { h.Close(); f.Close() })
	return f, h
}

// project removes from g its component along the unit vector w.
func project(g, w []float64) { particles.UnitSphere.Tangent(g, w, 1, len(w)) }

func normalize(x []float64) { sphere.Scale(x, x, sphere.Norm(x)) }

func largest(x []float64) float64 {
	top := 0.0
	for _, z := range x {
		top = math.Max(top, math.Abs(z))
	}
	return top
}

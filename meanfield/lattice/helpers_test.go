package lattice

import (
	"math"
	"testing"

	"kac/internal/sphere"
	"kac/particles"
)

func mustTask(t testing.TB, name string, dim int) *particles.Task {
	t.Helper()
	task, err := particles.Preset(name, dim)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func mustSeries(t testing.TB, text string) particles.Series {
	t.Helper()
	s, err := particles.ParseSeries(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// linkTask is the task of a link with its closed forms.
func linkTask(t testing.TB, activation, link string, rank, dim int) *particles.Task {
	t.Helper()
	target, err := particles.NewLink(mustSeries(t, link), rank)
	if err != nil {
		t.Fatal(err)
	}
	task, err := particles.NewTask(particles.Spec{Dim: dim, Activation: particles.NewActivation(mustSeries(t, activation)), Target: target})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func velocity(t testing.TB, f particles.Field, w []float64, m int) []float64 {
	t.Helper()
	v := make([]float64, len(w))
	if err := f.Velocity(t.Context(), v, w, m); err != nil {
		t.Fatal(err)
	}
	particles.UnitSphere.Tangent(v, w, m, f.Dim())
	return v
}

// largest returns max |x|.
func largest(x []float64) float64 {
	top := 0.0
	for _, z := range x {
		top = math.Max(top, math.Abs(z))
	}
	return top
}

// distance returns max |x - y|, NaN if there is one.
func distance(x, y []float64) float64 {
	top := 0.0
	for i := range x {
		if d := math.Abs(x[i] - y[i]); !(d <= top) {
			top = d
		}
	}
	return top
}

// normalize scales x to unit norm.
func normalize(x []float64) { sphere.Scale(x, x, sphere.Norm(x)) }

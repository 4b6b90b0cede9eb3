package lattice

import (
	"math"
	"slices"
	"testing"

	"kac/kernels"
	"kac/particles"
)

// The field with the reduction's overlap is that with the task's own, and its
// velocity is -m/2 times the gradient of the risk.
func TestPopulation(t *testing.T) {
	for _, task := range reducedTasks(t) {
		f := particles.NewPopulation(mustReduction(t, task, 2).Expectations(), particles.Auto, 2)
		const m, h = 40, 1e-5
		d := task.Dim()
		e := particles.NewUniform(m, d, 3)
		v := velocity(t, f, e.W, m)
		p, err := task.Closed()
		if err != nil {
			t.Fatal(err)
		}
		if off := distance(v, velocity(t, particles.NewPopulation(p, particles.PairwiseForm, 1), e.W, m)); off > 1e-13*(1+largest(v)) {
			t.Errorf("%s: velocities differ by %g", task.Name(), off)
		}
		risk := func() float64 {
			r, err := f.Risk(t.Context(), e.W, m)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, i := range []int{0, m - 1} {
			row, u := slices.Clone(e.Row(i)), slices.Clone(e.Row((i+1)%m))
			particles.UnitSphere.Tangent(u, row, 1, len(u))
			at := func(h float64) float64 {
				for a := range row {
					e.Row(i)[a] = row[a] + h*u[a]
				}
				r := risk()
				copy(e.Row(i), row)
				return r
			}
			got, want := kernels.Dot(v[i*d:(i+1)*d], u), -float64(m)/2*(at(h)-at(-h))/(2*h)
			if math.Abs(got-want) > 1e-7*(1+largest(v)) {
				t.Errorf("%s, particle %d: <v, u> = %v, by differences of the risk %v", task.Name(), i, got, want)
			}
		}
	}
}

// The distance of two networks is that of their outputs over samples.
func TestPopulationDistance(t *testing.T) {
	task := mustTask(t, "misspecified", 5)
	f := particles.NewPopulation(mustReduction(t, task, 1).Expectations(), particles.Auto, 1)
	u, w := particles.NewUniform(3, 5, 1), particles.NewUniform(8, 5, 2)
	got, err := f.Distance2(t.Context(), u.W, 3, w.W, 8)
	if err != nil {
		t.Fatal(err)
	}
	const n = 200000
	s := task.TestSamples(n, 1)
	a, b := make([]float64, n), make([]float64, n)
	ws := kernels.NewWorkspace[float64](1)
	kernels.Forward(a, s.X, u.W, nil, n, 3, 5, task.Activation().Kernel(), ws)
	kernels.Forward(b, s.X, w.W, nil, n, 8, 5, task.Activation().Kernel(), ws)
	var sum, squares float64
	for i := range a {
		e := (a[i] - b[i]) * (a[i] - b[i])
		sum, squares = sum+e, squares+e*e
	}
	mean := sum / n
	if se := math.Sqrt((squares/n - mean*mean) / n); math.Abs(got-mean) > 5*se {
		t.Errorf("||f_u - f_w||^2 = %v, over samples %v +- %v", got, mean, se)
	}
}

package hessian

import (
	"math"
	"testing"

	"kac/kernels"
	"kac/particles"
)

// With a second layer, u^T D_j u is the second derivative along the great circle through w_j of a_j [G(w) - (1/m) sum_i
// a_i q(<w, w_i>)], and <nu_j, u> the first, by differences of that alone; with weights of one all is LocalHessians'.
func TestWeightedHessians(t *testing.T) {
	const m, h = 6, 1e-2
	a := []float64{1.5, -.7, 0, 2, -1, .3}
	for _, p := range problems(t) {
		f, second := field(t, p, particles.Auto, 2)
		d, size := p.Dim(), kernels.PackedLen(p.Dim())
		e, tangents := particles.NewUniform(m, d, 78), particles.NewUniform(m, d, 79).W
		D, nu := make([]float64, m*size), make([]float64, m*d)
		if err := second.WeightedHessians(t.Context(), D, nu, e.W, a, m); err != nil {
			t.Fatal(err)
		}
		for j := range m {
			at, u := e.Row(j), tangents[j*d:(j+1)*d]
			project(u, at)
			normalize(u)
			value := func(angle float64) float64 {
				w := make([]float64, d)
				for k := range w {
					w[k] = math.Cos(angle)*at[k] + math.Sin(angle)*u[k]
				}
				v := p.Overlap().Value(w)
				for i := range m {
					q, _, _ := p.Dual().Eval(kernels.Dot(w, e.Row(i)))
					v -= a[i] * q / m
				}
				return a[j] * v
			}
			twice := (2*(value(3*h)+value(-3*h)) - 27*(value(2*h)+value(-2*h)) + 270*(value(h)+value(-h)) - 490*value(0)) / (180 * h * h)
			once := (value(3*h) - value(-3*h) - 9*(value(2*h)-value(-2*h)) + 45*(value(h)-value(-h))) / (60 * h)
			got := 0.0
			for x := range d {
				for y := range d {
					got += u[x] * u[y] * D[j*size+kernels.PackedIndex(d, x, y)]
				}
			}
			scale := math.Max(1, math.Abs(twice))
			if math.Abs(got-twice) > 1e-6*scale || math.Abs(kernels.Dot(nu[j*d:(j+1)*d], u)-once) > 1e-6*scale {
				t.Errorf("%v, particle %d: u^T D u = %.12g and <nu, u> = %.12g, by differences %.12g and %.12g", p, j, got, kernels.Dot(nu[j*d:(j+1)*d], u), twice, once)
			}
		}
		want, v := make([]float64, m*size), make([]float64, m*d)
		ones := []float64{1, 1, 1, 1, 1, 1}
		if err := second.LocalHessians(t.Context(), want, e.W, m); err != nil {
			t.Fatal(err)
		}
		if err := second.WeightedHessians(t.Context(), D, nu, e.W, ones, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Velocity(t.Context(), v, e.W, m); err != nil {
			t.Fatal(err)
		}
		particles.UnitSphere.Tangent(v, e.W, m, d)
		for k := range D {
			if math.Abs(D[k]-want[k]) > 1e-12*(1+largest(want)) {
				t.Fatalf("%v: element %d is %v, without weights %v", p, k, D[k], want[k])
			}
		}
		for k := range v {
			if math.Abs(nu[k]-v[k]) > 1e-12*(1+largest(v)) {
				t.Fatalf("%v: velocity %d is %v, without weights %v", p, k, nu[k], v[k])
			}
		}
	}
	if _, second := field(t, problems(t)[0], particles.Auto, 1); second.WeightedHessians(t.Context(), nil, nil, nil, a, m) == nil {
		t.Error("lengths that do not fit are taken")
	}
}

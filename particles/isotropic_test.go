package particles

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"kac/internal/rng"
	"kac/kernels"
)

// isotropicProblems are networks of every kind of dual: closed forms, series, the sphere.
func isotropicProblems(t testing.TB) []Expectations {
	t.Helper()
	quartic, err := Preset("quartic", 6)
	if err != nil {
		t.Fatal(err)
	}
	var out []Expectations
	for _, task := range []*Task{
		isotropicTask(t, Gaussian, 6, "relu", "relu"), isotropicTask(t, Gaussian, 5, "erf", "erf"), isotropicTask(t, Gaussian, 6, "tanh", "relu"),
		isotropicTask(t, Sphere, 5, "gelu", "tanh"), isotropicTask(t, Sphere, 6, "relu", "2:1,1:.3"), quartic,
	} {
		p, err := task.Exact()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// TestIsotropicVelocity: velocity, risk and energy against their definitions over inputs, within 5 standard errors; the
// rate of the loss; and the order of the particles does not matter.
func TestIsotropicVelocity(t *testing.T) {
	const m, n = 7, 1 << 15
	ctx := context.Background()
	for _, p := range isotropicProblems(t) {
		t.Run(fmt.Sprintf("%s,%v", p.Task().Activation(), p.Task().Law()), func(t *testing.T) {
			f, d := NewPopulation(p, Auto, 2), p.Dim()
			defer f.Close()
			e := NewUniform(m, d, 5)
			v := make([]float64, m*d)
			if err := f.Velocity(ctx, v, e.W, m); err != nil {
				t.Fatal(err)
			}
			sum, square := make([]float64, m*d), make([]float64, m*d)
			var risk, risk2 float64
			x := make([]float64, d)
			sigma := p.Task().Activation().Kernel()
			slope := make([]float64, m)
			for i := range uint64(n) {
				p.Task().Law().draw(x, 11, rng.Quadrature, i)
				out := 0.0
				for j := range m {
					y, dy, _ := sigma.Eval(kernels.Dot(x, e.Row(j)))
					out += y / m
					slope[j] = dy
				}
				r := p.Task().Target().Value(x) - out
				risk, risk2 = risk+r*r/n, risk2+r*r*r*r/n
				for j := range m {
					for a := range d {
						z := r * slope[j] * x[a]
						sum[j*d+a] += z / n
						square[j*d+a] += z * z / n
					}
				}
			}
			got, err := f.Risk(ctx, e.W, m)
			if err != nil || !(math.Abs(got-risk) < 5*math.Sqrt((risk2-risk*risk)/n)) {
				t.Errorf("risk %g, over inputs %g, %v", got, risk, err)
			}
			for i := range v {
				// The velocity is defined up to a multiple of w_j: E x sigma' r has what homogeneity adds.
				j, a := i/d, i%d
				radialA, radialB := kernels.Dot(v[j*d:(j+1)*d], e.Row(j)), kernels.Dot(sum[j*d:(j+1)*d], e.Row(j))
				nuA, nuB := v[i]-radialA*e.Row(j)[a], sum[i]-radialB*e.Row(j)[a]
				if se := math.Sqrt((square[i] - sum[i]*sum[i]) / n); !(math.Abs(nuA-nuB) < 6*se) {
					t.Errorf("nu[%d] = %g, over inputs %g +- %g", i, nuA, nuB, se)
				}
			}
			// dL/dt = -(2/m) sum |nu|^2 along the flow.
			nu := append([]float64{}, v...)
			UnitSphere.Tangent(nu, e.W, m, d)
			const h = 1e-5
			at := func(step float64) float64 {
				w := append([]float64{}, e.W...)
				for i := range w {
					w[i] += step * nu[i]
				}
				for j := range m {
					normalize(w[j*d : (j+1)*d])
				}
				r, err := f.Risk(ctx, w, m)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			rate, want := (at(h)-at(-h))/(2*h), -2.0/m*kernels.Dot(nu, nu)
			if !(math.Abs(rate-want) < 1e-7*(1+math.Abs(want))) {
				t.Errorf("the risk changes at the rate %.10g, want %.10g", rate, want)
			}
			turned := slices.Concat(e.W[3*d:], e.W[:3*d])
			u := make([]float64, m*d)
			if err := f.Velocity(ctx, u, turned, m); err != nil {
				t.Fatal(err)
			}
			for i, x := range slices.Concat(v[3*d:], v[:3*d]) {
				if math.Abs(u[i]-x) > 1e-14 {
					t.Errorf("in another order the velocity is %.17g, %.17g", u[i], x)
				}
			}
		})
	}
}

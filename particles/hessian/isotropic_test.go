package hessian

import (
	"fmt"
	"math"
	"testing"

	"kac/kernels"
	"kac/particles"
)

// TestIsotropicHessian: the local Hessian is the derivative of the velocity, one by one and all at once, and the
// interaction its sum over pairs. A ReLU network has kinks where neurons meet, so that differences there converge like
// the step.
func TestIsotropicHessian(t *testing.T) {
	const m, h = 5, 1e-5
	for _, p := range isotropicProblems(t) {
		t.Run(fmt.Sprintf("%s,%v", p.Task().Activation(), p.Task().Law()), func(t *testing.T) {
			f, second := field(t, p, particles.Auto, 1)
			d := p.Dim()
			defer f.Close()
			bound := 1e-8
			if p.Task().Activation().String() == "relu" {
				bound = 1e-5
			}
			e := particles.NewUniform(m, d, 3)
			D, up, down := make([]float64, d*d), make([]float64, d), make([]float64, d)
			packed := make([]float64, m*kernels.PackedLen(d))
			if err := second.LocalHessians(t.Context(), packed, e.W, m); err != nil {
				t.Fatal(err)
			}
			for j := range m {
				if err := second.LocalHessian(D, e.W, m, j); err != nil {
					t.Fatal(err)
				}
				for b := range d {
					u := make([]float64, d)
					u[b] = 1
					project(u, e.Row(j))
					for sign, v := range map[float64][]float64{1: up, -1: down} {
						t.Run(fmt.Sprint(sign), func(t *testing.T) {
							at := append([]float64{}, e.Row(j)...)
							for a := range at {
								at[a] += sign * h * u[a]
							}
							normalize(at)
							if err := f.VelocityAt(v, at, e.W, m); err != nil {
								t.Fatal(err)
							}
						})
					}
					for a := range d {
						if got := (up[a] - down[a]) / (2 * h); !(math.Abs(got-D[a*d+b]) < bound*math.Max(1, largest(D))) {
							t.Errorf("D_%d[%d,%d] = %.12g, by differences %.12g", j, a, b, D[a*d+b], got)
						}
					}
				}
				v := make([]float64, d)
				if err := f.VelocityAt(v, e.Row(j), e.W, m); err != nil {
					t.Fatal(err)
				}
				for a := range d {
					for b := a; b < d; b++ {
						want := D[a*d+b] + e.Row(j)[a]*v[b]
						if got := packed[j*kernels.PackedLen(d)+kernels.PackedIndex(d, a, b)]; !(math.Abs(got-want) < 1e-12*math.Max(1, largest(D))) {
							t.Errorf("packed D_%d[%d,%d] = %.14g, want %.14g", j, a, b, got, want)
						}
					}
				}
			}
			// H Delta: how the velocity changes as all particles move, less what D says of the own move.
			delta := particles.NewUniform(m, d, 9).W
			for j := range m {
				project(delta[j*d:(j+1)*d], e.Row(j))
			}
			got := make([]float64, m*d)
			if err := second.Interaction(t.Context(), got, delta, e.W, m); err != nil {
				t.Fatal(err)
			}
			moved := func(sign float64) []float64 {
				w := append([]float64{}, e.W...)
				for i := range w {
					w[i] += sign * h * delta[i]
				}
				for j := range m {
					normalize(w[j*d : (j+1)*d])
				}
				out := make([]float64, m*d)
				for j := range m {
					if err := f.VelocityAt(out[j*d:(j+1)*d], e.Row(j), w, m); err != nil {
						t.Fatal(err)
					}
				}
				return out
			}
			a, b := moved(1), moved(-1)
			for i := range got {
				if want := -(a[i] - b[i]) / (2 * h); !(math.Abs(got[i]-want) < bound*math.Max(1, largest(got))) {
					t.Errorf("(H Delta)[%d] = %.12g, by differences %.12g", i, got[i], want)
				}
			}
			if energy := InteractionEnergy(delta, got, m); !(energy > 0) {
				t.Errorf("Delta H Delta = %g", energy)
			}
		})
	}
}

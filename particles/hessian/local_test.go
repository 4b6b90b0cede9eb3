package hessian

import (
	"math"
	"testing"

	"kac/internal/montecarlo"
	"kac/internal/rng"
	"kac/particles"
)

// D_j composed with P against differences of order 6 of w -> nu(w), the law of
// the particles held fixed; and D_j w_j = 0.
func TestLocalHessianAgainstDifferences(t *testing.T) {
	const m = 7
	worst := 0.0
	for _, p := range problems(t) {
		f, second := field(t, p, particles.Auto, 1)
		d := p.Dim()
		e := particles.NewUniform(m, d, 77)
		D, v := make([]float64, d*d), make([]float64, d)
		for j := range m {
			if err := second.LocalHessian(D, e.W, m, j); err != nil {
				t.Fatal(err)
			}
			size := math.Max(1, largest(D))
			for b := range d {
				// u = P e_b; D u is column b of D, for D P = D.
				u := make([]float64, d)
				u[b] = 1
				project(u, e.Row(j))
				got := make([]float64, d)
				const h = 2e-3
				for n, c := range map[float64]float64{1: 45, 2: -9, 3: 1} {
					for _, sign := range []float64{-1, 1} {
						at := make([]float64, d)
						for a := range at {
							at[a] = e.Row(j)[a] + sign*n*h*u[a]
						}
						normalize(at)
						if err := f.VelocityAt(v, at, e.W, m); err != nil {
							t.Fatal(err)
						}
						for a := range got {
							got[a] += sign * c * v[a] / (60 * h)
						}
					}
				}
				for a := range got {
					diff := math.Abs(got[a]-D[a*d+b]) / size
					worst = math.Max(worst, diff)
					if !(diff < 1e-8) {
						t.Errorf("%v: D_%d[%d,%d] = %.12g, differences %.12g", p, j, a, b, D[a*d+b], got[a])
					}
				}
			}
			for a := range d {
				s := 0.0
				for b, x := range e.Row(j) {
					s += D[a*d+b] * x
				}
				if math.Abs(s) > 1e-13*size {
					t.Errorf("%v: (D_%d w_%d)[%d] = %g", p, j, j, a, s)
				}
			}
		}
	}
	t.Logf("largest relative difference %.2g", worst)
}

// Risk, velocity and local Hessian by their definitions as expectations over
// Gaussian x, every component within 5 standard errors.
func TestExpectationsAgainstMonteCarlo(t *testing.T) {
	const m, j = 3, 1
	draws := 1 << 20
	if testing.Short() {
		draws >>= 4
	}
	worst, components := 0.0, 0
	for n, p := range problems(t) {
		f, second := field(t, p, particles.Auto, 1)
		d := p.Dim()
		e := particles.NewUniform(m, d, 23)
		w := e.Row(j)
		var loss montecarlo.Estimate
		nu, hess := make([]montecarlo.Estimate, d), make([]montecarlo.Estimate, d*d)
		x, px := make([]float64, d), make([]float64, d)
		s := rng.New(6, rng.Quadrature, uint64(n))
		for range draws {
			weight := montecarlo.Gaussian(&s, x)
			out, z, d1, d2 := 0.0, 0.0, 0.0, 0.0
			for i := range m {
				inner := 0.0
				for a, c := range e.Row(i) {
					inner += c * x[a]
				}
				v, dv, d2v := p.Activation().Eval(inner)
				out += v / m
				if i == j {
					z, d1, d2 = inner, dv, d2v
				}
			}
			r := p.Task().Target().Value(x) - out
			loss.Add(weight * r * r)
			r *= weight
			for a := range px {
				px[a] = x[a] - z*w[a]
			}
			for a := range d {
				nu[a].Add(r * d1 * px[a])
				for b := range d {
					identity := -w[a] * w[b]
					if a == b {
						identity++
					}
					hess[a*d+b].Add(r * (d2*px[a]*px[b] - d1*z*identity - w[a]*d1*px[b]))
				}
			}
		}
		check := func(what string, est montecarlo.Estimate, want float64) {
			off := est.Off(want)
			worst = math.Max(worst, math.Abs(off))
			components++
			if !(math.Abs(off) < 5) {
				t.Errorf("%v: %s = %g, samples %g: off by %.1f standard errors", p, what, want, est.Mean(), off)
			}
		}
		risk, err := f.Risk(t.Context(), e.W, m)
		if err != nil {
			t.Fatal(err)
		}
		check("risk", loss, risk)
		v, D := make([]float64, m*d), make([]float64, d*d)
		if err := f.Velocity(t.Context(), v, e.W, m); err != nil {
			t.Fatal(err)
		}
		particles.UnitSphere.Tangent(v, e.W, m, d)
		if err := second.LocalHessian(D, e.W, m, j); err != nil {
			t.Fatal(err)
		}
		for a := range d {
			check("velocity", nu[a], v[j*d+a])
			for b := range d {
				check("local Hessian", hess[a*d+b], D[a*d+b])
			}
		}
	}
	t.Logf("worst of %d components: %.1f standard errors", components, worst)
}

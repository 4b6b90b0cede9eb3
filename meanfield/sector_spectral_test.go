package meanfield

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"kac/internal/legendre"
	"kac/particles"
)

// TestSectorSeries: sum_l N_l phi(a) phi(a') P_l(s) is the kernel, and the slopes are derivatives.
func TestSectorSeries(t *testing.T) {
	for _, d := range []int{3, 4, 9, 40} {
		s := &particles.Spectrum{Dim: d, Q: []float64{.3, .5, 0, .2, .1, .05, 0, .02, .03}}
		for _, x := range [][3]float64{{.3, -.5, .2}, {.9, .1, -1}, {-.2, -.7, .6}, {.99, .95, .3}} {
			c := func(a float64) float64 { return math.Sqrt(1 - a*a) }
			want := (&legendre.Series{Dim: d, Coef: s.Q}).Eval(x[0]*x[1] + c(x[0])*c(x[1])*x[2])
			got := 0.0
			for _, sec := range sectorsOf(s, 8) {
				n := sec.functions
				f, g, df, low, high, skip := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
				sec.at(x[0], c(x[0]), f, df)
				sec.at(x[1], c(x[1]), g, skip)
				p := math.Cos(float64(sec.degree) * math.Acos(x[2])) // of the circle, for d = 3
				if d > 3 {
					coef := make([]float64, sec.degree+1)
					coef[sec.degree] = 1
					p = (&legendre.Series{Dim: d - 1, Coef: coef}).Eval(x[2])
				}
				const h = 1e-5
				sec.at(x[0]-h, c(x[0]-h), low, skip)
				sec.at(x[0]+h, c(x[0]+h), high, skip)
				for i := range f {
					got += sec.count * p * f[i] * g[i]
					if by := (high[i] - low[i]) / (2 * h); math.Abs(by-df[i]) > 1e-5*(1+math.Abs(by)) {
						t.Errorf("d = %d, degree %d: slope %.8g, by differences %.8g", d, sec.degree, df[i], by)
					}
				}
			}
			if math.Abs(got-want) > 1e-12 {
				t.Errorf("d = %d at %v: %.15g, want %.15g", d, x, got, want)
			}
		}
	}
}

func fluctuations(t *testing.T, r *Reference, times []float64) *Fluctuation {
	t.Helper()
	start := time.Now()
	f, err := Fluctuations(context.Background(), r, times, FluctuationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v %.1e, coupling %v %.1e, %v", r.problem.Name(), f.Constant, f.ConstantError, f.Coupling, f.CouplingError, time.Since(start).Round(time.Millisecond))
	return f
}

// TestSphereConstants: C(t) and the coupling's limit of the quartic, by another implementation (Gauss-Lobatto
// collocation, the trapezoidal rule in tau; at d = 10 evolving all sources agrees).
func TestSphereConstants(t *testing.T) {
	times := []float64{0, 1, 2, 4, 8, 12}
	for _, c := range []struct {
		d              int
		want, coupling []float64
	}{
		{16, []float64{2, 1.379523139, .904601416, .593391966, .406460790, .321433808}, []float64{0, .223872699, .640322406, 1.287086284, 2.282390915, 3.209606014}},
		{32, []float64{2, 1.643230539, 1.082270928, .715157798, .538279117, .450719039}, nil},
		{64, []float64{2, 1.825164672, 1.261818521, .803168819, .638716664, .556083244}, nil},
	} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			if testing.Short() && c.d > 16 {
				return
			}
			f := fluctuations(t, solve(t, isotropic(t, particles.Sphere, c.d, "legendre 2:1,4:1", "legendre 2:.6,4:.45"), 12, 1e-10), times)
			for i := range times {
				if got := f.Constant[i]; !(math.Abs(got-c.want[i]) <= 1e-8*got+f.ConstantError[i]) {
					t.Errorf("d = %d: C(%g) = %.10f, want %.9f", c.d, times[i], got, c.want[i])
				}
				if c.coupling != nil && !(math.Abs(f.Coupling[i]-c.coupling[i]) <= 1e-7*c.coupling[i]+f.CouplingError[i]) {
					t.Errorf("d = %d: coupling at %g %.10f, want %.9f", c.d, times[i], f.Coupling[i], c.coupling[i])
				}
			}
		})
	}
}

// TestConstantsByEitherBasis: Hermite series by their own sectors and by those of the spectrum.
func TestConstantsByEitherBasis(t *testing.T) {
	times := []float64{0, 2, 8}
	for _, c := range []struct{ activation, link string }{{"4:1", "4:1"}, {"1:.5,2:.7,3:.4", "2:1,3:-.5"}, {"3:1,4:1", "4:1"}} {
		t.Run(c.activation, func(t *testing.T) {
			p := custom(t, c.activation, c.link, 1, 10)
			s, err := p.Task().Spectrum()
			if err != nil {
				t.Fatal(err)
			}
			a := fluctuations(t, solve(t, p, 8, 1e-9), times)
			b := fluctuations(t, solve(t, spectralProblem{p, &particles.AxisOverlap{Spectrum: s}}, 8, 1e-9), times)
			for i := range times {
				if !(math.Abs(a.Constant[i]-b.Constant[i]) <= a.ConstantError[i]+b.ConstantError[i]) || !(math.Abs(a.Coupling[i]-b.Coupling[i]) <= a.CouplingError[i]+b.CouplingError[i]) {
					t.Errorf("%+v at %g: C %.10f and %.10f, coupling %.10f and %.10f", c, times[i], a.Constant[i], b.Constant[i], a.Coupling[i], b.Coupling[i])
				}
			}
		})
	}
}

// TestConstantAtStart: C(0) = q(1) - q_0 for any activation.
func TestConstantAtStart(t *testing.T) {
	for _, activation := range []string{"relu", "tanh", "erf"} {
		r := solve(t, isotropic(t, particles.Gaussian, 8, activation, activation), 1, 1e-6)
		f := fluctuations(t, r, []float64{0, 1})
		s := r.spectrum()
		if want := s.DualAtOne - s.Q[0]; !(math.Abs(f.Constant[0]-want) <= f.ConstantError[0]) {
			t.Errorf("%s: C(0) = %.12f +- %.1g, want %.12f", activation, f.Constant[0], f.ConstantError[0], want)
		}
	}
}

package particles

import (
	"fmt"
	"math"
	"testing"
	"time"

	"kac/internal/legendre"
	"kac/internal/rng"
	"kac/kernels"
)

func isotropicTask(t testing.TB, law Law, d int, activation, link string) *Task {
	t.Helper()
	a, err := ParseActivation(activation)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseActivation(link)
	if err != nil {
		t.Fatal(err)
	}
	target, err := NewSingleIndex(b)
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(Spec{Dim: d, Law: law, Activation: a, Target: target})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func spectrum(t testing.TB, task *Task) *Spectrum {
	t.Helper()
	start := time.Now()
	s, err := task.Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d terms, tails %.1e and %.1e, %v", task, len(s.Q), s.Tail, s.OverlapTail, time.Since(start).Round(time.Millisecond))
	return s
}

// apart is the largest difference of coefficients.
func apart(got, want []float64) float64 {
	worst := 0.0
	for l := range max(len(got), len(want)) {
		a, b := 0.0, 0.0
		if l < len(got) {
			a = got[l]
		}
		if l < len(want) {
			b = want[l]
		}
		worst = math.Max(worst, math.Abs(a-b))
	}
	return worst
}

// TestSpectrumOfDuals: the closed form of the dual is the sum of its Legendre polynomials.
func TestSpectrumOfDuals(t *testing.T) {
	for _, c := range []struct {
		name  string
		dual  kernels.Dual
		bound func(s *Spectrum) float64
	}{
		{"erf", kernels.ErfDual(), func(*Spectrum) float64 { return 4e-15 }},
		{"relu", kernels.ReLUDual(), func(s *Spectrum) float64 { return s.Tail + 4e-15 }},
	} {
		for _, d := range []int{3, 4, 16, 33, 128, 1000} {
			t.Run(fmt.Sprintf("%s,d=%d", c.name, d), func(t *testing.T) {
				s := spectrum(t, isotropicTask(t, Gaussian, d, c.name, c.name))
				q := legendre.Series{Dim: d, Coef: s.Q}
				sum := 0.0
				for _, x := range s.Q {
					if x < 0 {
						t.Errorf("negative coefficient %g", x)
					}
					sum += x
				}
				one, _, _ := c.dual.Eval(1)
				if math.Abs(sum+s.Tail-one) > 2*s.Tail/3+4e-15 || math.Abs(s.DualAtOne-one) > 2e-15 || math.Abs(s.Norm2-one) > 2e-15 {
					t.Errorf("sum of q_l %.17g and tail %.3g, q(1) %.17g, norm %.17g; want %.17g", sum, s.Tail, s.DualAtOne, s.Norm2, one)
				}
				worst := 0.0
				for i := -50; i <= 50; i++ {
					x := float64(i) / 50
					want, _, _ := c.dual.Eval(x)
					worst = math.Max(worst, math.Abs(q.Eval(x)-want))
				}
				if bound := c.bound(s); !(worst <= bound) {
					t.Errorf("the series is off by %.2g, more than %.2g", worst, bound)
				}
			})
		}
	}
}

// TestSpectrumRoutes: finite sums from powers and quadrature on spheres agree.
func TestSpectrumRoutes(t *testing.T) {
	for _, d := range []int{3, 16, 512} {
		if testing.Short() && d != 16 {
			continue
		}
		for _, c := range []struct{ activation, link string }{
			{"4:1", "4:1"}, {"1:.5,2:.7,3:.4", "2:1,3:-.5"}, {"2:1,4:.7,8:.3", "2:.3,8:.5"}, {"0:.3,3:1,5:.5", "0:.1,3:.7,5:.2"}, {"3:1,20:.2", "3:.5,20:1"},
		} {
			t.Run(c.activation, func(t *testing.T) {
				task := isotropicTask(t, Gaussian, d, c.activation, c.link)
				want := spectrum(t, task)
				got, err := integratedSpectrum(Gaussian, d, task.activation, task.target.(*SingleIndex).link)
				if err != nil {
					t.Fatal(err)
				}
				if q, g := apart(got.Q, want.Q), apart(got.G, want.G); !(q < 2e-14*want.DualAtOne && g < 2e-14) {
					t.Errorf("d = %d, %+v: q off by %.2g, g by %.2g", d, c, q, g)
				}
				if math.Abs(got.Norm2-want.Norm2) > 1e-13 {
					t.Errorf("d = %d, %+v: norm %.16g, want %.16g", d, c, got.Norm2, want.Norm2)
				}
			})
		}
		task := isotropicTask(t, Gaussian, d, "relu", "relu")
		want := spectrum(t, task)
		p, err := task.activation.profile()
		if err != nil {
			t.Fatal(err)
		}
		for _, radii := range []legendre.Radii{legendre.GaussianRadii(d), legendre.SphereRadii(d)} {
			const degree = 200
			e := radii.Expand(p, degree)
			if q := apart(radii.Product(e, e), want.Q[:degree+1]); !(q < 1e-14) {
				t.Errorf("d = %d, relu on %d spheres: off by %.2g", d, len(radii.R), q)
			}
		}
		// Legendre series, by finite sums and by quadrature.
		s, err := ParseSeries("2:1,4:.8,5:.1")
		if err != nil {
			t.Fatal(err)
		}
		sigma, err := NewLegendreActivation(s, d)
		if err != nil {
			t.Fatal(err)
		}
		on, err := integratedSpectrum(Sphere, d, sigma, sigma)
		if err != nil {
			t.Fatal(err)
		}
		if q := apart(on.Q, legendreSpectrum(d, s, s).Q); !(q < 2e-14) {
			t.Errorf("d = %d, Legendre series: off by %.2g", d, q)
		}
	}
}

// hermiteOf returns c_k = E f(z) h_k(z) by the trapezoidal rule, whose error for these f is e^(-2 pi/h times the
// distance of the poles).
func hermiteOf(f func(float64) float64, degree int) []float64 {
	c := make([]float64, degree+1)
	const h = 1.0 / 256
	for i := -256 * 14; i <= 256*14; i++ {
		z := float64(i) * h
		root := math.Exp(-z*z/4) / math.Sqrt(math.Sqrt(2*math.Pi))
		p, before := root, 0.0
		for k := range c {
			c[k] += h * root * f(z) * p
			p, before = (z*p-math.Sqrt(float64(k))*before)/math.Sqrt(float64(k+1)), p
		}
	}
	return c
}

// TestSpectrumHermite: with the Hermite coefficients of activation and link the sum over powers s^k -> P_l.
func TestSpectrumHermite(t *testing.T) {
	functions := map[string]func(float64) float64{
		"tanh": math.Tanh, "sigmoid": func(z float64) float64 { return 1 / (1 + math.Exp(-z)) },
		"gelu": func(z float64) float64 { return z * math.Erfc(-z/math.Sqrt2) / 2 }, "erf": math.Erf,
		"softplus:4": func(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-4*math.Abs(z)))/4 },
	}
	for _, c := range []struct {
		activation, link string
		d                int
	}{{"tanh", "tanh", 12}, {"tanh", "erf", 3}, {"gelu", "gelu", 16}, {"sigmoid", "tanh", 5}, {"softplus:4", "softplus:4", 16}, {"softplus:4", "gelu", 64}, {"gelu", "tanh", 200}} {
		t.Run(c.activation, func(t *testing.T) {
			s := spectrum(t, isotropicTask(t, Gaussian, c.d, c.activation, c.link))
			const degree = 1200
			a, b := hermiteOf(functions[c.activation], degree), hermiteOf(functions[c.link], degree)
			q, g := make([]float64, degree+1), make([]float64, degree+1)
			for k := range q {
				q[k], g[k] = a[k]*a[k], a[k]*b[k]
			}
			wantQ, _ := legendre.FromPowers(c.d, q, degree)
			wantG, _ := legendre.FromPowers(c.d, g, degree)
			if q, g := apart(s.Q, wantQ), apart(s.G, wantG); !(q < 3e-15 && g < 3e-15) {
				t.Errorf("%+v: q off by %.2g, g by %.2g", c, q, g)
			}
		})
	}
}

// TestSpectrumMonteCarlo: E sigma sigma' and E f* sigma over inputs drawn from the law, within 5 standard errors.
func TestSpectrumMonteCarlo(t *testing.T) {
	const n, cosine = 1 << 17, 0.6
	legendreTask := func(d int) *Task {
		s, err := ParseSeries("2:1,4:.8")
		if err != nil {
			t.Fatal(err)
		}
		sigma, err := NewLegendreActivation(s, d)
		if err != nil {
			t.Fatal(err)
		}
		target, err := NewSingleIndex(sigma)
		if err != nil {
			t.Fatal(err)
		}
		task, err := NewTask(Spec{Dim: d, Law: Sphere, Activation: sigma, Target: target})
		if err != nil {
			t.Fatal(err)
		}
		return task
	}
	for _, task := range []*Task{
		isotropicTask(t, Sphere, 6, "tanh", "relu"), isotropicTask(t, Gaussian, 6, "relu", "tanh"), isotropicTask(t, Sphere, 5, "2:.5,3:1", "3:1"), legendreTask(7),
	} {
		s, d := spectrum(t, task), task.dim
		x := make([]float64, d)
		var sum, square [2]float64
		for i := range uint64(n) {
			task.law.draw(x, 5, rng.Quadrature, i)
			u, _, _ := task.activation.kernel.Eval(x[0])
			v, _, _ := task.activation.kernel.Eval(cosine*x[0] + math.Sqrt(1-cosine*cosine)*x[1])
			y := task.target.Value(x)
			for k, z := range []float64{u * v, y * v} {
				sum[k] += z / n
				square[k] += z * z / n
			}
		}
		for k, coef := range [][]float64{s.Q, s.G} {
			want := (&legendre.Series{Dim: d, Coef: coef}).Eval(cosine)
			se := math.Sqrt((square[k] - sum[k]*sum[k]) / n)
			if !(math.Abs(sum[k]-want) < 5*se) {
				t.Errorf("%s: %g by Monte Carlo +- %.1g, %g by the spectrum", task, sum[k], se, want)
			}
		}
	}
}

// TestSpectrumRefuses: what has no expansion says why.
func TestSpectrumRefuses(t *testing.T) {
	for _, c := range []struct {
		task *Task
		want string
	}{
		{isotropicTask(t, Boolean, 5, "tanh", "tanh"), "custom has no closed form: inputs are boolean; their law must be invariant under rotations"},
		{isotropicTask(t, Gaussian, 2, "tanh", "tanh"), "custom has no closed form: dimension 2 leaves no sphere beside the target's coordinate; at least 3 is needed"},
		{isotropicTask(t, Gaussian, 5, "tanh", "2:1"), "information exponent is infinite: activation and target share no degree above 0 (activation tanh, link 2:1)"},
		{isotropicTask(t, Gaussian, 5, "relu", "3:1"), "information exponent is infinite: activation and target share no degree above 0 (activation relu, link 3:1)"},
	} {
		t.Run(c.want, func(t *testing.T) {
			if _, err := c.task.Spectrum(); err == nil || err.Error() != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

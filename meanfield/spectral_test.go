package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kac/particles"
)

// isotropic is a problem of any activation and link, "legendre " before Legendre series.
func isotropic(t testing.TB, law particles.Law, d int, activation, link string) particles.Expectations {
	t.Helper()
	parse := func(text string) particles.Activation {
		if len(text) > 9 && text[:9] == "legendre " {
			s, err := particles.ParseSeries(text[9:])
			if err != nil {
				t.Fatal(err)
			}
			a, err := particles.NewLegendreActivation(s, d)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a, err := particles.ParseActivation(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	target, err := particles.NewSingleIndex(parse(link))
	if err != nil {
		t.Fatal(err)
	}
	task, err := particles.NewTask(particles.Spec{Name: activation + "|" + link, Dim: d, Law: law, Activation: parse(activation), Target: target})
	if err != nil {
		t.Fatal(err)
	}
	p, err := task.Exact()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestIsotropicRisks: what the risk has fallen by at paper times 1, 2, 5, 10 and 20, by another implementation (fixed
// panels of 12 Gauss-Legendre nodes, Hermite coefficients, DOP853). It cut ||f*||^2 = sum_k a_k^2 after some thousand
// terms, up to 2e-7, which differences do not know.
func TestIsotropicRisks(t *testing.T) {
	times := []float64{1, 2, 5, 10, 20}
	for _, c := range []struct {
		activation string
		d          int
		unit       float64
		start      float64
		want       []float64
	}{
		{"erf", 16, 1e-10, .4645590544, []float64{.2293313228, .1250379117, .0315712949, .0072631838, .0013956882}},
		{"tanh", 16, 1e-10, .3942944904, []float64{.2107895419, .1215806667, .0342826588, .0086787663, .0017823169}},
		{"tanh", 32, 1e-10, .3942944904, []float64{.2081639792, .1190185244, .0328870238, .0081422568, .0016496284}},
		{"softplus:4", 16, 5e-10, .3175919974, []float64{.2141656327, .1416699769, .0450011117, .0114732887, .0023726346}},
		{"relu", 8, 5e-9, .330607356, []float64{.230002164, .157430529, .055296415, .015924907, .003815026}},
		{"relu", 16, 1e-10, .3357961709, []float64{.2294818074, .1525870471, .0482563130, .0122191866, .0025211016}},
	} {
		t.Run(fmt.Sprintf("%s,d=%d", c.activation, c.d), func(t *testing.T) {
			r := solve(t, isotropic(t, particles.Gaussian, c.d, c.activation, c.activation), 20, 0)
			t.Logf("error %.1e, %d terms, %+v", r.Error(), r.kernel.rank, r.Stats())
			if math.Abs(r.Risk(0)-c.start) > 2e-7 {
				t.Errorf("t = 0: risk %.12f, want %.10f", r.Risk(0), c.start)
			}
			for i, at := range times {
				if got, want := r.Risk(0)-r.Risk(at), c.start-c.want[i]; !(math.Abs(got-want) <= c.unit+r.RiskError(at)) {
					t.Errorf("t = %g: the risk has fallen by %.12f, want %.10f", at, got, want)
				}
			}
		})
	}
}

// TestOtherLinks: targets of one Hermite polynomial, by another implementation (16 nodes a panel, graded towards the
// separatrix, extrapolated midpoint rule; ReLU with 400 degrees).
func TestOtherLinks(t *testing.T) {
	for _, c := range []struct {
		activation, link string
		tolerance, unit  float64
		times, want      []float64
	}{
		{"tanh", "3:1", 1e-11, 2e-11, []float64{5, 10, 20}, []float64{.981157608229, .957876808680, .940971805180}},
		{"relu", "2:1", 1e-7, 1e-9, []float64{1, 2, 5, 10}, []float64{1.0822938472, 1.0110599630, .8058883450, .7027374228}},
	} {
		t.Run(c.activation, func(t *testing.T) {
			r := solve(t, isotropic(t, particles.Gaussian, 16, c.activation, c.link), c.times[len(c.times)-1], c.tolerance)
			for i, at := range c.times {
				if got := r.Risk(at); !(math.Abs(got-c.want[i]) <= c.unit+r.RiskError(at)) {
					t.Errorf("%s on %s at %g: %.12f, want %.12f", c.activation, c.link, at, got, c.want[i])
				}
			}
		})
	}
}

// TestReLUStart: at t = 0 the risk is ||f*||^2 - q_0, q_0 = d (E z_+)^2 on the sphere.
func TestReLUStart(t *testing.T) {
	for _, c := range []struct {
		d    int
		want float64
	}{{3, .5 - 3.0/16}, {8, .5 - 8*math.Pow(16/(5*math.Pi)/7, 2)}} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			r := solve(t, isotropic(t, particles.Gaussian, c.d, "relu", "relu"), 0, 0)
			if got := r.Risk(0); math.Abs(got-c.want) > 1e-14 {
				t.Errorf("d = %d: %.16f, want %.16f", c.d, got, c.want)
			}
		})
	}
}

var isotropicCases = []struct {
	activation, link string
	law              particles.Law
	d                int
	horizon, tol     float64
}{
	{"relu", "relu", particles.Gaussian, 8, 10, 1e-7},
	{"relu", "relu", particles.Gaussian, 32, 20, 1e-8},
	{"relu", "relu", particles.Sphere, 128, 10, 1e-6},
	{"relu", "tanh", particles.Gaussian, 16, 10, 1e-8},
	{"relu", "2:1", particles.Gaussian, 12, 6, 1e-6},
	{"tanh", "tanh", particles.Gaussian, 8, 20, 1e-9},
	{"tanh", "3:1", particles.Gaussian, 32, 40, 1e-9},
	{"erf", "erf", particles.Sphere, 16, 20, 1e-10},
	{"softplus:16", "gelu", particles.Gaussian, 24, 10, 1e-8},
	{"gelu", "gelu", particles.Gaussian, 64, 20, 1e-9},
	{"sigmoid", "tanh", particles.Sphere, 128, 20, 1e-5},
	{"legendre 2:1,4:.8", "legendre 2:.55,4:.32", particles.Sphere, 48, 12, 1e-9},
	{"4:1", "4:1", particles.Sphere, 24, 60, 1e-8},
	{"tanh", "erf", particles.Gaussian, 100, 15, 1e-3},
	{"legendre 2:1,4:1", "legendre 2:.6,4:.45", particles.Gaussian, 8, 1, 1e-10},
}

// TestIsotropicEstimateIsTrue: as TestEstimateIsTrue, what expansions leave out included.
func TestIsotropicEstimateIsTrue(t *testing.T) {
	for _, c := range isotropicCases {
		t.Run(fmt.Sprintf("%s|%s,%v,d=%d", c.activation, c.link, c.law, c.d), func(t *testing.T) {
			p := isotropic(t, c.law, c.d, c.activation, c.link)
			loose, tight := solve(t, p, c.horizon, c.tol), solve(t, p, c.horizon, c.tol/50)
			if loose.Error() > c.tol {
				t.Errorf("error %.2g exceeds the tolerance %.0e", loose.Error(), c.tol)
			}
			share := 0.0
			const points = 400
			for i := 0; i <= points; i++ {
				at := c.horizon * float64(i) / points
				for _, f := range []func(*Reference, float64) float64{(*Reference).Risk, (*Reference).SelfEnergy, (*Reference).TargetOverlap} {
					share = math.Max(share, math.Abs(f(loose, at)-f(tight, at))/(loose.RiskError(at)+tight.RiskError(at)))
				}
			}
			t.Logf("%d and %d terms; error at most %.2g of the estimate %.1e", loose.kernel.rank, tight.kernel.rank, share, loose.Error())
			if !(share <= 1) {
				t.Errorf("the error is %.3g of its estimate", share)
			}
		})
	}
}

// TestEarlyFront: panels are halved within the first steps, where the path has no interpolant of full order yet. The
// risks are by another implementation (fixed panels of 16 nodes, extrapolated midpoint rule).
func TestEarlyFront(t *testing.T) {
	p := isotropic(t, particles.Gaussian, 8, "legendre 2:1,4:1", "legendre 2:.6,4:.45")
	for _, tol := range []float64{1e-6, DefaultTolerance, MinTolerance} {
		r := solve(t, p, 1, tol)
		for i, want := range []float64{1.33021005374263, .32015806050999, .31137381055762} {
			at := []float64{.1, .5, 1}[i]
			if got := r.Risk(at); !(math.Abs(got-want) <= r.RiskError(at)+2e-14) || r.Error() > tol {
				t.Errorf("tolerance %g, t = %g: risk %.14f +- %.1e, want %.14f", tol, at, got, r.RiskError(at), want)
			}
		}
	}
}

// TestUnreachable: where 1024 terms are not enough the error says what can be met, and it can.
func TestUnreachable(t *testing.T) {
	p := isotropic(t, particles.Gaussian, 16, "relu", "2:1")
	_, err := Solve(context.Background(), p, 20, Options{Tolerance: 1e-11})
	var u *UnresolvedError
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "1024 Legendre polynomials leave out more; a tolerance of 1e-08 can be met") {
		t.Fatal(err)
	}
	if r := solve(t, p, 20, 2e-8); r.Error() > 2e-8 {
		t.Error(r.Error())
	}
}

// TestSphereRisks: Legendre series on the sphere, s = (1, 1) and h = (.6, .45) in degrees 2 and 4, by two other
// solvers.
func TestSphereRisks(t *testing.T) {
	times := []float64{1, 2, 4, 8, 12}
	for _, c := range []struct {
		d     int
		want  []float64
		reach float64
	}{
		{10, []float64{.152846340564, .033454208934, .004240698274, .000971893073, .000318661572}, 1.261550753},
		{16, []float64{.202877712416, .039823337622, .003532566816, .000969357828, .000435675348}, 1.429445352},
		{32, []float64{.294427311890, .058071145120, .003416441727, .000925294787, .000511685441}, 1.681886240},
		{64, []float64{.391297756363, .091021433391, .004052006392, .000918158003, .000553713262}, 1.945694081},
		{128, []float64{.468051237868, .145279734958, .005443001760, .000931666668, .000584180006}, 2.218653572},
	} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			r := solve(t, isotropic(t, particles.Sphere, c.d, "legendre 2:1,4:1", "legendre 2:.6,4:.45"), 12, 0)
			for i, at := range times {
				if got := r.Risk(at); !(math.Abs(got-c.want[i]) <= 1e-10) {
					t.Errorf("d = %d, t = %g: risk %.12f, want %.12f", c.d, at, got, c.want[i])
				}
			}
			if at, ok := r.FirstTime(.1); !ok || math.Abs(at-c.reach) > 1e-8 {
				t.Errorf("d = %d: risk .1 at %.9f, want %.9f", c.d, at, c.reach)
			}
		})
	}
}

// TestSpectralIsBernstein: Hermite series by either basis.
func TestSpectralIsBernstein(t *testing.T) {
	for _, c := range estimateCases {
		if c.rank > 1 || c.dim > 16 || c.horizon > 30 {
			continue
		}
		p := custom(t, c.activation, c.link, c.rank, c.dim)
		s, err := p.Task().Spectrum()
		if err != nil {
			t.Fatal(err)
		}
		a, b := solve(t, p, c.horizon, 1e-11), solve(t, spectralProblem{p, &particles.AxisOverlap{Spectrum: s}}, c.horizon, 1e-11)
		for i := range 41 {
			at := c.horizon * float64(i) / 40
			if d := math.Abs(a.Risk(at) - b.Risk(at)); !(d <= a.RiskError(at)+b.RiskError(at)) {
				t.Errorf("%+v at %g: %.14f and %.14f", c, at, a.Risk(at), b.Risk(at))
			}
		}
	}
}

type spectralProblem struct {
	particles.Expectations
	overlap *particles.AxisOverlap
}

func (p spectralProblem) Overlap() particles.Overlap { return p.overlap }

// TestIsotropicTwins: the mean over many twins of P_1 and P_2 is the law's.
func TestIsotropicTwins(t *testing.T) {
	p := isotropic(t, particles.Gaussian, 12, "tanh", "relu")
	r := solve(t, p, 4, 1e-8)
	// Quantiles of the initial law instead of draws: the midpoint rule in theta.
	const n = 4000
	a0, weight := make([]float64, n), make([]float64, n)
	total := 0.0
	for i := range a0 {
		theta := math.Pi * ((float64(i)+0.5)/n - 0.5)
		a0[i], weight[i] = math.Sin(theta), math.Pow(math.Cos(theta), 10)
		total += weight[i]
	}
	tw, err := r.NewTwins(a0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.At(4)
	if err != nil {
		t.Fatal(err)
	}
	if err := tw.Advance(context.Background(), 4); err != nil {
		t.Fatal(err)
	}
	a, _ := tw.Positions()
	overlap, energy := 0.0, 0.0
	for i, x := range a {
		w := []float64{x, math.Sqrt(1 - x*x)}
		overlap += weight[i] / total * p.Overlap().Value(w)
		energy += weight[i] / total * f.Potential(x)
	}
	if math.Abs(overlap-r.TargetOverlap(4)) > 1e-8 || math.Abs(energy-r.SelfEnergy(4)) > 1e-8 {
		t.Errorf("overlap %.10f and energy %.10f by twins, %.10f and %.10f by the reference", overlap, energy, r.TargetOverlap(4), r.SelfEnergy(4))
	}
}

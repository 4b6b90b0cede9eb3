package meanfield

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"kac/particles"
)

func gapConstants(t testing.TB, p particles.Expectations, tol float64, times []float64) *GapConstants {
	t.Helper()
	r := solve(t, p, times[len(times)-1], tol)
	start := time.Now()
	f, err := Fluctuations(context.Background(), r, times, FluctuationOptions{Gaps: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, d = %d: %v", p.Name(), p.Dim(), time.Since(start).Round(time.Millisecond))
	return f.Gaps
}

// TestGapTable: the constants of every gap, by another implementation.
func TestGapTable(t *testing.T) {
	for _, c := range []struct {
		problem particles.Expectations
		at      []float64
		want    [][6]float64 // Data, Noise, SGD, SGDNoise, Step, RiskSlope
	}{
		{preset(t, "he4", 8), []float64{1, 2, 5, 10, 20}, [][6]float64{
			{88.231718, 2.01359757, 136.024403, 2.4786709, .0115022421, .158269842},
			{124.363082, 4.98459894, 187.788342, 4.27981608, .00559740491, .0878100994},
			{131.975736, 13.767726, 184.182000, 7.03743059, .000880001687, .0251610527},
			{126.722321, 26.591536, 145.290406, 8.95443501, .000339018951, .01186968},
			{111.269717, 45.0825961, 95.3185498, 10.5434314, .000179822527, .00621607617}}},
		{preset(t, "he4", 16), []float64{5, 20}, [][6]float64{
			{250.98635, 12.8634221, 398.608635, 7.97529354, .00179492348, .0466326233},
			{283.228859, 61.061315, 326.906531, 15.9861316, .000175295473, .00895917555}}},
		{preset(t, "he4", 32), []float64{20}, [][6]float64{{555.846795, 47.5573167, 810.910653, 21.3599722, .00016584713, .0113244401}}},
		{preset(t, "he3", 12), []float64{5}, [][6]float64{{36.7833701, 24.0453154, 32.8414568, 7.05004944, .00102584289, .039409837}}},
		{preset(t, "misspecified", 16), []float64{5}, [][6]float64{{6792.58818, 30.4836845, 20517.571, 23.05425, .0027135316, .04292393}}},
		{custom(t, "3:.7,4:.5", "3:.6,4:.8", 1, 14), []float64{8}, [][6]float64{{129.564355, 19.6881582, 152.381373, 4.22558827, .000402140469, .0262192159}}},
	} {
		t.Run(fmt.Sprint(c.problem.Name(), c.problem.Dim()), func(t *testing.T) {
			if testing.Short() && c.problem.Dim() > 16 {
				return
			}
			g := gapConstants(t, c.problem, 1e-10, c.at)
			for i, at := range c.at {
				for j, x := range g.slices()[:6] {
					got, wrong, want := (*x.value)[i], (*x.wrong)[i], c.want[i][j]
					t.Logf("t = %g, %d: %.10g +- %.1e, off by %.1e", at, j, got, wrong/got, got/want-1)
					if !(math.Abs(got-want) <= 2e-8*want+wrong) || !(wrong < 1e-4*want) {
						t.Errorf("%s, d = %d, t = %g: constant %d is %.10g +- %.1e, want %.9g", c.problem.Name(), c.problem.Dim(), at, j, got, wrong, want)
					}
				}
			}
		})
	}
}

// TestGapsOnSphere: data and label noise of the quartic, by another implementation and another route (every source
// solved forward).
func TestGapsOnSphere(t *testing.T) {
	times := []float64{1, 4, 8, 12}
	for _, c := range []struct {
		d           int
		data, noise []float64
	}{
		{16, []float64{24.27887, 3.064418, 1.205892, .871435}, []float64{7.548317, 39.605606, 93.85777, 156.5826}},
		{32, []float64{42.70782, 10.178546, 3.371308, 2.529124}, nil},
	} {
		t.Run(fmt.Sprint(c.d), func(t *testing.T) {
			if testing.Short() && c.d > 16 {
				return
			}
			g := gapConstants(t, isotropic(t, particles.Sphere, c.d, "legendre 2:1,4:1", "legendre 2:.6,4:.45"), 1e-10, times)
			for i := range times {
				if got, want := g.Data[i], c.data[i]; !(math.Abs(got-want) <= 1e-6*want+g.DataError[i]) {
					t.Errorf("d = %d, t = %g: data %.9g +- %.1e, want %.7g", c.d, times[i], got, g.DataError[i], want)
				}
				if c.noise == nil {
					continue
				}
				if got, want := g.Noise[i], c.noise[i]; !(math.Abs(got-want) <= 1e-6*want+g.NoiseError[i]) {
					t.Errorf("d = %d, t = %g: noise %.9g +- %.1e, want %.7g", c.d, times[i], got, g.NoiseError[i], want)
				}
			}
		})
	}
}

// TestGapsByEitherBasis: Hermite series by their own functions of samples and by those of the spectrum, of another
// rank.
func TestGapsByEitherBasis(t *testing.T) {
	times := []float64{2, 6}
	for _, c := range []struct{ activation, link string }{{"4:1", "4:1"}, {"1:.5,2:.7,3:.4", "2:1,3:-.5"}, {"3:1,4:1", "4:1"}, {"2:1,3:1", "2:1,5:.5"}} {
		t.Run(c.activation, func(t *testing.T) {
			p := custom(t, c.activation, c.link, 1, 10)
			s, err := p.Task().Spectrum()
			if err != nil {
				t.Fatal(err)
			}
			a := gapConstants(t, p, 1e-9, times)
			b := gapConstants(t, spectralProblem{p, &particles.AxisOverlap{Spectrum: s}}, 1e-9, times)
			for j, x := range a.slices() {
				y := b.slices()[j]
				for i := range times {
					if got, want := (*y.value)[i], (*x.value)[i]; !(math.Abs(got-want) <= (*x.wrong)[i]+(*y.wrong)[i]) {
						t.Errorf("%+v, t = %g: constant %d is %.12g +- %.1e, and %.12g +- %.1e", c, times[i], j, want, (*x.wrong)[i], got, (*y.wrong)[i])
					}
				}
			}
		})
	}
}

// TestMeanShift: the second order in 1/n. Another implementation agreed to nine digits as long as both left out, of the
// second derivative of c, -1/c - a^2/c^3, the second term; these numbers are with it.
func TestMeanShift(t *testing.T) {
	g := gapConstants(t, preset(t, "he4", 8), 1e-10, []float64{1, 2})
	square := func(b ...float64) (s float64) {
		for _, x := range b {
			s += x * x
		}
		return s
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"data, t = 1", g.Shift[0].Data2, square(-130.3086151, 47.63330397, 5.981116242)},
		{"data, t = 2", g.Shift[1].Data2, square(-208.8208120, 74.04259118, 10.66442481)},
		{"noise, t = 2", g.Shift[1].Noise2, square(-8.928599144, 3.102519353, .4858384184)},
		{"both, t = 2", g.Shift[1].Cross, 208.820812*8.928599144 + 74.04259118*3.102519353 + 10.66442481*.4858384184},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !(math.Abs(c.got-c.want) <= 1e-8*math.Abs(c.want)) {
				t.Errorf("%s: %.10g, want %.10g", c.name, c.got, c.want)
			}
		})
	}
	if want := g.Shift[1].Data2 / g.Data[1]; g.Threshold[1] != want {
		t.Errorf("threshold %g, want %g", g.Threshold[1], want)
	}
}

// TestMeanShiftAtStart: label noise has the symmetry of the whole sphere. A field of constant variance of its gradient
// moves the uniform law to itself on average to second order, so that b_noise starts with t^3; and data's starts with
// t^2, where the reaction of a sample to itself is of order t.
func TestMeanShiftAtStart(t *testing.T) {
	for _, p := range []particles.Expectations{preset(t, "he4", 8), preset(t, "he3", 12), custom(t, "1:.5,2:.7,3:.4", "2:1,3:-.5", 1, 7)} {
		early, late := gapConstants(t, p, 1e-9, []float64{.0005}), gapConstants(t, p, 1e-9, []float64{.001})
		if power := math.Log2(late.Shift[0].Noise2/early.Shift[0].Noise2) / 2; math.Abs(power-3) > .05 {
			t.Errorf("%s: the mean shift of label noise starts like t^%.3f, want t^3", p.Name(), power)
		}
	}
}

// TestSecondDerivatives: of the sectors' functions, by differences of the first.
func TestSecondDerivatives(t *testing.T) {
	r := solve(t, custom(t, "1:.5,2:.7,3:.4,6:1", "2:1,3:-.5", 1, 7), .1, 1e-4)
	s, err := r.problem.Task().Spectrum()
	if err != nil {
		t.Fatal(err)
	}
	for _, sec := range append(r.sectors(1), sectorsOf(s, 6)...) {
		n := sec.functions
		skip, low, high, got := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for _, a := range []float64{-.95, -.3, .1, .8} {
			const h = 1e-6
			c := func(a float64) float64 { return math.Sqrt(1 - a*a) }
			sec.at(a-h, c(a-h), skip, low)
			sec.at(a+h, c(a+h), skip, high)
			sec.bend(a, c(a), got)
			for f := range got {
				if by := (high[f] - low[f]) / (2 * h); math.Abs(by-got[f]) > 1e-6*(1+math.Abs(by)) {
					t.Errorf("degree %d, function %d at %g: %.9g, by differences %.9g", sec.degree, f, a, got[f], by)
				}
			}
		}
	}
}

// TestGapErrors: loose tolerances, each within its error of a tight one.
func TestGapErrors(t *testing.T) {
	times := []float64{1, 6}
	for _, p := range []particles.Expectations{preset(t, "he4", 12), custom(t, "3:.7,4:.5", "3:.6,4:.8", 1, 9), preset(t, "misspecified", 9),
		isotropic(t, particles.Sphere, 10, "legendre 2:1,4:1", "legendre 2:.6,4:.45")} {
		tight := gapConstants(t, p, 1e-10, times)
		for _, tol := range []float64{1e-3, 1e-5, 1e-7} {
			loose := gapConstants(t, p, tol, times)
			for j, x := range loose.slices() {
				y := tight.slices()[j]
				for i, at := range times {
					got, wrong, want := (*x.value)[i], (*x.wrong)[i], (*y.value)[i]
					if d := math.Abs(got - want); !(d <= wrong+(*y.wrong)[i]) {
						t.Errorf("%s, tolerance %g, t = %g: constant %d is %.10g +- %.1e, but %.10g: off by %.1e", p.Name(), tol, at, j, got, wrong, want, d)
					}
				}
			}
		}
	}
}

// TestGapsAtStart: closed forms as t -> 0, by the harmonics of the whole sphere: Noise/t^2 and SGDNoise/t, Data/t^2 and
// SGD/t.
func TestGapsAtStart(t *testing.T) {
	for _, c := range []struct {
		problem     particles.Expectations
		noise, data float64
	}{{preset(t, "he4", 8), 2.9, 49.68832143}, {preset(t, "he4", 16), 1.295454545, 8.648250258}, {preset(t, "he3", 12), 3.130580357, 10.80370845}} {
		t.Run(fmt.Sprint(c.noise, c.data), func(t *testing.T) {
			const at = 1e-4
			g := gapConstants(t, c.problem, 1e-10, []float64{at, 2 * at})
			limit := func(x []float64, power int) float64 {
				return 2*x[0]/intPow(at, power) - x[1]/intPow(2*at, power)
			}
			for _, x := range []struct {
				name      string
				got, want float64
			}{{"noise", limit(g.Noise, 2), c.noise}, {"sgd noise", limit(g.SGDNoise, 1), c.noise}, {"data", limit(g.Data, 2), c.data}, {"sgd", limit(g.SGD, 1), c.data}} {
				t.Run(x.name, func(t *testing.T) {
					if !(math.Abs(x.got-x.want) <= 1e-6*x.want) {
						t.Errorf("%s: %s starts with %.10g, want %.10g", c.problem.Name(), x.name, x.got, x.want)
					}
				})
			}
		})
	}
}

// TestResummed: the reaction of samples, by another implementation, whose points gave three digits.
func TestResummed(t *testing.T) {
	r := solve(t, preset(t, "he4", 8), 2, 1e-8)
	f, err := Fluctuations(context.Background(), r, []float64{2}, FluctuationOptions{Reaction: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[float64]float64{1 << 10: 15.85, 1 << 12: 44.54, 1 << 14: 81.93, 1 << 16: 108.38, 1 << 18: 119.65}
	var n []float64
	for x := range want {
		n = append(n, x)
	}
	n = append(n, 1e13)
	got, err := f.Gaps.Resummed(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range n {
		law := got[i][0]
		t.Logf("n = %g: %+v", x, law)
		if w := want[x]; x < 1e13 && math.Abs(law.Data-w) > 1e-3*w+law.DataError {
			t.Errorf("n = %g: C_data(2; n) = %.6g +- %.1e, want %.4g", x, law.Data, law.DataError, w)
		}
		if x == 1e13 && (math.Abs(law.Data-f.Gaps.Data[0]) > 1e-6*law.Data || math.Abs(law.Noise-f.Gaps.Noise[0]) > 1e-6*law.Noise) {
			t.Errorf("n large: %.10g, %.10g, want %.10g, %.10g", law.Data, law.Noise, f.Gaps.Data[0], f.Gaps.Noise[0])
		}
	}
	for _, length := range []float64{3, 2, .64, .05} {
		sums, err := f.Gaps.Epochs(length)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("epochs of %g: %+v; C_data %g C_noise %g; C_sgd %g T_e = %g", length, sums[0], f.Gaps.Data[0], f.Gaps.Noise[0], f.Gaps.SGD[0], length*f.Gaps.SGD[0])
		if length >= 2 && (math.Abs(sums[0].Data-f.Gaps.Data[0]) > 1e-7*f.Gaps.Data[0] || math.Abs(sums[0].Noise-f.Gaps.Noise[0]) > 1e-7*f.Gaps.Noise[0]) {
			t.Errorf("one epoch: %+v, want C_data %g and C_noise %g", sums[0], f.Gaps.Data[0], f.Gaps.Noise[0])
		}
		// Short epochs: sum_e D_e -> T_e C_sgd, what is left of batches is the data's.
		if length < .1 && (math.Abs(sums[0].Data/length/f.Gaps.SGD[0]-1) > .05 || math.Abs(sums[0].Noise/length/f.Gaps.SGDNoise[0]-1) > .05) {
			t.Errorf("epochs of %g: %+v, want nearly %g and %g", length, sums[0], length*f.Gaps.SGD[0], length*f.Gaps.SGDNoise[0])
		}
	}
}

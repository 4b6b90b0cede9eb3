package margin

import (
	"fmt"
	"math"
	"testing"
)

// Means over data sets by mpmath with 40 digits: margin, signal, test error, their deviations, worst error at rho. The
// estimated error covers what is wrong, and is not much larger than rounding.
func TestLaw(t *testing.T) {
	for _, c := range []struct {
		s    Setting
		rho  float64
		want [7]float64
	}{
		{Setting{200, 20000, .02}, .97, [7]float64{1.7262580280644182, 0.57929413314664372, 2.5332239453593539e-7, 0.0057637264982148287, 0.0019341790914379679, 3.3398770821945208e-8, 0.0028827621210592185}},
		{Setting{50, 1000, .1}, .97, [7]float64{1.7027463736828748, 0.58741915382586803, 0.010929864317435348, 0.025588804384332933, 0.0088274913198689351, 0.0015117069717626849, 0.10189790145337251}},
		{Setting{60, 3000, .0125}, .9, [7]float64{1.2698269329483113, 0.78752820993391323, 5.8104395840463246e-30, 0.0062897026229291509, 0.0039003485089978911, 1.9547453117092516e-29, 6.0975231783330183e-6}},
		{Setting{40, 3000, .03}, .97, [7]float64{1.7943638169018317, 0.55734532512145727, 5.4192553151601995e-5, 0.016077704857653431, 0.0049939566270841098, 1.1225391384203664e-5, 0.018880239583899573}},
		{Setting{3, 4, .5}, .8, [7]float64{1.0755978075002823, 0.93636767794103439, 0.0058417849682526377, 0.098772583074719159, 0.073126578849431001, 0.017060301097453028, 0.15956215710804345}},
		{Setting{10, 11, .3}, .6, [7]float64{1.0146849979925047, 0.98590481108105362, 3.0793306885791216e-6, 0.020355708018901334, 0.018822982313606913, 7.7862004116813341e-5, 0.15822129859474506}},
		{Setting{5, 40, 2}, .9, [7]float64{3.849049800328881, 0.26311461296313235, 0.42344042631987141, 0.42990188949131359, 0.030018487378544497, 0.0093277307897138382, 0.55257163096818749}},
	} {
		t.Run(fmt.Sprint(c.s), func(t *testing.T) {
			if err := c.s.Check(); err != nil {
				t.Fatal(err)
			}
			m, a, e, w := c.s.Margin(), c.s.Signal(), c.s.TestError(), c.s.WorstError(c.rho)
			for i, got := range [7]float64{m.Value, a.Value, e.Value, m.SD, a.SD, e.SD, w.Value} {
				if math.Abs(got/c.want[i]-1) > 3e-13 {
					t.Errorf("number %d is %.17g, want %.17g", i, got, c.want[i])
				}
			}
			for i, g := range []Mean{m, a, e} {
				if wrong := math.Abs(g.Value - c.want[i]); wrong > g.Wrong || g.Wrong > 1e-12*g.Value {
					t.Errorf("mean %d is wrong by %.2g, estimated %.2g", i, wrong, g.Wrong)
				}
			}
			if m2 := c.s.Margin2(); math.Abs(m2.Value-m.Value*m.Value-m.SD*m.SD) > 1e-13*m2.Value {
				t.Errorf("E margin² %v, (E margin)² + variance %v", m2.Value, m.Value*m.Value+m.SD*m.SD)
			}
		})
	}
}

// Functions of q with known means: 1/q has s2 (d-n)/n, and q has n/(s2 (d-n-2)), by the inverse chi-square law.
func TestMeanOfKnownFunctions(t *testing.T) {
	for _, s := range []Setting{{1, 6, .3}, {4, 9, 7}, {500, 1_000_000, 1e-4}, {3000, 4000, .1}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			k, n := float64(s.Dim-s.Samples), float64(s.Samples)
			inverse := s.Mean(func(q float64) float64 { return -math.Log(q) })
			if want, m2 := s.Variance*k/n, s.Margin2(); math.Abs(inverse.Value/want-1) > 1e-13 || math.Abs(inverse.SD/m2.SD-1) > 1e-10 || math.Abs(m2.Value-1-want) > 1e-14*m2.Value {
				t.Errorf("E 1/q = %.16g, want %.16g; deviation %.16g and %.16g", inverse.Value, want, inverse.SD, m2.SD)
			}
			q := s.Mean(math.Log)
			if want := n / (s.Variance * (k - 2)); math.Abs(q.Value/want-1) > 1e-13 {
				t.Errorf("E q = %.16g, want %.16g", q.Value, want)
			}
		})
	}
}

// The largest test error among classifiers of a share of the margin, at q = .5 and variance .02.
func TestWorstError(t *testing.T) {
	for rho, want := range map[float64]float64{1: 2.86651572e-07, .99: 1.43376314e-04, .95: 1.49570025e-02, .9: .120306634, .75: .776768715, .7: .900800813} {
		t.Run(fmt.Sprint(rho), func(t *testing.T) {
			if got := math.Exp(LogWorstError(.5, .02, rho)); math.Abs(got/want-1) > 5e-9 {
				t.Errorf("rho %v: %.9e, want %.9e", rho, got, want)
			}
		})
	}
	for _, q := range []float64{.1, 1, 7} {
		if half := math.Exp(LogWorstError(q, .3, Memoriser(q))); math.Abs(half-.5) > 1e-12 {
			t.Errorf("q %v: the memoriser's share of the margin has the worst error %v, not 1/2", q, half)
		}
		if a, b := LogWorstError(q, .3, 1), LogTestError(q, .3); math.Abs(a/b-1) > 1e-14 {
			t.Errorf("q %v: at the whole margin the worst error is not the test error", q)
		}
	}
}

// A mean far below the range of numbers keeps its logarithm: by the saddle of the integrand, to the order 1/k.
func TestTinyTestError(t *testing.T) {
	s := Setting{100, 100_000, 2e-5}
	m := s.TestError()
	// max over t of log Phi(-sqrt(q/s2)) - (k/2)(e^t-1-t), times the ratio of widths, on a fine grid with sums in
	// logarithms.
	k := s.degrees()
	var list []float64
	top, norm := math.Inf(-1), math.Inf(-1)
	for x := -1.0; x < 3; x += 1e-5 {
		d := -k / 2 * excess(x)
		v := d + LogTestError(float64(s.Samples)/(s.Variance*k)*math.Exp(-x), s.Variance)
		list, top, norm = append(list, v), max(top, v), max(norm, d)
	}
	sum, mass := 0.0, 0.0
	for i, v := range list {
		sum += math.Exp(v - top)
		mass += math.Exp(-k/2*excess(-1+1e-5*float64(i)) - norm)
	}
	if want := top - norm + math.Log(sum/mass); math.Abs(m.Log-want) > 1e-6 || m.Value != 0 || want > -1e4 {
		t.Errorf("log %v, want %v; value %v", m.Log, want, m.Value)
	}
}

func TestSettingsWithoutALaw(t *testing.T) {
	for _, s := range []Setting{{0, 5, 1}, {5, 5, 1}, {6, 5, 1}, {2, 5, 0}, {2, 5, -1}, {2, 5, math.NaN()}, {2, 5, math.Inf(1)}} {
		if s.Check() == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCrossingInterpolates a power law exactly, and says where there is none.
func TestCrossingInterpolates(t *testing.T) {
	sizes := []int{10, 20, 40, 80}
	var risks [][]float64
	for _, n := range sizes {
		r := 3 * math.Pow(float64(n), -1.5)
		risks = append(risks, []float64{r, r, r})
	}
	c := crossing(sizes, risks, 3*math.Pow(33, -1.5))
	if math.Abs(c.Samples-33) > 1e-10 || math.Abs(c.Low-33) > 1e-6 || math.Abs(c.High-33) > 1e-6 {
		t.Errorf("%+v, want 33", c)
	}
	for _, level := range []float64{1, 1e-9} {
		if c := crossing(sizes, risks, level); !math.IsNaN(c.Samples) || !math.IsNaN(c.Low) {
			t.Errorf("level %g: %+v, want none", level, c)
		}
	}
	if c := crossing(sizes, [][]float64{{1}, {.5}, {.2}, {.1}}, .3); !(c.Samples > 20 && c.Samples < 40) || !math.IsNaN(c.Low) {
		t.Errorf("one draw: %+v, want a crossing without interval", c)
	}
}

// TestIntervalsCover: of crossings and of their exponents, on draws with an error common to all n of a draw, in 95 of
// 100 cases.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const draws, cases = 12, 1500
	crossings, exponents := 0, 0
	for range cases {
		var list []Crossing
		for _, d := range []int{10, 16, 24, 32} {
			truth := math.Pow(float64(d), 1.85)
			sizes := []int{}
			risks := [][]float64{}
			common := make([]float64, draws)
			for s := range common {
				common[s] = .3 * r.NormFloat64()
			}
			for a := .5; a <= 2; a *= 1.3 {
				n := int(math.Round(truth * a * 1.17))
				row := make([]float64, draws)
				for s := range row {
					row[s] = .1 * math.Pow(float64(n)/truth, -2) * math.Max(.01, 1+common[s]+.2*r.NormFloat64())
				}
				sizes, risks = append(sizes, n), append(risks, row)
			}
			c := crossing(sizes, risks, .1)
			if c.Dim = d; c.Low <= truth && truth <= c.High {
				crossings++
			}
			list = append(list, c)
		}
		if e := slopeOf(list); e.Low <= 1.85 && 1.85 <= e.High {
			exponents++
		}
	}
	if share := float64(crossings) / (4 * cases); share < .92 || share > .97 {
		t.Errorf("intervals of crossings hold the truth in %.3f of the cases", share)
	}
	if share := float64(exponents) / cases; share < .92 || share > .985 {
		t.Errorf("intervals of exponents hold the truth in %.3f of the cases", share)
	}
}

// TestExactExponent: the best kernel's over d = 16 to 64 is 3.76.
func TestExactExponent(t *testing.T) {
	p := small(t, func(p *Parameters) {
		p.Dims, p.Predictors, p.Level = []int{16, 24, 32, 48, 64}, []string{Best, Floor}, .10125
	})
	all, err := p.Crossings(nil)
	if err != nil {
		t.Fatal(err)
	}
	if e := all[0].Exponent; math.Abs(e.Value-3.76) > .005 || !(e.Low < e.Value && e.Value < e.High) {
		t.Errorf("exponent %+v, want 3.76", e)
	}
	if n := all[0].List[2].Samples; math.Abs(n/26944-1) > 3e-5 {
		t.Errorf("d = 32: %g, want 26944", n)
	}
	if n := all[1].List[0].Samples; math.Abs(n-3740./2) > 1e-6 { // degree 4 alone is left: h_4^2 (1 - n/N_4) = h_4^2/2
		t.Errorf("floor, d = 16: %g, want N_4/2 = 1870", n)
	}
}

// TestIntervalsCoverCurvature: a risk that bends on the logarithmic axes, as that of networks does, and has no scatter.
func TestIntervalsCoverCurvature(t *testing.T) {
	const truth = 431
	risk := func(n float64) float64 { return .2 / (1 + math.Pow(n/truth, 2.2)) }
	for _, ratio := range []float64{2, 1.5, 1.19} {
		for shift := 1.0; shift < ratio; shift += .07 {
			var sizes []int
			var risks [][]float64
			for n := 60 * shift; n < 5000; n *= ratio {
				sizes = append(sizes, int(n))
				r := risk(float64(int(n)))
				risks = append(risks, []float64{r, r, r})
			}
			c := crossing(sizes, risks, .1)
			if !(c.Low <= truth && truth <= c.High) || c.High/c.Low > 1+.2*(ratio-1) || math.Abs(c.Samples/truth-1) > .02*(ratio-1) {
				t.Errorf("ratio %g, shift %.2f: %.1f [%.1f,%.1f], want %d", ratio, shift, c.Samples, c.Low, c.High, truth)
			}
		}
	}
}

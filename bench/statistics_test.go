package bench

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"kac/bench/internal/benchtest"
)

func TestMeanOf(t *testing.T) {
	m := MeanOf([]float64{2, 4, 4, 4, 5, 5, 7, 9}) // sum of squared deviations 32
	benchtest.Near(t, "mean", m.Value, 5, 1e-15)
	benchtest.Near(t, "standard error", m.SE, math.Sqrt(32.0/7/8), 1e-15)
	if one := MeanOf([]float64{3}); one.Value != 3 || !math.IsNaN(one.SE) {
		t.Errorf("one value gives %+v, want 3 with an unknown error", one)
	}
	for _, x := range []float64{.9625, .1, 1e300, 5e-324, -1. / 3, 0} {
		for n := 2; n < 40; n++ {
			if m := MeanOf(slices.Repeat([]float64{x}, n)); m.Value != x || m.SE != 0 || m.N != n {
				t.Errorf("%d times %g have %+v", n, x, m)
			}
		}
	}
	if none := MeanOf(nil); !math.IsNaN(none.Value) {
		t.Errorf("no value gives %+v", none)
	}
}

// Exact power laws give their exponent, with an interval of no width, whatever the seeds' factors:
// a factor common to all widths of a seed says nothing about the exponent.
func TestFitExponentExactPowerLaw(t *testing.T) {
	widths := []int{64, 128, 256, 512}
	for _, p := range []float64{-1, -0.5, 2} {
		values := make([][]float64, len(widths))
		for i, m := range widths {
			for _, factor := range []float64{0.7, 1.1, 1.9, 0.4} {
				values[i] = append(values[i], factor*math.Pow(float64(m), p))
			}
		}
		e, err := FitExponent(widths, values)
		if err != nil {
			t.Fatal(err)
		}
		benchtest.Near(t, "exponent", e.Value, p, 1e-12)
		benchtest.Near(t, "half interval", e.High-e.Low, 0, 1e-12)
		if e.DF != 3 {
			t.Errorf("%d degrees of freedom, want seeds-1 = 3", e.DF)
		}
	}
}

// Two widths, three seeds, by hand: any weights give the line through two points, so the slope
// without seed s is log2 of a ratio of sums, and the interval is t_{.975,2} = 4.30265272974946.
func TestFitExponentByHand(t *testing.T) {
	a, b := []float64{1, 2, 3}, []float64{2, 3, 7}
	e, err := FitExponent([]int{10, 20}, [][]float64{a, b})
	if err != nil {
		t.Fatal(err)
	}
	benchtest.Near(t, "slope", e.Value, 1, 1e-14) // log2(12/6)
	j := []float64{math.Log2(10.0 / 5), math.Log2(9.0 / 4), math.Log2(5.0 / 3)}
	mean := (j[0] + j[1] + j[2]) / 3
	var v float64
	for _, x := range j {
		v += (x - mean) * (x - mean)
	}
	se := math.Sqrt(v * 2 / 3)
	benchtest.Near(t, "standard error", e.SE, se, 1e-14)
	benchtest.Near(t, "upper end", e.High, 1+4.30265272974946*se, 1e-12)
	if !e.Contains(1) || e.Contains(e.High+1e-9) {
		t.Error("Contains disagrees with the interval")
	}
}

// The weights are (mean/SE)^2: precise widths decide, a noisy one hardly moves the line. Slope by the
// formula for a weighted line in x = 0, ln 2, ln 4.
func TestFitExponentWeights(t *testing.T) {
	values := [][]float64{{8, 8.2, 7.8}, {4, 4.05, 3.95}, {1, 6, 11}}
	e, err := FitExponent([]int{1, 2, 4}, values)
	if err != nil {
		t.Fatal(err)
	}
	var sw, sx, sy, sxx, sxy float64
	for i, v := range values {
		m := MeanOf(v)
		w, x, y := math.Pow(m.Value/m.SE, 2), float64(i)*math.Ln2, math.Log(m.Value)
		sw, sx, sy, sxx, sxy = sw+w, sx+w*x, sy+w*y, sxx+w*x*x, sxy+w*x*y
	}
	benchtest.Near(t, "slope", e.Value, (sw*sxy-sx*sy)/(sw*sxx-sx*sx), 1e-12)
	if e.Value > -0.99 || e.Value < -1.01 {
		t.Errorf("slope %.4f: the noisy width has pulled it from -1", e.Value)
	}
}

// One seed: ordinary regression. Data of Anscombe's first set in logarithms: slope .5001, standard
// error .1179, nine degrees of freedom (F. J. Anscombe, Amer. Statist. 27 (1973) 17-21).
func TestFitExponentOneSeed(t *testing.T) {
	x := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	y := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	widths := make([]int, len(x))
	values := make([][]float64, len(x))
	for i := range x {
		widths[i] = 1 << int(x[i])
		values[i] = []float64{math.Exp(math.Ln2 * y[i])}
	}
	e, err := FitExponent(widths, values)
	if err != nil {
		t.Fatal(err)
	}
	benchtest.Near(t, "slope", e.Value, 0.5001, 5e-5)
	benchtest.Near(t, "standard error", e.SE, 0.1179, 5e-5)
	benchtest.Near(t, "mean log width", e.LogWidth/math.Ln2, 9, 1e-9)
	benchtest.Near(t, "mean log value", e.LogValue/math.Ln2, 7.5009, 5e-5)
	if e.DF != 9 {
		t.Errorf("%d degrees of freedom, want 9", e.DF)
	}
}

func TestFitExponentRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		widths []int
		values [][]float64
	}{
		"one width":              {[]int{64}, [][]float64{{1, 2}}},
		"equal widths":           {[]int{64, 64}, [][]float64{{1, 2}, {1, 2}}},
		"one seed, two widths":   {[]int{64, 128}, [][]float64{{1}, {2}}},
		"ragged seeds":           {[]int{64, 128}, [][]float64{{1, 2}, {2}}},
		"zero mean":              {[]int{64, 128}, [][]float64{{0, 0}, {1, 2}}},
		"negative mean":          {[]int{64, 128}, [][]float64{{-1, -1}, {1, 2}}},
		"NaN":                    {[]int{64, 128}, [][]float64{{math.NaN(), 1}, {1, 2}}},
		"no seeds":               {[]int{64, 128}, [][]float64{{}, {}}},
		"one seed, a value is 0": {[]int{64, 128, 256}, [][]float64{{1}, {0}, {1}}},
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := FitExponent(c.widths, c.values); !errors.Is(err, ErrNoFit) {
				t.Errorf("%s: %+v, error %v; want ErrNoFit", name, e, err)
			}
		})
	}
}

// The interval covers the truth about 95 times in 100 on data like ours: at width m the squared
// norm of a mean of m vectors in R^k (exponent -1), the widths nested in each seed. With these
// seeds a plain sum of variances covers 90 times (see FitExponent), which this test tells apart.
func TestFitExponentCoverage(t *testing.T) {
	widths := []int{64, 128, 256, 512}
	const k, seeds, trials = 5, 8, 4000
	rng := rand.New(rand.NewPCG(1, 2))
	covered := 0
	for range trials {
		values := make([][]float64, len(widths))
		for range seeds {
			var sum [k]float64
			previous := 0
			for i, m := range widths {
				square := 0.0
				for j := range sum {
					sum[j] += rng.NormFloat64() * math.Sqrt(float64(m-previous))
					square += sum[j] * sum[j]
				}
				previous = m
				values[i] = append(values[i], square/float64(m)/float64(m))
			}
		}
		e, err := FitExponent(widths, values)
		if err != nil {
			t.Fatal(err)
		}
		if e.Contains(-1) {
			covered++
		}
	}
	if share := float64(covered) / trials; share < 0.93 || share > 0.97 {
		t.Errorf("the 95 %% interval covers the truth in %.1f %% of %d trials", 100*share, trials)
	}
}

// What an exponent means is said in words that fit its sign and interval.
func TestExponentWords(t *testing.T) {
	for _, c := range []struct {
		value, low, high float64
		verb, meaning    string
	}{
		{-1.02, -1.1, -0.9, "falls like", ""},
		{-0.72, -0.8, -0.6, "falls like", "the interval leaves out -1: at these widths the limit is approached slowly"},
		{0.24, 0.1, 0.3, "grows like", "it grows with m: wider networks are not nearer at these widths"},
		{0.24, -0.1, 0.5, "grows like", "the interval leaves out -1: at these widths the limit is approached slowly"},
		{-1.5, -1.7, -1.2, "falls like", "the interval leaves out -1: it falls faster than 1/m at these widths"},
		{-0.5, math.NaN(), math.NaN(), "falls like", ""},
	} {
		t.Run(c.verb, func(t *testing.T) {
			e := &Exponent{Value: c.value, Low: c.low, High: c.high}
			if away, meaning := e.Away(); e.Verb() != c.verb || meaning != c.meaning || away != (meaning != "") {
				t.Errorf("%+v: %q, %q", c, e.Verb(), meaning)
			}
		})
	}
}

package margin

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/internal/portable"
	ideal "kac/meanfield/margin"
)

// marksAtMost data sets of a kind are drawn as dots: more make a smear.
const marksAtMost = 40

// WorstPicture draws the largest test error among classifiers against their share of the largest margin: the mean of
// the law as a line, every data set as dots, and as a dashed line where the memoriser stands; of several dimensions the
// largest.
func (s *Study) WorstPicture() (*plotting.Figure, error) {
	p := &s.Parameters
	plot1 := plotting.New()
	plot1.X.Label.Text, plot1.Y.Label.Text = "share *ρ* of the largest margin", "largest test error"
	entries := plotting.Legend()
	low := .8
	var last []Summary
	for _, m := range s.Summary {
		if m.Dim == p.Dims[len(p.Dims)-1] {
			last = append(last, m)
			low = math.Min(low, ideal.Memoriser(m.Kappa)-.1)
		}
	}
	low = math.Max(low, .02)
	for i, m := range last {
		look := plotting.Ordered(i, len(last))
		setting := ideal.Setting{Samples: p.Samples, Dim: m.Dim, Variance: m.Variance}
		var x, y, dx, dy []float64
		for k := 0; k <= 120; k++ {
			rho := low + (1-low)*float64(k)/120
			x, y = append(x, rho), append(y, setting.WorstError(rho).Value)
		}
		for _, r := range s.Rows {
			if r.Dim != m.Dim || r.Setting != m.Setting || r.Seed-p.Seed >= marksAtMost {
				continue
			}
			for k := 1; k <= 12; k++ {
				rho := low + (1-low)*float64(k)/12
				dx, dy = append(dx, rho), append(dy, ideal.Exp(ideal.LogWorstError(r.Q, m.Variance, rho)))
			}
		}
		look.Glyph.Radius = vg.Points(1.6)
		marks := plotting.Marks(plot1, dx, dy, look.Glyph)
		entries.Add("*κ* = "+fmt.Sprintf("%.3g", m.Kappa), plotting.Curve(plot1, x, y, look.Line), marks)
		thin := look.Line
		thin.Width, thin.Dashes = vg.Points(.6), []vg.Length{vg.Points(2), vg.Points(2)}
		at := ideal.Memoriser(m.Kappa)
		plotting.Curve(plot1, []float64{at, at}, []float64{0, 1}, thin)
	}
	entries.Add("lines: mean of the law;\ndots: data sets;\nthin: the memoriser", plotting.Remark{})
	plotting.Around(plot1)
	plot1.X.Min, plot1.X.Max = low-.01, 1.01
	d := p.Dims[len(p.Dims)-1]
	return &plotting.Figure{
		Title: "Largest test error against the share of the margin", Width: 6.6 * vg.Inch, Height: 3.8 * vg.Inch,
		Draw: func(c draw.Canvas) {
			heading := fmt.Sprintf("Maximal margin works, large margin fails: *n* = %d, *d* = %d, %s", p.Samples, d, plotting.Count(p.Seeds, "data set"))
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{plot1}, &entries, vg.Points(126))
		},
	}, nil
}

// MarginPicture draws the margin of every data set against the dimension, with the mean of the law, the band of two
// standard deviations of it, and the limit.
func (s *Study) MarginPicture() (*plotting.Figure, error) {
	p := &s.Parameters
	plot1 := plotting.New()
	plot1.X.Label.Text, plot1.Y.Label.Text = "dimensions *d*", "largest margin"
	entries := plotting.Legend()
	first, last := math.Log10(float64(p.Dims[0])), math.Log10(float64(p.Dims[len(p.Dims)-1]))
	if len(p.Dims) == 1 {
		first = math.Max(math.Log10(float64(p.Samples+1)), first-1)
	}
	for i := range p.settings() {
		look := plotting.Ordered(i, p.settings())
		var x, mean, under, over, limit, dx, dy []float64
		for k := 0; k <= 100; k++ {
			at := first + (last-first)*float64(k)/100
			d := max(int(math.Round(portable.Pow(10, at))), p.Samples+1)
			m := ideal.Setting{Samples: p.Samples, Dim: d, Variance: p.variance(d, i)}.Margin()
			x, mean, under, over = append(x, at), append(mean, m.Value), append(under, m.Value-2*m.SD), append(over, m.Value+2*m.SD)
			limit = append(limit, ideal.Margin(p.kappa(d, i)))
		}
		for _, r := range s.Rows {
			if r.Setting == i && r.Seed-p.Seed < marksAtMost {
				dx, dy = append(dx, math.Log10(float64(r.Dim))), append(dy, r.Margin)
			}
		}
		plotting.Area(plot1, x, under, over, look)
		look.Glyph.Radius = vg.Points(1.6)
		marks := plotting.Marks(plot1, dx, dy, look.Glyph)
		text := "*κ* = "
		if len(p.Kappas) > 0 {
			text += bench.Number(p.Kappas[i])
		} else {
			text = "s2 = " + bench.Number(p.Variances[i])
		}
		entries.Add(text, plotting.Curve(plot1, x, mean, look.Line), marks)
		thin := look.Line
		thin.Width, thin.Dashes = vg.Points(.6), []vg.Length{vg.Points(2), vg.Points(2)}
		plotting.Curve(plot1, x, limit, thin)
	}
	entries.Add("lines: mean of the law,\nband ± 2 std. deviations;\ndots: data sets;\nthin: *d* → ∞", plotting.Remark{})
	plotting.Around(plot1)
	plot1.X.Tick.Marker = plotting.Sizes{Values: p.Dims, Apart: .12}
	plot1.X.Min, plot1.X.Max = plotting.Room(first, last, .04)
	return &plotting.Figure{
		Title: "Largest margin against the dimension", Width: 6.6 * vg.Inch, Height: 3.8 * vg.Inch,
		Draw: func(c draw.Canvas) {
			heading := fmt.Sprintf("Largest margin of *n* = %d points, %s of each kind", p.Samples, plotting.Count(p.Seeds, "data set"))
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{plot1}, &entries, vg.Points(126))
		},
	}, nil
}

package theory

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// Picture draws T, J_max's parts and sup C (where any was computed) against d on logarithmic axes, a panel
// each, with the fitted power laws as thin lines over the dimensions that they are fitted to.
func (s *Scaling) Picture() (*plotting.Figure, error) {
	entries := plotting.Legend()
	var panels []*plot.Plot
	quantities := []struct {
		label, short string
		value        func(ScalingRow) float64
		fit          func(ScalingFit) (*bench.Exponent, []int)
	}{
		{"*T*(*δ*)", "*T*", func(r ScalingRow) float64 { return r.Time }, func(f ScalingFit) (*bench.Exponent, []int) { return f.Time, f.FitDims }},
		{"sup ‖*J*_{*t,s*}‖", "*J*", func(r ScalingRow) float64 { return r.WorstJ }, func(f ScalingFit) (*bench.Exponent, []int) { return f.WorstJ, f.FitDims }},
		{"sup_{*t*} *C*(*t*)", "*C*", func(r ScalingRow) float64 { return r.SupConstant }, func(f ScalingFit) (*bench.Exponent, []int) { return f.SupConstant, f.FitConstantsDims }},
		{"sup_{*t*} *C*_{data}", "*C*_{data}", func(r ScalingRow) float64 { return r.SupData.Value }, func(f ScalingFit) (*bench.Exponent, []int) { return f.SupData, f.FitConstantsDims }},
	}
	if !slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.SupConstant > 0 }) {
		quantities = quantities[:2]
	}
	dims := s.Parameters.Dims
	low, high := plotting.Room(math.Log10(float64(dims[0])), math.Log10(float64(dims[len(dims)-1])), 0.03)
	for q, quantity := range quantities {
		last := q == len(quantities)-1
		p := plotting.New()
		p.Y.Label.Text = quantity.label
		for i, f := range s.Fits {
			look := plotting.Ordered(i, len(s.Fits))
			var x, y []float64
			for _, r := range s.Rows {
				if r.Problem == f.Problem {
					x, y = append(x, math.Log10(float64(r.Dim))), append(y, math.Log10(quantity.value(r)))
				}
			}
			plotting.Marks(p, x, y, look.Glyph)
			if e, over := quantity.fit(f); e != nil {
				style := look.Line
				style.Width = vg.Points(0.8)
				ends := []float64{math.Log10(float64(over[0])), math.Log10(float64(over[len(over)-1]))}
				plotting.Curve(p, ends, []float64{fittedLog10(e, ends[0]), fittedLog10(e, ends[1])}, style)
			}
		}
		p.X.Min, p.X.Max = low, high
		p.X.Tick.Marker = plotting.Sizes{Values: dims, Apart: 0.1, Unlabelled: !last}
		plotting.Around(p)
		p.Y.Tick.Marker = plotting.Decades{}
		if last {
			p.X.Label.Text = "dimension *d*"
		}
		panels = append(panels, p)
	}
	for i, f := range s.Fits {
		look := plotting.Ordered(i, len(s.Fits))
		text := plotting.Escape(f.Problem)
		for q, quantity := range quantities {
			if e, _ := quantity.fit(f); e != nil {
				text += fmt.Sprintf("\n%s ~ *d*^{%s}", quantity.short, exponentText(e))
			}
			if q == 0 {
				text += "\n(promised: *d*^{" + bench.Number(f.Promised) + "})"
			}
		}
		look.Line.Width = vg.Points(0.8)
		entries.Add(text, sample{look.Line}, mark{look.Glyph})
	}
	entries.Add("lines: least squares\nfrom *d* = "+fmt.Sprint(max(s.Parameters.FitFrom, dims[0]))+", of *C* all *d*", plotting.Remark{})
	return &plotting.Figure{
		Title: fmt.Sprintf("Time to risk %s^2, stability constant and 1/m constant against dimension: %s", bench.Number(s.Parameters.Delta), strings.Join(s.Parameters.Problems, ", ")),
		Width: 6.9 * vg.Inch, Height: vg.Length(2.2*float64(len(panels))+0.2) * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, "*T*: first paper time at which the risk is *δ*^2, *δ* = "+bench.Number(s.Parameters.Delta)+"; logarithmic axes")
			plotting.Stacked(c, panels, &entries, vg.Points(136))
		},
	}, nil
}

// fittedLog10 is the decimal logarithm of a fitted power law at 10^x: through the points' mean, with their slope.
func fittedLog10(e *bench.Exponent, x float64) float64 {
	return (e.LogValue + e.Value*(x*math.Ln10-e.LogWidth)) / math.Ln10
}

// mark is the legend's picture of a marker.
type mark struct{ style draw.GlyphStyle }

// Thumbnail implements plot.Thumbnailer.
func (m mark) Thumbnail(c *draw.Canvas) { c.DrawGlyph(m.style, c.Center()) }

func exponentText(e *bench.Exponent) string {
	if e == nil {
		return "?"
	}
	return plotting.Minus(fmt.Sprintf("%.2f", e.Value))
}

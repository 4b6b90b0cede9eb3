package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"kac/bench"
	"kac/internal/plotting"
)

// crossingPanel is the number of samples at the level against the dimension, with the fitted power laws.
func (r *Result) crossingPanel(legend *plot.Legend) *plot.Plot {
	p := r.Parameters
	panel := plotting.New()
	for _, c := range r.Crossings {
		own := look(c.Predictor)
		if c.Predictor == Network {
			for i, m := range p.Widths {
				if m == c.Width && len(p.Widths) > 1 {
					own = plotting.Ordered(i, len(p.Widths))
				}
			}
		}
		var x, y []float64
		for _, one := range c.List {
			x, y = append(x, math.Log10(float64(one.Dim))), append(y, math.Log10(one.Samples))
			bar := own.Line
			bar.Dashes, bar.Width = nil, vg.Points(.8)
			if one.High > one.Low {
				plotting.Curve(panel, []float64{x[len(x)-1], x[len(x)-1]}, []float64{math.Log10(one.Low), math.Log10(one.High)}, bar)
			}
		}
		marks := plotting.Marks(panel, x, y, own.Glyph)
		text := c.name(p)
		if e := c.Exponent; e != nil {
			line := own.Line
			line.Width = vg.Points(.8)
			ends := []float64{x[0], x[len(x)-1]}
			plotting.Curve(panel, ends, []float64{e.LogValue/math.Ln10 + e.Value*(ends[0]-e.LogWidth/math.Ln10), e.LogValue/math.Ln10 + e.Value*(ends[1]-e.LogWidth/math.Ln10)}, line)
			text += fmt.Sprintf(": *n* ~ *d*^{%s}", plotting.Minus(fmt.Sprintf("%.2f", e.Value)))
		}
		legend.Add(text, marks)
	}
	legend.Add(fmt.Sprintf("(left: *n* at risk %s)", bench.Number(p.Level)), plotting.Remark{})
	dims := p.Dims
	panel.X.Min, panel.X.Max = plotting.Room(math.Log10(float64(dims[0])), math.Log10(float64(dims[len(dims)-1])), .06)
	plotting.Around(panel)
	panel.X.Tick.Marker, panel.Y.Tick.Marker = plotting.Decades{}, plotting.Decades{}
	panel.X.Label.Text, panel.Y.Label.Text = "dimension *d*", "samples *n*"
	return panel
}

// curvesShown is how many numbers of samples the panel of times shows at most.
const curvesShown = 7

// timePanel is risk against time in the largest dimension, of the widest networks, beside the infinite network and its
// linearisation.
func (r *Result) timePanel(legend *plot.Legend) *plot.Plot {
	p := r.Parameters
	i := len(p.Dims) - 1
	panel := plotting.New()
	limit := r.Limits[i]
	widest := p.Widths[len(p.Widths)-1]
	sizes := p.sizes[i]
	step := (len(sizes)-1)/curvesShown + 1
	var shown []int
	for k := len(sizes) - 1; k >= 0; k -= step {
		shown = append([]int{sizes[k]}, shown...)
	}
	lowest := limit.Risk[len(limit.Risk)-1]
	for k, n := range shown {
		var y []float64
		for _, t := range p.times {
			y = append(y, meanOf(r.Rows, func(row *Row) bool {
				return row.Dim == p.Dims[i] && row.Samples == n && row.Predictor == Network && row.Width == widest && row.Time == t
			}).Value)
		}
		own := plotting.Ordered(k, len(shown))
		legend.Add(fmt.Sprintf("network, *n* = %d", n), plotting.Curve(panel, p.times, log10(y), own.Line))
	}
	legend.Add("*m* = *n* = ∞, exact", plotting.Curve(panel, limit.Time, log10(limit.Risk), plotting.Limit().Line))
	lazy := plotting.Black().Line
	lazy.Dashes, lazy.Width = []vg.Length{vg.Points(1.5), vg.Points(2)}, vg.Points(1.4)
	legend.Add("linearised (lazy), exact", plotting.Curve(panel, limit.Time, log10(limit.Lazy), lazy))
	legend.Add(fmt.Sprintf("(right: *d* = %d, *m* = %d)", p.Dims[i], widest), plotting.Remark{})
	plotting.Times(panel, p.Horizon)
	plotting.Around(panel)
	panel.Y.Min = math.Min(panel.Y.Min, math.Log10(lowest)-.1)
	panel.Y.Tick.Marker = plotting.Decades{}
	panel.X.Label.Text, panel.Y.Label.Text = "paper time *t*", "risk"
	return panel
}

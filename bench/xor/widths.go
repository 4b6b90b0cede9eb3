package xor

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// WidthsPictureFile is the picture of m times the gap against m.
const WidthsPictureFile = "gap.svg"

// WidthsPicture draws m times the gap against the width at the last of each quarter of the times, and E|w|^4/2 - G^2,
// what it is while neurons are independent, as a line where E|w|^2 is below 1/10: a constant is what 1/m means.
func (s *Study) WidthsPicture() (*plotting.Figure, error) {
	p := &s.Parameters
	panel := plotting.New()
	panel.X.Label.Text = "width *m*"
	panel.Y.Label.Text = "*m* E(*y f* − *G*)^2"
	if p.own != nil {
		panel.Y.Label.Text = "*m* E(*f* − *f_M*)^2"
	}
	entries := plotting.Legend()
	var x []float64
	for _, m := range p.Widths {
		x = append(x, math.Log10(float64(m)))
	}
	times := p.Times()
	var rows []int
	for k := range 4 {
		if at := (len(times) - 1) * (k + 1) / 4; at > 0 && (len(rows) == 0 || rows[len(rows)-1] != at) {
			rows = append(rows, at)
		}
	}
	for i, row := range rows {
		look := plotting.Ordered(i, len(rows))
		var means []bench.Mean
		for _, m := range p.Widths {
			gap := s.Mean(m, row, "gap")
			means = append(means, bench.Mean{Value: float64(m) * gap.Value, SE: float64(m) * gap.SE, N: gap.N})
		}
		entries.Add(fmt.Sprintf("*t* = %.4g", times[row]), inDecades(panel, x, means, look)...)
		if p.own == nil && s.ideal.points[row].Energy < .1 {
			at := logOf(s.ideal.points[row].Independent)
			entries.Add("independent neurons", plotting.Curve(panel, []float64{x[0], x[len(x)-1]}, []float64{at, at}, plotting.Limit().Line))
		}
	}
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	plotting.Around(panel)
	panel.X.Min, panel.X.Max = plotting.Room(x[0], x[len(x)-1], .04)
	panel.X.Tick.Marker = plotting.Sizes{Values: p.Widths, Apart: .2}
	panel.Y.Tick.Marker = plotting.Decades{}
	batch := fmt.Sprintf("batches of %d", p.Batch)
	if p.Cube {
		batch = "the whole cube in every step"
	}
	heading := fmt.Sprintf("Two trained layers, *d* = %d, %s, *η* = %s, %s, %s: width times gap", p.Dim, p.heading(), bench.Number(p.Eta), batch, plotting.Count(p.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Width times gap of networks on XOR, against the width", Width: 6.6 * vg.Inch, Height: 3.6 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{panel}, &entries, vg.Points(122))
		},
	}, nil
}

// inDecades draws the decimal logarithms of means, with a band of one standard error and marks, and returns what stands
// for them in a legend.
func inDecades(panel *plot.Plot, x []float64, means []bench.Mean, look plotting.Look) []plot.Thumbnailer {
	var y, low, high []float64
	for _, m := range means {
		se := m.SE
		if math.IsNaN(se) {
			se = 0
		}
		y, low, high = append(y, logOf(m.Value)), append(low, logOf(m.Value-se)), append(high, logOf(m.Value+se))
	}
	plotting.Area(panel, x, low, high, look)
	marks := plotting.Marks(panel, x, y, look.Glyph)
	return []plot.Thumbnailer{plotting.Curve(panel, x, y, look.Line), marks}
}

// logOf is the decimal logarithm, NaN for what has none.
func logOf(x float64) float64 {
	if x > 0 {
		return math.Log10(x)
	}
	return math.NaN()
}

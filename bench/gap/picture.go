package gap

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/particles"
)

// Picture draws the scaled function error of every width with its band of one standard error, and its limit C(t) where
// the summary has it, above the risk of the reference, against paper time. The reference is given at times of its own,
// closer together than the study's.
func Picture(problem particles.Expectations, p *Parameters, s *Summary, reference []bench.ReferenceRow) (*plotting.Figure, error) {
	upper, lower := plotting.New(), plotting.New()
	entries := plotting.Legend()

	upper.Y.Label.Text = "function error, *m* ‖*f*_{*m*} − *f*_{MF}‖^2"
	drawWidths(upper, &entries, s)
	if s.Seeds > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	limit := s.Limit
	if limit != nil {
		entries.Add("limit *C*(*t*)", plotting.Curve(upper, limit.Times, limit.Constant, plotting.Limit().Line))
	}
	lower.Y.Label.Text = "risk, ‖*f*_{MF} − *f*^{\\*}‖^2"
	lower.X.Label.Text = "paper time *t*"
	var times, risk []float64
	for _, r := range reference {
		times, risk = append(times, r.Time), append(risk, r.Risk)
	}
	entries.Add("*m* = ∞, risk", plotting.Curve(lower, times, risk, plotting.Black().Line))

	for _, panel := range []*plot.Plot{upper, lower} {
		plotting.Times(panel, s.Times[len(s.Times)-1])
		plotting.FromZero(panel)
	}
	upper.X.Tick.Marker = plotting.Ticks{Unlabelled: true}
	what := fmt.Sprintf("%s, d = %d, %s", problem.Name(), p.Dim, p.dynamics())
	heading := plotting.Escape(fmt.Sprintf("%s, ", problem.Name())) + fmt.Sprintf("*d* = %d, %s, %s", p.Dim, p.dynamics(), plotting.Count(s.Seeds, "seed"))
	if limit == nil {
		if heading += ", without the limit *C*(*t*): --constant adds it"; problem.Rank() > 1 {
			heading = strings.Replace(heading, "--constant adds it", "known for rank 1 only", 1)
		}
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("m times the function error and reference risk against paper time: %s, widths %v, %s", what, s.Widths, plotting.Count(s.Seeds, "seed")),
		Width: 6.6 * vg.Inch, Height: 5 * vg.Inch,
		Draw: func(c draw.Canvas) { layout(plotting.Heading(c, heading), upper, lower, &entries) },
	}, nil
}

// dynamics names the networks' motion.
func (p *Parameters) dynamics() string {
	if p.Dynamics == DynamicsDescent {
		return "gradient descent, step " + bench.Number(p.Eta)
	}
	return "gradient flow"
}

// drawWidths adds a band, a line and sparse markers for each width.
func drawWidths(upper *plot.Plot, entries *plot.Legend, s *Summary) {
	marks := max(1, int(math.Round(float64(len(s.Times)-1)/8)))
	for i, m := range s.Widths {
		look := plotting.Ordered(i, len(s.Widths))
		var value, low, high, markX, markY []float64
		for t, time := range s.Times {
			mean := s.Function.Mean[t][i]
			value, low, high = append(value, mean.Value), append(low, math.Max(mean.Value-mean.SE, 0)), append(high, mean.Value+mean.SE)
			// Widths take turns, so that markers of curves on top of each other stay apart.
			if (t+i*marks/max(1, len(s.Widths)))%marks == 0 {
				markX, markY = append(markX, time), append(markY, mean.Value)
			}
		}
		plotting.Area(upper, s.Times, low, high, look)
		line := plotting.Curve(upper, s.Times, value, look.Line)
		entries.Add("*m* = "+strconv.Itoa(m), line, plotting.Marks(upper, markX, markY, look.Glyph))
	}
}

// layout puts the panels above each other with common left and right edges, and the legend beside
// them where it covers nothing.
func layout(c draw.Canvas, upper, lower *plot.Plot, entries *plot.Legend) {
	margin := vg.Points(8)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	legendWidth := vg.Points(98)
	height := c.Max.Y - c.Min.Y
	top := draw.Crop(c, 0, -legendWidth, 0.42*height, 0)
	bottom := draw.Crop(c, 0, -legendWidth, 0, -0.60*height)
	left := func(p *plot.Plot, c draw.Canvas) vg.Length { return p.DataCanvas(c).Min.X - c.Min.X }
	right := func(p *plot.Plot, c draw.Canvas) vg.Length { return c.Max.X - p.DataCanvas(c).Max.X }
	wide, far := max(left(upper, top), left(lower, bottom)), max(right(upper, top), right(lower, bottom))
	for _, panel := range []struct {
		p *plot.Plot
		c draw.Canvas
	}{{upper, top}, {lower, bottom}} {
		panel.p.Draw(draw.Crop(panel.c, wide-left(panel.p, panel.c), right(panel.p, panel.c)-far, 0, 0))
	}
	entries.Draw(draw.Crop(c, c.Max.X-c.Min.X-legendWidth+vg.Points(8), 0, 0, 0))
}

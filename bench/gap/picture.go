package gap

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/particles"
)

// Picture draws the scaled function error of every width with its band of one standard error,
// above the risk of the reference, against paper time. The reference is given at times of its own,
// closer together than the study's.
func Picture(problem *particles.Problem, p *Parameters, s *Summary, reference []bench.ReferenceRow) (*plotting.Figure, error) {
	upper, lower := plotting.New(), plotting.New()
	entries := plotting.Legend()

	upper.Y.Label.Text = "function error, *m* ‖*f*_{*m*} − *f*_{MF}‖^2"
	if err := drawWidths(upper, &entries, s); err != nil {
		return nil, err
	}
	lower.Y.Label.Text = "risk, ‖*f*_{MF} − *f*^{\\*}‖^2"
	lower.X.Label.Text = "paper time *t*"
	risk := make(plotter.XYs, len(reference))
	for i, r := range reference {
		risk[i] = plotter.XY{X: r.Time, Y: r.Risk}
	}
	line, err := plotter.NewLine(risk)
	if err != nil {
		return nil, fmt.Errorf("drawing the reference risk: %w", err)
	}
	line.LineStyle = plotting.Black().Line
	lower.Add(line)
	entries.Add("*m* = ∞, risk", line)
	if s.Seeds > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}

	horizon := s.Times[len(s.Times)-1]
	for _, panel := range []*plot.Plot{upper, lower} {
		// A little room at both ends keeps markers and tick labels inside the panel, so that the
		// two vertical axes stand exactly above each other.
		panel.X.Min, panel.X.Max = -0.02*horizon, 1.02*horizon
		panel.Y.Min, panel.Y.Max = 0, panel.Y.Max*1.05
	}
	upper.X.Tick.Marker = plotting.Ticks{Unlabelled: true}
	what := fmt.Sprintf("%s, d = %d", problem.Name(), p.Dim)
	return &plotting.Figure{
		Title: fmt.Sprintf("m times the function error and reference risk against paper time: %s, widths %v, %d seeds", what, s.Widths, s.Seeds),
		Width: 6.6 * vg.Inch, Height: 4.8 * vg.Inch,
		Draw: func(c draw.Canvas) { layout(c, upper, lower, &entries) },
	}, nil
}

// drawWidths adds a band, a line and sparse markers for each width.
func drawWidths(upper *plot.Plot, entries *plot.Legend, s *Summary) error {
	marks := max(1, int(math.Round(float64(len(s.Times)-1)/8)))
	for i, m := range s.Widths {
		look := plotting.Ordered(i, len(s.Widths))
		var points, marked plotter.XYs
		var above, below plotter.XYs
		for t, time := range s.Times {
			mean := s.Function.Mean[t][i]
			points = append(points, plotter.XY{X: time, Y: mean.Value})
			if !math.IsNaN(mean.SE) {
				above = append(above, plotter.XY{X: time, Y: mean.Value + mean.SE})
				below = append(below, plotter.XY{X: time, Y: mean.Value - mean.SE})
			}
			// Widths take turns, so that markers of curves on top of each other stay apart.
			if (t+i*marks/max(1, len(s.Widths)))%marks == 0 {
				marked = append(marked, points[t])
			}
		}
		if len(above) > 0 {
			for j := len(below) - 1; j >= 0; j-- {
				above = append(above, below[j])
			}
			band, err := plotter.NewPolygon(above)
			if err != nil {
				return fmt.Errorf("drawing the band of width %d: %w", m, err)
			}
			band.Color, band.LineStyle.Width = look.Band, 0
			upper.Add(band)
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return fmt.Errorf("drawing width %d: %w", m, err)
		}
		line.LineStyle = look.Line
		glyphs, err := plotter.NewScatter(marked)
		if err != nil {
			return fmt.Errorf("drawing width %d: %w", m, err)
		}
		glyphs.GlyphStyle = look.Glyph
		upper.Add(line, glyphs)
		entries.Add("*m* = "+strconv.Itoa(m), line, glyphs)
	}
	return nil
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

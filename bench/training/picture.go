package training

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
)

// Picture draws the three panels of the paper's figures side by side: risk, m times the function
// error, m times the squared mean coupling, one line per width with its band of one standard error,
// against time divided by timeUnit, which label names.
func (s *Study) Picture(summary *Summary, timeUnit float64, label string) (*plotting.Figure, error) {
	entries := plotting.Legend()
	titles := []string{"risk, ‖*f*_{*m*} − *f*^{\\*}‖^2", "function error, *m* ‖*f*_{*m*} − *f*_{ref}‖^2", "coupling, *m* (E_{*i*} ‖Δ(*i*)‖)^2"}
	var panels []*plot.Plot
	for k, values := range [][][]bench.Mean{summary.Risk, summary.Function, summary.Coupling} {
		panel := plotting.New()
		panel.Y.Label.Text, panel.X.Label.Text = titles[k], label
		from := 0
		if k == 1 && towers(values) {
			// A second layer of +-C starts with C^2 Var(sigma), which would flatten all that follows.
			from = 1
			panel.Y.Label.Text += ", *t* > 0"
		}
		for i, m := range summary.Widths {
			column := make([]bench.Mean, 0, len(values))
			for _, row := range values[from:] {
				column = append(column, row[i])
			}
			line, glyphs, err := drawMeans(panel, summary.Times[from:], timeUnit, column, plotting.Ordered(i, len(summary.Widths)), i)
			if err != nil {
				return nil, fmt.Errorf("drawing width %d: %w", m, err)
			}
			if k == 0 {
				entries.Add("*m* = "+strconv.Itoa(m), line, glyphs)
			}
		}
		if k == 0 {
			look := plotting.Black()
			look.Line.Dashes = []vg.Length{vg.Points(3), vg.Points(2)}
			line, _, err := drawMeans(panel, summary.Times, timeUnit, summary.ReferenceRisk, look, -1)
			if err != nil {
				return nil, fmt.Errorf("drawing the reference: %w", err)
			}
			entries.Add("reference", line)
		}
		horizon := summary.Times[len(summary.Times)-1] / timeUnit
		panel.X.Min, panel.X.Max = -0.02*horizon, 1.02*horizon
		panel.Y.Min, panel.Y.Max = 0, panel.Y.Max*1.05
		panels = append(panels, panel)
	}
	if summary.Repeats > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("Risk, m times the function error and m times the squared coupling against time: %s, d = %d, widths %v, %d repeats",
			s.Task.Name(), s.Parameters.Dim, summary.Widths, summary.Repeats),
		Width: 11 * vg.Inch, Height: 3.2 * vg.Inch,
		Draw: func(c draw.Canvas) { sideBySide(c, panels, &entries) },
	}, nil
}

// towers reports whether the values of the first time are more than three times all later ones.
func towers(values [][]bench.Mean) bool {
	first, later := math.Inf(1), 0.0
	for t, row := range values {
		for _, mean := range row {
			if t == 0 {
				first = math.Min(first, mean.Value)
			} else {
				later = math.Max(later, mean.Value)
			}
		}
	}
	return len(values) > 2 && first > 3*later
}

// drawMeans adds a band, a line and, for index >= 0, sparse markers.
func drawMeans(panel *plot.Plot, times []float64, unit float64, means []bench.Mean, look plotting.Look, index int) (*plotter.Line, *plotter.Scatter, error) {
	marks := max(1, int(math.Round(float64(len(times)-1)/7)))
	var points, marked, above, below plotter.XYs
	for t, mean := range means {
		at := plotter.XY{X: times[t] / unit, Y: mean.Value}
		points = append(points, at)
		if mean.SE > 0 {
			above = append(above, plotter.XY{X: at.X, Y: at.Y + mean.SE})
			below = append(below, plotter.XY{X: at.X, Y: math.Max(at.Y-mean.SE, 0)})
		}
		if index >= 0 && (t+index)%marks == 0 {
			marked = append(marked, at)
		}
	}
	if len(above) > 1 {
		for j := len(below) - 1; j >= 0; j-- {
			above = append(above, below[j])
		}
		band, err := plotter.NewPolygon(above)
		if err != nil {
			return nil, nil, err
		}
		band.Color, band.LineStyle.Width = look.Band, 0
		panel.Add(band)
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, nil, err
	}
	line.LineStyle = look.Line
	panel.Add(line)
	if len(marked) == 0 {
		return line, nil, nil
	}
	glyphs, err := plotter.NewScatter(marked)
	if err != nil {
		return nil, nil, err
	}
	glyphs.GlyphStyle = look.Glyph
	panel.Add(glyphs)
	return line, glyphs, nil
}

// sideBySide draws the panels in equal parts with the legend at their right.
func sideBySide(c draw.Canvas, panels []*plot.Plot, entries *plot.Legend) {
	margin, legendWidth := vg.Points(8), vg.Points(98)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	width := (c.Max.X - c.Min.X - legendWidth) / vg.Length(len(panels))
	for i, p := range panels {
		p.Draw(draw.Crop(c, vg.Length(i)*width, vg.Length(i+1)*width-(c.Max.X-c.Min.X)-vg.Points(12), 0, 0))
	}
	entries.Draw(draw.Crop(c, c.Max.X-c.Min.X-legendWidth+vg.Points(4), 0, 0, 0))
}

// HistogramPicture draws the distribution of |Delta_i| at the last observation, all repeats
// together, one line per width: particles per bin of equal ratio, as a share.
func (s *Study) HistogramPicture() (*plotting.Figure, error) {
	panel, entries := plotting.New(), plotting.Legend()
	panel.X.Label.Text, panel.Y.Label.Text = "log_{10} ‖Δ(*i*)‖ at the last time", "share of particles"
	width := math.Log10(binEdge(2) / binEdge(1))
	first := histogramBins // the lowest bin that any network reaches
	for _, times := range s.Histogram {
		for k, n := range times[len(times)-1] {
			if n > 0 && k > 0 {
				first = min(first, k)
			}
		}
	}
	for i, m := range s.Parameters.Widths {
		bins := s.Histogram[i][len(s.Histogram[i])-1]
		total := 0
		for _, n := range bins {
			total += n
		}
		var points plotter.XYs
		for k := max(first-1, 1); k < len(bins); k++ {
			points = append(points, plotter.XY{X: math.Log10(binEdge(k)) + width/2, Y: float64(bins[k]) / float64(total)})
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("drawing the histogram of width %d: %w", m, err)
		}
		line.LineStyle = plotting.Ordered(i, len(s.Parameters.Widths)).Line
		panel.Add(line)
		entries.Add("*m* = "+strconv.Itoa(m), line)
	}
	panel.Y.Min, panel.Y.Max = 0, panel.Y.Max*1.05
	return &plotting.Figure{
		Title: fmt.Sprintf("Distribution of the distance of particles to their twins at the last time: %s, widths %v", s.Task.Name(), s.Parameters.Widths),
		Width: 5.5 * vg.Inch, Height: 3.2 * vg.Inch,
		Draw: func(c draw.Canvas) { sideBySide(c, []*plot.Plot{panel}, &entries) },
	}, nil
}

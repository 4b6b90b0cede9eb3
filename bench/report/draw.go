package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
	"kac/internal/portable"
)

// figure draws the chart for paper.
func (c *chart) figure() (*plotting.Figure, error) {
	p := plotting.New()
	p.X.Label.Text, p.Y.Label.Text = c.X.Label, c.Y.Label
	for _, a := range []struct {
		to   *plot.Axis
		from axis
	}{{&p.X, c.X}, {&p.Y, c.Y}} {
		if a.from.Log {
			a.to.Scale, a.to.Tick.Marker = plot.LogScale{}, plotting.LogTicks{}
		}
		if a.from.Marks != nil {
			a.to.Tick.Marker = marks(a.from.Marks)
		}
	}
	legend := plotting.Legend()
	thumbs := map[string][]plot.Thumbnailer{}
	for i := range c.Series {
		s := c.Series[i].within(c.X.Log, c.Y.Log)
		look := s.look()
		thumbs[s.Entry] = append(thumbs[s.Entry], s.draw(p, look)...)
	}
	for _, entry := range c.entries() {
		legend.Add(entry, thumbs[entry]...)
	}
	if c.Bands != "" {
		legend.Add(c.Bands, plotting.Swatch{Color: plotting.Black().Band})
	}
	if p.Y.Min > p.Y.Max {
		plotting.Empty(p)
	}
	c.frame(p)
	return &plotting.Figure{
		Title: plotting.Plain(c.Title), Width: 6.6 * vg.Inch, Height: 3.5 * vg.Inch,
		Draw: func(canvas draw.Canvas) { c.layout(canvas, p, &legend) },
	}, nil
}

// marks are numbers at given places.
func marks(at []float64) plot.ConstantTicks {
	var out plot.ConstantTicks
	for _, v := range at {
		out = append(out, plot.Tick{Value: v, Label: short(v)})
	}
	return out
}

// within is a series with gaps at what the axes cannot show; bands end a decade below the curve.
func (s series) within(xlog, ylog bool) series {
	out := s
	out.X, out.Y, out.Low, out.High = slices.Clone(s.X), slices.Clone(s.Y), slices.Clone(s.Low), slices.Clone(s.High)
	for i := range s.X {
		if xlog && !(s.X[i] > 0) || ylog && !(s.Y[i] > 0) || math.IsInf(s.Y[i], 0) {
			out.Y[i] = math.NaN()
		}
		if s.Low == nil {
			continue
		}
		if math.IsNaN(s.Low[i]) || math.IsNaN(s.High[i]) || math.IsNaN(out.Y[i]) {
			out.Low[i], out.High[i] = out.Y[i], out.Y[i]
		}
		if ylog {
			out.Low[i] = math.Max(out.Low[i], out.Y[i]/10)
		}
	}
	return out
}

func (s *series) draw(p *plot.Plot, look plotting.Look) []plot.Thumbnailer {
	if s.Points {
		return s.drawPoints(p, look)
	}
	if s.Low != nil {
		plotting.Area(p, s.X, s.Low, s.High, look)
	}
	return []plot.Thumbnailer{plotting.Curve(p, s.X, s.Y, look.Line)}
}

func (s *series) drawPoints(p *plot.Plot, look plotting.Look) []plot.Thumbnailer {
	scatter := plotting.Marks(p, s.X, s.Y, look.Glyph)
	if s.Low != nil {
		bars := &errorBars{}
		for i := range s.X {
			if spread := s.High[i] - s.Low[i]; math.IsNaN(s.Y[i]) || math.IsInf(spread, 0) || math.IsNaN(spread) {
				continue
			}
			bars.XYs = append(bars.XYs, plotter.XY{X: s.X[i], Y: s.Y[i]})
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{s.Y[i] - s.Low[i], s.High[i] - s.Y[i]})
		}
		if drawn, err := plotter.NewYErrorBars(bars); err == nil { // an error is that there is none
			drawn.LineStyle = draw.LineStyle{Color: look.Line.Color, Width: vg.Points(1)}
			p.Add(drawn)
		}
	}
	return []plot.Thumbnailer{scatter}
}

type errorBars struct {
	plotter.XYs
	plotter.YErrors
}

// frame leaves a little room around the data, so that markers and tick labels stay inside.
func (c *chart) frame(p *plot.Plot) {
	for _, a := range []struct {
		to   *plot.Axis
		from axis
	}{{&p.X, c.X}, {&p.Y, c.Y}} {
		low, high := a.to.Min, a.to.Max
		empty := !(high >= low) || math.IsInf(high-low, 0)
		switch {
		case empty && a.from.Log:
			low, high = 0.1, 1
		case a.from.Log && high < low*1.001: // one value
			low, high = max(low/2, 1e-305), max(min(high*2, 1e305), 1e-300)
		case a.from.Log:
			room := portable.Exp(0.04 * (math.Log(high) - math.Log(low)))
			low, high = max(low/room, 1e-305), min(high*room, 1e305)
		case a.from.FromZero && low >= 0 && !empty:
			_, high = plotting.Room(0, high, 0.04)
			low = 0
			if a.to == &p.X {
				low = -0.02 * high
			}
		default:
			low, high = plotting.Room(low, high, 0.04)
		}
		a.to.Min, a.to.Max = low, high
	}
}

// layout puts the legend beside the panel, where it covers nothing.
func (c *chart) layout(canvas draw.Canvas, p *plot.Plot, legend *plot.Legend) {
	margin, between := vg.Points(8), vg.Points(8)
	canvas = draw.Crop(canvas, margin, -margin, margin, -margin)
	size := legend.Rectangle(canvas)
	column := size.Max.X - size.Min.X
	panel := draw.Crop(canvas, 0, -column-between, 0, 0)
	if c.X.Log {
		plotting.DrawLog(p, panel)
	} else {
		p.Draw(panel)
	}
	legend.Draw(draw.Crop(canvas, canvas.Max.X-canvas.Min.X-column, 0, 0, 0))
}

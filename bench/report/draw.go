package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
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
		thumb, err := s.draw(p, look)
		if err != nil {
			return nil, fmt.Errorf("drawing the chart %s: %w", c.ID, err)
		}
		thumbs[s.Entry] = append(thumbs[s.Entry], thumb...)
	}
	for _, entry := range c.entries() {
		legend.Add(entry, thumbs[entry]...)
	}
	if c.Bands != "" {
		legend.Add(c.Bands, plotting.Swatch{Color: plotting.Black().Band})
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

// within leaves out what logarithmic axes cannot show; bands end a decade below the curve.
func (s series) within(xlog, ylog bool) series {
	out := s
	out.X, out.Y, out.Low, out.High = nil, nil, nil, nil
	for i := range s.X {
		finite := !math.IsNaN(s.Y[i]) && !math.IsInf(s.Y[i], 0)
		if !finite || xlog && !(s.X[i] > 0) || ylog && !(s.Y[i] > 0) {
			continue
		}
		out.X, out.Y = append(out.X, s.X[i]), append(out.Y, s.Y[i])
		if s.Low == nil {
			continue
		}
		low, high := s.Low[i], s.High[i]
		if math.IsNaN(low) || math.IsNaN(high) {
			low, high = s.Y[i], s.Y[i]
		}
		if ylog {
			low = math.Max(low, s.Y[i]/10)
		}
		out.Low, out.High = append(out.Low, low), append(out.High, high)
	}
	return out
}

func (s *series) draw(p *plot.Plot, look plotting.Look) ([]plot.Thumbnailer, error) {
	if len(s.X) == 0 {
		return nil, nil
	}
	points := make(plotter.XYs, len(s.X))
	for i := range s.X {
		points[i] = plotter.XY{X: s.X[i], Y: s.Y[i]}
	}
	if s.Points {
		return s.drawPoints(p, points, look)
	}
	if s.Low != nil {
		var around plotter.XYs
		for i := range s.X {
			around = append(around, plotter.XY{X: s.X[i], Y: s.High[i]})
		}
		for i := len(s.X) - 1; i >= 0; i-- {
			around = append(around, plotter.XY{X: s.X[i], Y: s.Low[i]})
		}
		band, err := plotter.NewPolygon(around)
		if err != nil {
			return nil, err
		}
		band.Color, band.LineStyle.Width = look.Band, 0
		p.Add(band)
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.LineStyle = look.Line
	p.Add(line)
	return []plot.Thumbnailer{line}, nil
}

func (s *series) drawPoints(p *plot.Plot, points plotter.XYs, look plotting.Look) ([]plot.Thumbnailer, error) {
	if s.Low != nil {
		bars := &errorBars{XYs: points, YErrors: make(plotter.YErrors, len(points))}
		for i := range points {
			bars.YErrors[i].Low, bars.YErrors[i].High = s.Y[i]-s.Low[i], s.High[i]-s.Y[i]
		}
		drawn, err := plotter.NewYErrorBars(bars)
		if err != nil {
			return nil, err
		}
		drawn.LineStyle = draw.LineStyle{Color: look.Line.Color, Width: vg.Points(1)}
		p.Add(drawn)
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return nil, err
	}
	scatter.GlyphStyle = look.Glyph
	p.Add(scatter)
	return []plot.Thumbnailer{scatter}, nil
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
		switch {
		case !(high > low) && a.from.Log: // one value, or none
			low, high = max(low, 1e-300)/2, max(high, 1e-300)*2
		case !(high > low):
			low, high = low-1, high+1
		case a.from.Log:
			room := math.Pow(high/low, 0.04)
			low, high = low/room, high*room
		case a.from.FromZero && low >= 0:
			low, high = 0, high*1.04
			if a.to == &p.X {
				low = -0.02 * high
			}
		default:
			room := 0.04 * (high - low)
			low, high = low-room, high+room
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

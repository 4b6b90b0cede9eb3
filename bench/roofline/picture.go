package roofline

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
)

// Picture draws, on logarithmic axes, the roofs min(peak, intensity x bandwidth) of both types and every memory level,
// and a named point for every kernel. The bandwidth of a roof is the better one of read and triad.
func Picture(r *Record) (*plotting.Figure, error) {
	p := plotting.LogLog()
	p.X.Label.Text = "intensity, flop per byte read or written once"
	p.Y.Label.Text = "GFLOP/s"
	if err := rooflineRange(p, r); err != nil {
		return nil, err
	}
	entries := plot.NewLegend()
	entries.TextStyle.Font = plotting.Font(9)
	entries.TextStyle.Handler = plotting.Markup
	entries.ThumbnailWidth = vg.Points(26)
	entries.Padding = vg.Points(2)
	entries.XOffs, entries.YOffs = -vg.Points(6), vg.Points(5)
	if err := drawRoofs(p, &entries, r); err != nil {
		return nil, err
	}
	labels, err := drawKernels(p, &entries, r)
	if err != nil {
		return nil, err
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("Roofline: GFLOP/s against flop per byte, level %s, %s", r.KernelLevel, plural(r.Workers, "worker")),
		Width: 7.2 * vg.Inch, Height: 4.8 * vg.Inch,
		Draw: func(c draw.Canvas) {
			heading := fmt.Sprintf("level %s, %s", plotting.Escape(r.KernelLevel), plural(r.Workers, "worker"))
			if text := r.aboveText(); text != "" {
				heading += ", " + text
			}
			c = plotting.Heading(c, heading)
			margin := vg.Points(8)
			c = draw.Crop(c, margin, -margin, margin, -margin)
			data := plotting.DrawLog(p, draw.Crop(c, 0, -rooflineLabelWidth, 0, 0))
			entries.Draw(data)
			labels.draw(c, data, p)
		},
	}, nil
}

// Room beside the axes for the kernels' names.
const rooflineLabelWidth = vg.Length(108)

// rooflineRange sets the axes so that all points and the corners of all roofs are inside.
func rooflineRange(p *plot.Plot, r *Record) error {
	lowX, highX, lowY, highY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	include := func(x, y float64) {
		lowX, highX, lowY, highY = min(lowX, x), max(highX, x), min(lowY, y), max(highY, y)
	}
	for _, k := range r.Kernels {
		include(k.Intensity, k.Rate/1e9)
	}
	for _, typ := range rooflineTypes {
		for _, b := range r.Memory {
			include(r.Peaks[typ]/max(b.Read, b.Triad), r.Peaks[typ]/1e9)
		}
	}
	if !(lowX > 0 && lowY > 0) || math.IsInf(highX, 0) || math.IsInf(highY, 0) {
		return fmt.Errorf("drawing the roofline: a rate or an intensity is not a positive number")
	}
	p.X.Min, p.X.Max = lowX/2.5, highX*2
	p.Y.Min, p.Y.Max = lowY/5, highY*2.2
	return nil
}

// drawRoofs adds the roofs: one slanted line for every memory level up to the higher peak, one level line for every
// type.
func drawRoofs(p *plot.Plot, entries *plot.Legend, r *Record) error {
	top, best := 0.0, 0.0
	for _, typ := range rooflineTypes {
		top = max(top, r.Peaks[typ]/1e9)
	}
	for i, b := range r.Memory {
		rate := max(b.Read, b.Triad) / 1e9
		best = max(best, rate)
		look := plotting.Ordered(i, len(r.Memory)).Line
		line, err := segment(p, look, rate, p.X.Min, top/rate)
		if err != nil {
			return fmt.Errorf("drawing the roof of %s: %w", b.Name, err)
		}
		p.Add(line)
		entries.Add(b.Name+", "+giga(rate*1e9)+" GB/s", line)
	}
	for i, typ := range rooflineTypes {
		peak := r.Peaks[typ] / 1e9
		line, err := plotter.NewLine(plotter.XYs{{X: peak / best, Y: peak}, {X: p.X.Max, Y: peak}})
		if err != nil {
			return fmt.Errorf("drawing the peak of %s: %w", typ, err)
		}
		line.LineStyle = typeLook(i).Line
		p.Add(line)
		// The entry shows the kernels' marker too: line and markers of a type are of one colour.
		entries.Add(typ+" peak, "+giga(r.Peaks[typ])+" GFLOP/s", line, mark{typeLook(i).Glyph})
	}
	return nil
}

// segment is the part of the line y = rate x, x in [low, high], that the axes show.
func segment(p *plot.Plot, look draw.LineStyle, rate, low, high float64) (*plotter.Line, error) {
	low = max(low, p.Y.Min/rate)
	line, err := plotter.NewLine(plotter.XYs{{X: low, Y: low * rate}, {X: high, Y: high * rate}})
	if err != nil {
		return nil, err
	}
	line.LineStyle = look
	return line, nil
}

// typeLook tells the element types apart from each other and from the memory levels: black circles and lines, red boxes
// and dashes.
func typeLook(i int) plotting.Look {
	look := plotting.Black()
	if i > 0 {
		red := color.NRGBA{R: 0xc4, G: 0x3c, B: 0x39, A: 0xff}
		look.Line.Color, look.Glyph.Color = red, red
		look.Glyph.Shape = draw.BoxGlyph{}
		look.Line.Dashes = []vg.Length{vg.Points(8), vg.Points(2)}
	}
	return look
}

// mark is the legend's picture of a marker.
type mark struct{ style draw.GlyphStyle }

func (m mark) Thumbnail(c *draw.Canvas) { c.DrawGlyph(m.style, c.Center()) }

// drawKernels adds the points, and returns their names with the places that they belong to.
func drawKernels(p *plot.Plot, entries *plot.Legend, r *Record) (*rooflineLabels, error) {
	labels := &rooflineLabels{}
	for i, typ := range rooflineTypes {
		var points plotter.XYs
		for _, k := range r.Kernels {
			if k.Type == typ {
				at := plotter.XY{X: k.Intensity, Y: k.Rate / 1e9}
				points = append(points, at)
				labels.all = append(labels.all, rooflineLabel{at: at, text: k.Operation + ", " + typ, color: typeLook(i).Glyph.Color})
			}
		}
		if len(points) == 0 {
			continue
		}
		glyphs, err := plotter.NewScatter(points)
		if err != nil {
			return nil, fmt.Errorf("drawing the kernels of %s: %w", typ, err)
		}
		glyphs.GlyphStyle = typeLook(i).Glyph
		p.Add(glyphs)
	}
	return labels, nil
}

package plotting

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Decades marks an axis that shows decimal logarithms: powers of ten, every so many that about eight
// labels fit, and shorter marks at the digits between if there is room.
type Decades struct{}

func (Decades) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	step := int(math.Ceil((high - low) / 8))
	for e := int(math.Floor(low)); float64(e) <= high; e++ {
		if float64(e) >= low-1e-9 {
			t := plot.Tick{Value: float64(e), Label: " "}
			if e%step == 0 {
				t.Label = fmt.Sprintf("10^{%s}", Minus(strconv.Itoa(e)))
			}
			ticks = append(ticks, t)
		}
		if step > 1 {
			continue
		}
		for digit := 2; digit < 10; digit++ {
			if x := float64(e) + math.Log10(float64(digit)); x >= low && x <= high {
				ticks = append(ticks, plot.Tick{Value: x})
			}
		}
	}
	return ticks
}

// Minus writes a number with the minus sign of typesetting.
func Minus(number string) string {
	if len(number) > 0 && number[0] == '-' {
		return "−" + number[1:]
	}
	return number
}

// Curve adds a line through the points with finite coordinates.
func Curve(p *plot.Plot, x, y []float64, style draw.LineStyle) (*plotter.Line, error) {
	var points plotter.XYs
	for i := range x {
		if finite(x[i]) && finite(y[i]) {
			points = append(points, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, fmt.Errorf("drawing a curve of %d points: %w", len(points), err)
	}
	line.LineStyle = style
	p.Add(line)
	return line, nil
}

// Marks adds a marker at each point.
func Marks(p *plot.Plot, x, y []float64, style draw.GlyphStyle) (*plotter.Scatter, error) {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return nil, fmt.Errorf("drawing %d markers: %w", len(points), err)
	}
	scatter.GlyphStyle = style
	p.Add(scatter)
	return scatter, nil
}

// Legend is an empty legend in the house style.
func Legend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font = Font(9)
	l.TextStyle.Handler = Markup
	l.ThumbnailWidth = vg.Points(26)
	l.Padding = vg.Points(3)
	l.Top, l.Left = true, true
	return l
}

// Stacked draws panels below each other with common left and right edges, and a legend beside them in
// a column of the given width (0: no legend).
func Stacked(c draw.Canvas, panels []*plot.Plot, entries *plot.Legend, column vg.Length) {
	margin, between := vg.Points(8), vg.Points(7)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	n := vg.Length(len(panels))
	// The last panel carries the common axis below its frame.
	below := panels[len(panels)-1].DataCanvas(c).Min.Y - c.Min.Y
	above := panels[0].DataCanvas(c).Min.Y - c.Min.Y
	height := (c.Max.Y - c.Min.Y - (below - above) - (n-1)*between) / n
	var canvases []draw.Canvas
	var left, right vg.Length
	top := c.Max.Y
	for i, p := range panels {
		bottom := top - height
		if i == len(panels)-1 {
			bottom = c.Min.Y
		}
		own := draw.Crop(c, 0, -column, bottom-c.Min.Y, top-c.Max.Y)
		canvases = append(canvases, own)
		data := p.DataCanvas(own)
		left, right = max(left, data.Min.X-own.Min.X), max(right, own.Max.X-data.Max.X)
		top = bottom - between
	}
	for i, p := range panels {
		own := canvases[i]
		data := p.DataCanvas(own)
		p.Draw(draw.Crop(own, left-(data.Min.X-own.Min.X), (own.Max.X-data.Max.X)-right, 0, 0))
	}
	if column > 0 {
		entries.Draw(draw.Crop(c, c.Max.X-c.Min.X-column+vg.Points(8), 0, 0, 0))
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

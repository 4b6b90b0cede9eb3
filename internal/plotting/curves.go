package plotting

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// Numbers beyond this are not drawn: the length of an axis of both signs would not be a number.
const largest = 8e307

func drawable(x float64) bool { return math.Abs(x) <= largest } // false for NaN

// Line is a curve with gaps where a coordinate is not a finite number. A point between two gaps is a dot.
type Line struct {
	X, Y []float64
	draw.LineStyle
}

// Curve adds a line.
func Curve(p *plot.Plot, x, y []float64, style draw.LineStyle) *Line {
	l := &Line{X: x, Y: y, LineStyle: style}
	p.Add(l)
	return l
}

// Plot implements plot.Plotter.
func (l *Line) Plot(c draw.Canvas, p *plot.Plot) {
	for _, piece := range pieces(l.X, l.Y) {
		points := make(plotter.XYs, 0, len(l.X))
		for i := piece[0]; i < piece[1]; i++ {
			points = append(points, plotter.XY{X: l.X[i], Y: l.Y[i]})
		}
		if len(points) == 1 {
			dot := draw.GlyphStyle{Color: l.Color, Radius: max(1, l.Width), Shape: draw.CircleGlyph{}}
			(&plotter.Scatter{XYs: points, GlyphStyle: dot}).Plot(c, p)
			continue
		}
		(&plotter.Line{XYs: points, LineStyle: l.LineStyle}).Plot(c, p)
	}
}

// DataRange implements plot.DataRanger.
func (l *Line) DataRange() (xmin, xmax, ymin, ymax float64) { return dataRange(l.X, l.Y, l.Y) }

// Thumbnail implements plot.Thumbnailer.
func (l *Line) Thumbnail(c *draw.Canvas) { (&plotter.Line{LineStyle: l.LineStyle}).Thumbnail(c) }

// pieces are the ranges [from, to) of indices between gaps.
func pieces(columns ...[]float64) [][2]int {
	var out [][2]int
	from := -1
	n := len(columns[0])
	for i := range n + 1 {
		whole := i < n
		for _, values := range columns {
			whole = whole && drawable(values[i])
		}
		switch {
		case whole && from < 0:
			from = i
		case !whole && from >= 0:
			out = append(out, [2]int{from, i})
			from = -1
		}
	}
	return out
}

// dataRange is the least rectangle around the points; of none it is that of plot.New, which every point enlarges.
func dataRange(x, low, high []float64) (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range x {
		if drawable(x[i]) && drawable(low[i]) && drawable(high[i]) {
			xmin, xmax, ymin, ymax = min(xmin, x[i]), max(xmax, x[i]), min(ymin, low[i]), max(ymax, high[i])
		}
	}
	return xmin, xmax, ymin, ymax
}

// Band is the area between two curves, with gaps where a coordinate is not a finite number.
type Band struct {
	X, Low, High []float64
	Swatch
}

// Area adds a band.
func Area(p *plot.Plot, x, low, high []float64, look Look) {
	p.Add(&Band{X: x, Low: low, High: high, Swatch: Swatch{look.Band}})
}

// Plot implements plot.Plotter.
func (b *Band) Plot(c draw.Canvas, p *plot.Plot) {
	for _, piece := range pieces(b.X, b.Low, b.High) {
		var around plotter.XYs
		for i := piece[0]; i < piece[1]; i++ {
			around = append(around, plotter.XY{X: b.X[i], Y: b.High[i]})
		}
		for i := piece[1] - 1; i >= piece[0]; i-- {
			around = append(around, plotter.XY{X: b.X[i], Y: b.Low[i]})
		}
		if len(around) > 2 { // one point has no area
			(&plotter.Polygon{XYs: []plotter.XYs{around}, Color: b.Color}).Plot(c, p)
		}
	}
}

// DataRange implements plot.DataRanger.
func (b *Band) DataRange() (xmin, xmax, ymin, ymax float64) { return dataRange(b.X, b.Low, b.High) }

// Marks adds a marker at each point with finite coordinates.
func Marks(p *plot.Plot, x, y []float64, style draw.GlyphStyle) *plotter.Scatter {
	scatter := &plotter.Scatter{GlyphStyle: style}
	for i := range x {
		if drawable(x[i]) && drawable(y[i]) {
			scatter.XYs = append(scatter.XYs, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	if len(scatter.XYs) > 0 { // the range of none is not infinite but that of 0
		p.Add(scatter)
	}
	return scatter
}

package plotting

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Look is how a series is drawn. Colour, dashes and marker all differ between series, so that each
// of them alone tells the series apart.
type Look struct {
	Line  draw.LineStyle
	Glyph draw.GlyphStyle
	Band  color.Color // translucent, for error bands
}

// Every tenth of the viridis map (Smith and van der Walt, matplotlib 2015): lightness rises evenly,
// also for colour-blind eyes and in grey.
var viridis = []color.NRGBA{
	{0x44, 0x01, 0x54, 0xff}, {0x48, 0x24, 0x75, 0xff}, {0x41, 0x44, 0x87, 0xff}, {0x35, 0x5f, 0x8d, 0xff},
	{0x2a, 0x78, 0x8e, 0xff}, {0x21, 0x91, 0x8c, 0xff}, {0x22, 0xa8, 0x84, 0xff}, {0x44, 0xbf, 0x70, 0xff},
	{0x7a, 0xd1, 0x51, 0xff}, {0xbd, 0xdf, 0x26, 0xff}, {0xfd, 0xe7, 0x25, 0xff},
}

// The light end of the map is too faint on white paper.
const lightest = 0.75

var dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(2)}, {vg.Points(2), vg.Points(2)}, {vg.Points(7), vg.Points(2), vg.Points(1.5), vg.Points(2)}}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PlusGlyph{}}

// diamond is a filled square on its corner, as large as draw.BoxGlyph.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, pt vg.Point) {
	r := 1.25 * sty.Radius
	var path vg.Path
	path.Move(vg.Point{X: pt.X, Y: pt.Y + r})
	path.Line(vg.Point{X: pt.X + r, Y: pt.Y})
	path.Line(vg.Point{X: pt.X, Y: pt.Y - r})
	path.Line(vg.Point{X: pt.X - r, Y: pt.Y})
	path.Close()
	c.SetColor(sty.Color)
	c.Fill(path)
}

// Ordered returns the look of series i of n that have an order, dark to light.
func Ordered(i, n int) Look {
	at := 0.0
	if n > 1 {
		at = lightest * float64(i) / float64(n-1)
	}
	c := between(viridis, at)
	return look(c, i)
}

func look(c color.NRGBA, i int) Look {
	band := c
	band.A = 0x2c
	return Look{
		Line:  draw.LineStyle{Color: c, Width: vg.Points(1.4), Dashes: dashes[i%len(dashes)]},
		Glyph: draw.GlyphStyle{Color: c, Radius: vg.Points(2.4), Shape: shapes[i%len(shapes)]},
		Band:  band,
	}
}

// Black returns the look of a single or distinguished series.
func Black() Look { return look(color.NRGBA{A: 0xff}, 0) }

// Limit returns the look of what curves should lie on: black, wide, and with dashes that no series has.
func Limit() Look {
	l := Black()
	l.Line.Width = vg.Points(2)
	l.Line.Dashes = []vg.Length{vg.Points(10), vg.Points(2), vg.Points(1.5), vg.Points(2), vg.Points(1.5), vg.Points(2)}
	return l
}

func between(stops []color.NRGBA, at float64) color.NRGBA {
	x := at * float64(len(stops)-1)
	i := min(int(x), len(stops)-2)
	part := x - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-part) + float64(b)*part)) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 0xff}
}

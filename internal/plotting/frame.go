package plotting

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Times sets a horizontal axis from 0 to the horizon. A little room at both ends keeps markers and tick labels inside,
// so that the vertical axes of panels above each other stand exactly above each other.
func Times(p *plot.Plot, horizon float64) {
	if !(horizon > 0) || !drawable(horizon) {
		horizon = 1
	}
	p.X.Min, p.X.Max = -0.02*horizon, 1.02*horizon
}

// FromZero sets the vertical axis from 0 to a little above the data, or around them where some are negative.
func FromZero(p *plot.Plot) {
	word(p)
	if p.Y.Min < 0 {
		p.Y.Min, p.Y.Max = Room(p.Y.Min, p.Y.Max, 0.03)
		return
	}
	_, high := Room(0, p.Y.Max, 0.05)
	p.Y.Min, p.Y.Max = 0, high
}

// Around sets the vertical axis to what is drawn with a little room.
func Around(p *plot.Plot) {
	word(p)
	p.Y.Min, p.Y.Max = Room(p.Y.Min, p.Y.Max, 0.03)
}

// Room returns the ends of a linear axis for data in [low, high], with a share of the length added at both. An axis
// always has a length that numbers can divide: data without one are in the middle, and no data at all give [0, 1].
func Room(low, high, share float64) (float64, float64) {
	if !drawable(low) || !drawable(high) || low > high {
		return 0, 1
	}
	size := math.Max(math.Abs(low), math.Abs(high))
	switch {
	case size < 1e-300:
		return low - 1, high + 1
	case high-low < 1e-9*size:
		return low - size/2, high + size/2
	}
	room := share * (high - low)
	return math.Max(low-room, -largest), math.Min(high+room, largest)
}

// word says in an empty panel why it is empty.
func word(p *plot.Plot) {
	if !drawable(p.Y.Min) || !drawable(p.Y.Max) {
		Empty(p)
	}
}

// Empty says in a panel why it is empty.
func Empty(p *plot.Plot) { p.Add(nothing{}) }

type nothing struct{}

// Plot implements plot.Plotter.
func (nothing) Plot(c draw.Canvas, _ *plot.Plot) {
	style := draw.TextStyle{Color: color.Gray{Y: 0x55}, Font: Font(9), Handler: Markup, XAlign: draw.XCenter, YAlign: draw.YCenter}
	c.FillText(style, c.Center(), "no finite number to draw")
}

package plotting

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// LogLog returns an empty plot in the house style with two logarithmic axes, to be drawn with DrawLog.
func LogLog() *plot.Plot {
	p := New()
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Scale = plot.LogScale{}
		axis.Tick.Marker = LogTicks{}
	}
	return p
}

// DrawLog draws a plot whose horizontal axis is logarithmic and returns the canvas of its data. Plot.Draw by itself
// keeps room at the right for the axis's name as if its middle stood above the mean of the two ends, which on a
// logarithmic axis is near the right end.
func DrawLog(p *plot.Plot, c draw.Canvas) draw.Canvas {
	name := p.X.Label.Text
	style := p.X.Label.TextStyle
	room := style.Height(name) + p.X.Label.Padding
	panel := draw.Crop(c, 0, 0, room, 0)
	p.X.Label.Text = ""
	p.Draw(panel)
	data := p.DataCanvas(panel)
	p.X.Label.Text = name
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	c.FillText(style, vg.Point{X: data.Center().X, Y: c.Min.Y + style.FontExtents().Descent}, name)
	return data
}

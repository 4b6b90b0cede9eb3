package plotting

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/portable"
)

// Decades marks an axis that shows decimal logarithms as LogTicks does an axis of the numbers themselves.
type Decades struct{}

// Ticks returns marks within [low, high].
func (Decades) Ticks(low, high float64) []plot.Tick {
	ticks := LogTicks{}.Ticks(portable.Pow(10, low), portable.Pow(10, high))
	for i := range ticks {
		ticks[i].Value = math.Log10(ticks[i].Value)
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

// Where a heading may go on in the next line: after a space, and within the names of problems of one's own.
var breaks = regexp.MustCompile(`[^ ,;]*[ ,;]*`)

// Heading writes what a figure shows above the panels, in as many lines as it takes, and returns the canvas below.
func Heading(c draw.Canvas, text string) draw.Canvas {
	const size, margin = 9, 8
	style := draw.TextStyle{Font: Font(size), Handler: Markup, YAlign: draw.YTop}
	var lines []string
	for _, part := range breaks.FindAllString(text, -1) {
		if n := len(lines); n > 0 && style.Width(lines[n-1]+strings.TrimSpace(part)) <= c.Max.X-c.Min.X-2*margin {
			lines[n-1] += part
		} else {
			lines = append(lines, part)
		}
	}
	c.FillText(style, vg.Point{X: c.Min.X + margin, Y: c.Max.Y - margin}, strings.Join(lines, "\n"))
	return draw.Crop(c, 0, 0, 0, -vg.Length(len(lines))*(size+2)-4)
}

// SideBySide draws panels in equal parts of the width, with the legend in a column of the given width at their right.
func SideBySide(c draw.Canvas, panels []*plot.Plot, entries *plot.Legend, column vg.Length) {
	margin, between := vg.Points(8), vg.Points(12)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	width := (c.Max.X - c.Min.X - column) / vg.Length(len(panels))
	for i, p := range panels {
		p.Draw(draw.Crop(c, vg.Length(i)*width, vg.Length(i+1)*width-(c.Max.X-c.Min.X)-between, 0, 0))
	}
	entries.Draw(draw.Crop(c, c.Max.X-c.Min.X-column+vg.Points(4), 0, 0, 0))
}

// Count writes "1 seed", "2 seeds".
func Count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

package roofline

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/internal/plotting"
)

// rooflineLabel names a point.
type rooflineLabel struct {
	at    plotter.XY
	text  string
	color color.Color
}

// rooflineLabels name the points. Kernels near the peak are too close together for names beside them: theirs stand in a
// column beside the axes, in the order of their points, each joined to its point by a thin line. On the left there is
// room beside the points.
type rooflineLabels struct{ all []rooflineLabel }

const (
	rooflineLabelSize = 8   // points
	rooflineLeft      = 0.4 // share of the axes where names stand beside points
)

func (l *rooflineLabels) draw(c, data draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&data)
	// Of equal heights the rightmost first, so that its line does not pass the names of the others.
	slices.SortStableFunc(l.all, func(a, b rooflineLabel) int {
		return cmp.Or(cmp.Compare(a.at.Y, b.at.Y), cmp.Compare(b.at.X, a.at.X))
	})
	style := draw.TextStyle{Font: plotting.Font(rooflineLabelSize), Handler: plotting.Markup, YAlign: draw.YCenter}
	var taken []vg.Rectangle
	for _, label := range l.all {
		x, y := toX(label.at.X), toY(label.at.Y)
		taken = append(taken, vg.Rectangle{Min: vg.Point{X: x - 3, Y: y - 3}, Max: vg.Point{X: x + 3, Y: y + 3}})
	}
	var column []rooflineLabel
	var wanted []vg.Length
	for _, label := range l.all {
		at := vg.Point{X: toX(label.at.X) + 6, Y: toY(label.at.Y)}
		box := vg.Rectangle{Min: vg.Point{X: at.X - 2, Y: at.Y - 5}, Max: vg.Point{X: at.X + style.Width(label.text) + 2, Y: at.Y + 5}}
		if at.X > data.X(rooflineLeft) || slices.ContainsFunc(taken, func(r vg.Rectangle) bool { return overlap(r, box) }) {
			column = append(column, label)
			wanted = append(wanted, at.Y)
			continue
		}
		taken = append(taken, box)
		c.SetColor(color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xd8}) // roofs pass behind the name
		c.Fill(box.Path())
		style.Color = label.color
		c.FillText(style, at, label.text)
	}
	left := data.Max.X + 16
	for i, y := range spread(wanted, rooflineLabelSize+2.5, data.Min.Y, data.Max.Y) {
		label := column[i]
		thread := draw.LineStyle{Color: faint(label.color), Width: vg.Points(0.4)}
		c.StrokeLines(thread, []vg.Point{{X: toX(label.at.X), Y: wanted[i]}, {X: data.Max.X + 2, Y: y}, {X: left - 2, Y: y}})
		style.Color = label.color
		c.FillText(style, vg.Point{X: left, Y: y}, label.text)
	}
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// spread moves ascending heights as little as it takes to be a distance apart and, if there is room, within [low,
// high].
func spread(wanted []vg.Length, apart, low, high vg.Length) []vg.Length {
	// Groups of touching heights, each centred on the mean of what its members want.
	type group struct {
		first, n int
		sum      vg.Length // of wanted minus the place within the group
	}
	bottom := func(g group) vg.Length {
		room := vg.Length(g.n-1) * apart
		return max(low, min(g.sum/vg.Length(g.n), high-room))
	}
	var groups []group
	for i, w := range wanted {
		groups = append(groups, group{i, 1, w})
		for len(groups) > 1 {
			a, b := groups[len(groups)-2], groups[len(groups)-1]
			if bottom(a)+vg.Length(a.n)*apart <= bottom(b) {
				break
			}
			joined := group{a.first, a.n + b.n, a.sum + b.sum - vg.Length(a.n*b.n)*apart}
			groups = append(groups[:len(groups)-2], joined)
		}
	}
	out := make([]vg.Length, 0, len(wanted))
	for _, g := range groups {
		for i := range g.n {
			out = append(out, bottom(g)+vg.Length(i)*apart)
		}
	}
	return out
}

// faint is a colour mixed with white.
func faint(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	mix := func(x uint32) uint8 { return uint8(255 - (255-x>>8)*45/100) }
	return color.NRGBA{R: mix(r), G: mix(g), B: mix(b), A: 0xff}
}

package training

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/meanfield"
)

// Picture draws the measured gaps against paper time, m times that of each width, data, step and the total, means with
// bands of one standard error, and over them what the law predicts where it is known.
func (g *Gaps) Picture() (*plotting.Figure, error) {
	p := &g.Parameters
	entries := plotting.Legend()
	var times []float64
	steps := p.Observations()
	for t := range steps {
		times = append(times, g.Rows[t].Time)
	}
	last := times[len(times)-1]
	panelOf := func(title string) *plot.Plot {
		panel := plotting.New()
		panel.Y.Label.Text, panel.X.Label.Text = title, "paper time *t*"
		return panel
	}
	measured := func(panel *plot.Plot, scale float64, pick func(*GapsRow) float64, look plotting.Look, index int) []plot.Thumbnailer {
		var means []bench.Mean
		for t := range steps {
			m := g.mean(t, pick)
			m.Value, m.SE = scale*m.Value, scale*m.SE
			means = append(means, m)
		}
		line, marks := drawMeans(panel, times, means, look, index)
		return []plot.Thumbnailer{line, marks}
	}
	known := false
	law := func(panel *plot.Plot, scale float64, pick func(*GapsLaw) meanfield.Estimate) {
		var x, y []float64
		for t := range steps {
			if v := pick(&g.Rows[t].Law).Value; !math.IsNaN(v) {
				x, y = append(x, times[t]), append(y, scale*v)
			}
		}
		if len(x) > 0 {
			line := plotting.Curve(panel, x, y, plotting.Limit().Line)
			if !known {
				entries.Add("law", line)
			}
			known = true
		}
		plotting.Times(panel, last)
		plotting.FromZero(panel)
	}
	widths := panelOf("gap of width, *m* ‖*f*_{*m*} − *f*_{∞}‖^2")
	for i, m := range p.Widths {
		entries.Add("*m* = "+strconv.Itoa(m), measured(widths, float64(m), func(r *GapsRow) float64 { return r.Width[i] }, plotting.Ordered(i, len(p.Widths)), i)...)
	}
	law(widths, float64(p.Widths[0]), func(l *GapsLaw) meanfield.Estimate { return l.Width[0] })
	panels := []*plot.Plot{widths}
	for i, x := range []struct {
		title    string
		measured func(*GapsRow) float64
		law      func(*GapsLaw) meanfield.Estimate
	}{
		{fmt.Sprintf("gap of data, *m* = %d", p.Wide), func(r *GapsRow) float64 { return r.Data }, func(l *GapsLaw) meanfield.Estimate { return l.Data }},
		{"gap of the step", func(r *GapsRow) float64 { return r.Step }, func(l *GapsLaw) meanfield.Estimate { return l.Step }},
		{fmt.Sprintf("total gap, *m* = %d", p.Wide), func(r *GapsRow) float64 { return r.Total }, func(l *GapsLaw) meanfield.Estimate { return l.Total }},
	} {
		panel := panelOf(x.title)
		look := measured(panel, 1, x.measured, plotting.Ordered(0, 1), 0)
		if i == 0 && len(p.Widths) > 1 {
			entries.Add("*m* = "+strconv.Itoa(p.Wide)+", ∞", look...)
		}
		law(panel, 1, x.law)
		panels = append(panels, panel)
	}
	if p.Repeats > 1 {
		entries.Add("± 1 std. error", plotting.Swatch{Color: plotting.Black().Band})
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("Gaps of width, data and step, and the total one, against paper time, measured and by the law: %s, d = %d", g.Task.Name(), p.Dim),
		Width: 14 * vg.Inch, Height: 3.4 * vg.Inch,
		Draw: func(c draw.Canvas) {
			text := plotting.Escape(g.Task.Name()) + fmt.Sprintf(", *d* = %d, step %s, %s, %s", p.Dim, bench.Number(p.Eta), p.dataText(), plotting.Count(p.Repeats, "repeat"))
			plotting.SideBySide(plotting.Heading(c, text), panels, &entries, legendWidth)
		},
	}, nil
}

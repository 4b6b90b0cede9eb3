package xor

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// Picture draws against time: the margin and the loss of every width over those of the infinite network; the test
// error; the shares of the energy, of the widest network over the infinite one, with the time at which heavy neurons
// hold half of it as the boundary of the two phases; and m times the gap.
func (s *Study) Picture() (*plotting.Figure, error) {
	p := &s.Parameters
	entries := plotting.Legend()
	margin, loss, mistakes, shares, gap := plotting.New(), plotting.New(), plotting.New(), plotting.New(), plotting.New()
	margin.Y.Label.Text = "margin E *y f*"
	loss.Y.Label.Text = "loss log(1 + e^{−*yf*})"
	if p.Loss == Square {
		loss.Y.Label.Text = "loss (1 − *y f*)^2"
	}
	mistakes.Y.Label.Text = "test error"
	shares.Y.Label.Text = "share of E|*w*|^2"
	gap.Y.Label.Text = "*m* E(*y f* − *G*)^2"
	gap.X.Label.Text = "paper time *t*"
	times := p.Times()
	over := func(width int, column string, times func(bench.Mean) bench.Mean) (y, low, high []float64) {
		for k := range p.Times() {
			m := s.Mean(width, k, column)
			if times != nil {
				m = times(m)
			}
			se := m.SE
			if math.IsNaN(se) {
				se = 0
			}
			y, low, high = append(y, m.Value), append(low, m.Value-se), append(high, m.Value+se)
		}
		return y, low, high
	}
	for i, width := range p.Widths {
		look := plotting.Ordered(i, len(p.Widths))
		y, low, high := over(width, "margin", nil)
		plotting.Area(margin, times, low, high, look)
		entries.Add(fmt.Sprintf("*m* = %d", width), plotting.Curve(margin, times, y, look.Line))
		y, low, high = over(width, "loss", nil)
		plotting.Area(loss, times, low, high, look)
		plotting.Curve(loss, times, y, look.Line)
		y, low, high = over(width, "test_error", nil)
		plotting.Area(mistakes, times, low, high, look)
		plotting.Curve(mistakes, times, y, look.Line)
		y, low, high = over(width, "gap", func(m bench.Mean) bench.Mean {
			return bench.Mean{Value: float64(width) * m.Value, SE: float64(width) * m.SE, N: m.N}
		})
		plotting.Area(gap, times, low, high, look)
		plotting.Curve(gap, times, y, look.Line)
	}
	if p.own != nil {
		return s.ownPicture([]*plot.Plot{margin, loss, mistakes, gap}, entries)
	}
	s.limitCurves(margin, loss, shares, &entries)
	widest := p.Widths[len(p.Widths)-1]
	for i, part := range []struct{ column, name string }{{"share_signal", "signal"}, {"share_perpendicular", "perpendicular"}, {"heavy_mass", "heavy neurons"}} {
		look := plotting.Ordered(i, 3)
		y, low, high := over(widest, part.column, nil)
		plotting.Area(shares, times, low, high, look)
		entries.Add(part.name+fmt.Sprintf(",\n*m* = %d", widest), plotting.Marks(shares, times, y, look.Glyph))
	}
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	panels := []*plot.Plot{margin, loss, mistakes, shares, gap}
	for _, q := range panels {
		plotting.Times(q, p.Horizon)
	}
	for _, q := range panels[1:] {
		plotting.FromZero(q)
	}
	batch := fmt.Sprintf("batches of %d", p.Batch)
	if p.Cube {
		batch = "the whole cube in every step"
	}
	heading := fmt.Sprintf("Two trained layers on XOR, *d* = %d, %s, *η* = %s, %s, %s", p.Dim, p.heading(), bench.Number(p.Eta), batch, plotting.Count(p.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Margin, loss, test error, shares and gap of networks on XOR against time", Width: 6.6 * vg.Inch, Height: 10 * vg.Inch,
		Draw: func(c draw.Canvas) { plotting.Stacked(plotting.Heading(c, heading), panels, &entries, vg.Points(122)) },
	}, nil
}

// ownPicture draws what there is with data of one's own.
func (s *Study) ownPicture(panels []*plot.Plot, entries plot.Legend) (*plotting.Figure, error) {
	p := &s.Parameters
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	for i, q := range panels {
		plotting.Times(q, p.Horizon)
		if i > 0 {
			plotting.FromZero(q)
		}
	}
	panels[3].Y.Label.Text = "*m* E(*f* − *f_M*)^2"
	heading := fmt.Sprintf("Two trained layers on data, *d* = %d, *n* = %d, *θ* = %s, *η* = %s, batches of %d, %s, *M* = %d", p.Dim, len(p.own.y), bench.Number(p.Scale), bench.Number(p.Eta), p.Batch, plotting.Count(p.Seeds, "seed"), p.Wide)
	return &plotting.Figure{
		Title: "Margin, loss, error and gap of networks on data against time", Width: 6.6 * vg.Inch, Height: 8.4 * vg.Inch,
		Draw: func(c draw.Canvas) { plotting.Stacked(plotting.Heading(c, heading), panels, &entries, vg.Points(122)) },
	}, nil
}

// limitCurves draws the infinite network.
func (s *Study) limitCurves(margin, loss, shares *plot.Plot, entries *plot.Legend) {
	times := s.Parameters.Times()
	var g, cost, signal, rest, heavy []float64
	for k, point := range s.ideal.points {
		g = append(g, s.Margin(k))
		at, _ := s.Parameters.plain().Eval(s.Margin(k), 1)
		cost = append(cost, at)
		signal, rest, heavy = append(signal, point.Signal), append(rest, point.Perpendicular), append(heavy, point.HeavyMass)
	}
	look := plotting.Limit()
	entries.Add("infinite network", plotting.Curve(margin, times, g, look.Line))
	plotting.Curve(loss, times, cost, look.Line)
	look.Line.Width = vg.Points(1.2)
	for _, y := range [][]float64{signal, rest, heavy} {
		plotting.Curve(shares, times, y, look.Line)
	}
	for k := 1; k < len(heavy); k++ {
		if heavy[k-1] < .5 && heavy[k] >= .5 {
			at := times[k-1] + (times[k]-times[k-1])*(.5-heavy[k-1])/(heavy[k]-heavy[k-1])
			style := plotting.Black().Line
			style.Width = vg.Points(.7)
			entries.Add("phase 1 | phase 2:\nhalf of E|*w*|^2 heavy", plotting.Curve(shares, []float64{at, at}, []float64{0, 1}, style))
		}
	}
}

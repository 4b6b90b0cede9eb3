package hessian

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// curvePoints of the exact eigenvalues, and bins of the histograms.
const (
	curvePoints = 401
	bins        = 40
)

// Picture draws, of the last time, the extreme eigenvalues of every particle against its alignment, with the exact
// curves of infinite width, above histograms of the top eigenvalue at each time.
func (s *Study) Picture() (*plotting.Figure, error) {
	p := &s.Parameters
	entries := plotting.Legend()
	upper := plotting.New()
	upper.Y.Label.Text = "eigenvalues of *D*_{*i*}"
	upper.X.Label.Text = "alignment *α*"
	last := &s.States[len(s.States)-1]
	var x, top, low []float64
	for i := range last.Rows {
		r := &last.Rows[i]
		x, top, low = append(x, r.Alpha), append(top, r.Top), append(low, r.Smallest)
	}
	small := func(i int) draw.GlyphStyle {
		g := plotting.Ordered(i, 3).Glyph
		g.Radius = vg.Points(1.8)
		return g
	}
	entries.Add("largest", plotting.Marks(upper, x, top, small(0)))
	entries.Add("smallest", plotting.Marks(upper, x, low, small(2)))
	s.curves(upper, &entries, last, x)
	plotting.Around(upper)

	lower := plotting.New()
	lower.X.Label.Text = "largest eigenvalue"
	lower.Y.Label.Text = "share of particles"
	s.histograms(lower, &entries)
	plotting.FromZero(lower)
	what := fmt.Sprintf("%s, d = %d, m = %d", s.Problem.Name(), p.Dim, p.Width)
	heading := plotting.Escape(s.Problem.Name()) + fmt.Sprintf(", *d* = %d, *m* = %d", p.Dim, p.Width)
	if !math.IsNaN(last.Time) {
		heading += ", above at *t* = " + bench.Number(last.Time)
	}
	return &plotting.Figure{
		Title: "Extreme eigenvalues of the particles' local Hessians against their alignment, and histograms of the largest: " + what,
		Width: 6.6 * vg.Inch, Height: 5.4 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{upper, lower}, &entries, vg.Points(104))
		},
	}, nil
}

// curves draws the exact eigenvalues over the alignments that particles have.
func (s *Study) curves(p *plot.Plot, entries *plot.Legend, state *State, alpha []float64) {
	if s.Reference == nil {
		return
	}
	field, err := s.Reference.At(state.Time)
	if err != nil {
		return // the state was measured at this time
	}
	from, to := slices.Min(alpha), slices.Max(alpha)
	var x, par, perp, turn []float64
	for i := range curvePoints {
		a := from + (to-from)*float64(i)/(curvePoints-1)
		one, two, three := field.Eigenvalues(a)
		x, par, perp, turn = append(x, a), append(par, one), append(perp, two), append(turn, three)
	}
	entries.Add("exact, along *α*", plotting.Curve(p, x, par, plotting.Limit().Line))
	entries.Add("exact, across", plotting.Curve(p, x, perp, plotting.Black().Line))
	if s.Problem.Rank() > 1 {
		entries.Add("exact, turning", plotting.Curve(p, x, turn, plotting.Ordered(1, 3).Line))
	}
}

// histograms draws the share of particles by their top eigenvalue, a stepped line for each of at most six times.
func (s *Study) histograms(p *plot.Plot, entries *plot.Legend) {
	const most = 6
	states := s.States
	if n := len(states); n > most {
		chosen := make([]State, most)
		for i := range chosen {
			chosen[i] = states[i*(n-1)/(most-1)]
		}
		states = chosen
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, state := range states {
		for _, r := range state.Rows {
			low, high = math.Min(low, r.Top), math.Max(high, r.Top)
		}
	}
	low, high = plotting.Room(low, high, 0.02)
	for i, state := range states {
		count := make([]float64, bins)
		for _, r := range state.Rows {
			count[min(bins-1, int((r.Top-low)/(high-low)*bins))] += 1 / float64(len(state.Rows))
		}
		var x, y []float64
		for k, c := range count {
			a, b := low+(high-low)*float64(k)/bins, low+(high-low)*float64(k+1)/bins
			x, y = append(x, a, b), append(y, c, c)
		}
		name := "as in the file"
		if !math.IsNaN(state.Time) {
			name = "*t* = " + bench.Number(state.Time)
		}
		entries.Add(name, plotting.Curve(p, x, y, plotting.Ordered(i, len(states)).Line))
	}
}

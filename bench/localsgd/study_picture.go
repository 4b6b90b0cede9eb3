package localsgd

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"kac/bench"
	"kac/internal/plotting"
)

// Picture draws the value gap against the rounds, marks with bars of one standard error, and infinitely many clients as
// lines. With several numbers of clients it is that after the last round against M, and infinitely many clients are
// levels, below which more clients do not lead; below it M * gap beside its constant, where a limit is known.
func (s *Study) Picture() (*plotting.Figure, error) {
	p := &s.Parameters
	if len(p.Clients) > 1 {
		return s.byClients(), nil
	}
	upper := plotting.New()
	upper.Y.Label.Text = "*F*(*x*) − *F*^{\\*}"
	upper.X.Label.Text = "round"
	entries := plotting.Legend()
	all := len(s.Rows) / p.Rounds
	for i := range all {
		rows := s.Rows[i*p.Rounds : (i+1)*p.Rounds]
		look := plotting.Ordered(i, max(all, 2))
		var x, y, low, high, limit []float64
		for _, r := range rows {
			x, y, limit = append(x, float64(r.Round)), append(y, r.Value.Value), append(limit, r.gap)
			se := r.Value.SE
			if math.IsNaN(se) {
				se = 0
			}
			low, high = append(low, math.Max(r.Value.Value-se, r.Value.Value/10)), append(high, r.Value.Value+se)
		}
		low, high, y = logs(low), logs(high), logs(y)
		marks := plotting.Marks(upper, x, y, look.Glyph)
		for k := range x {
			style := look.Line
			style.Dashes, style.Width = nil, vg.Points(1)
			plotting.Curve(upper, []float64{x[k], x[k]}, []float64{low[k], high[k]}, style)
		}
		name := fmt.Sprintf("%s\n*M* = %d, *K* = %d", rows[0].Algorithm, rows[0].Clients, rows[0].LocalSteps)
		if math.IsNaN(rows[0].gap) {
			entries.Add(name, plotting.Curve(upper, x, y, look.Line), marks)
			continue
		}
		look.Line.Width = vg.Points(1)
		entries.Add(name, plotting.Curve(upper, x, logs(limit), look.Line), marks)
	}
	entries.Add("marks: measured,\nbars ± 1 std. error"+s.limits(";\nlines: *M* = ∞"), plotting.Remark{})
	plotting.Around(upper)
	upper.Y.Tick.Marker = plotting.Decades{}
	upper.X.Min, upper.X.Max = plotting.Room(1, float64(p.Rounds), .03)
	return figure("Value gap of clients that are averaged, against rounds", s.heading(), []*plot.Plot{upper}, entries), nil
}

// limits is what the legend says of the lines of infinitely many clients: nothing where none is known.
func (s *Study) limits(words string) string {
	known := 0
	for i := range s.Rows {
		if !math.IsNaN(s.Rows[i].gap) {
			known++
		}
	}
	switch known {
	case 0:
		return ""
	case len(s.Rows):
		return words
	}
	return words + ",\nwhere known"
}

func (s *Study) heading() string {
	p := &s.Parameters
	return fmt.Sprintf("%s, noise %s, step %s, %s", plotting.Escape(p.Word), plotting.Escape(p.Noise), bench.Number(bench.Significant(p.Eta)), plotting.Count(p.Seeds, "seed"))
}

// byClients draws the value gap after the last round against the clients.
func (s *Study) byClients() *plotting.Figure {
	p := &s.Parameters
	upper := plotting.New()
	upper.Y.Label.Text = "*F*(*x*) − *F*^{\\*}"
	entries := plotting.Legend()
	each, groups := len(p.Clients), len(p.Algorithms)*len(p.LocalSteps)
	for g := range groups {
		look := plotting.Ordered(g, max(groups, 2))
		var x, y, level []float64
		for i := range each {
			r := s.Rows[(g*each+i+1)*p.Rounds-1]
			x, y, level = append(x, float64(r.Clients)), append(y, r.Value.Value), append(level, r.gap)
			if se := r.Value.SE; !math.IsNaN(se) {
				bar := look.Line
				bar.Dashes, bar.Width = nil, vg.Points(1)
				ends := logs([]float64{float64(r.Clients), math.Max(r.Value.Value-se, r.Value.Value/10), r.Value.Value + se})
				plotting.Curve(upper, []float64{ends[0], ends[0]}, ends[1:], bar)
			}
		}
		curve := plotting.Curve(upper, logs(x), logs(y), look.Line)
		marks := plotting.Marks(upper, logs(x), logs(y), look.Glyph)
		first := s.Rows[g*each*p.Rounds]
		entries.Add(fmt.Sprintf("%s, *K* = %d", first.Algorithm, first.LocalSteps), curve, marks)
		floor := look.Line
		floor.Dashes, floor.Width = nil, vg.Points(.7)
		plotting.Curve(upper, logs(x), logs(level), floor)
	}
	entries.Add(fmt.Sprintf("marks: measured after\nround %d, bars ± 1\nstd. error%s", p.Rounds, s.limits("; thin\nlines: *M* = ∞")), plotting.Remark{})
	plotting.Around(upper)
	upper.Y.Tick.Marker = plotting.Decades{}
	sizes(upper, "clients *M*", p.Clients)
	panels := []*plot.Plot{upper}
	if lower := s.scaled(); lower != nil {
		panels = append(panels, lower)
	}
	return figure("Value gap of clients that are averaged, against their number", s.heading(), panels, entries)
}

// scaled is M * gap after the last round against M, nil without a limit.
func (s *Study) scaled() *plot.Plot {
	p := &s.Parameters
	lower := plotting.New()
	lower.Y.Label.Text = "*M* E|*x*_M − *x*_∞|^2"
	known := false
	each, groups := len(p.Clients), len(p.Algorithms)*len(p.LocalSteps)
	for g := range groups {
		var x, y, constant []float64
		for i := range each {
			r := s.Rows[(g*each+i+1)*p.Rounds-1]
			m := float64(r.Clients)
			x, y, constant = append(x, math.Log10(m)), append(y, m*r.Gap.Value), append(constant, r.constant)
			known = known || !math.IsNaN(r.Gap.Value)
			style := plotting.Ordered(g, max(groups, 2)).Line
			style.Dashes, style.Width = nil, vg.Points(1)
			if se := m * r.Gap.SE; !math.IsNaN(se) {
				plotting.Curve(lower, []float64{x[i], x[i]}, []float64{y[i] - se, y[i] + se}, style)
			}
		}
		look := plotting.Ordered(g, max(groups, 2))
		plotting.Marks(lower, x, y, look.Glyph)
		look.Line.Width = vg.Points(1)
		plotting.Curve(lower, x, constant, look.Line)
	}
	if !known {
		return nil
	}
	plotting.FromZero(lower)
	sizes(lower, "clients *M*", p.Clients)
	return lower
}

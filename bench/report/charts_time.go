package report

import (
	"math"
	"strconv"

	"kac/bench"
	"kac/bench/gap"
)

type refRow = gap.LimitRow

const standardBand = "± 1 std. error"

// timeCharts are a group's curves against time: both scaled gaps, and the risk.
func (g *Group) timeCharts(where string) []*chart {
	var out []*chart
	for _, q := range quantities {
		c := g.overTime(g.Name+"-"+q.Slug, q.of(&g.Summary).Mean)
		c.Title = "*m* times the " + q.Name + ", " + where
		c.Y.Label = q.Scaled
		c.Caption = "One curve for all widths means that the gap closes like 1/*m*."
		if q.Slug == "gap" && g.hasConstant() {
			c.Series = append(c.Series, g.reference("limit *C*(*t*)", true, func(r refRow) float64 { return r.Constant }))
			c.Caption = "If *m* is large enough, every curve lies on *C*(*t*), the exact limit of *m* E " + functionGap + " as *m* → ∞, computed without sampling."
		}
		g.couplingLimit(c, q)
		out = append(out, c)
	}
	c := g.overTime(g.Name+"-risk", g.Summary.Risk)
	c.Title, c.Y.Label = "Risk, "+where, riskFormula
	c.Caption = "The risk of the finite networks, and that of the infinite-width network."
	c.Series = append(c.Series, g.reference("*m* = ∞", false, func(r refRow) float64 { return r.Risk }))
	return append(out, c)
}

// couplingLimit says of a panel of the coupling which of the two statistics it shows, and adds the exact limit of the
// mean square, or of the squared mean, where that is known. Where the limit is far above all widths, it is told in
// words, as its curve would press the others to the axis.
func (g *Group) couplingLimit(c *chart, q quantity) {
	switch {
	case q.Slug == "coupling":
		c.Caption += " Shown is *m* times the squared mean; it is never above *m* times the mean square, which has a chart of its own."
		if g.hasConstant() {
			g.limitOf(c, &g.Summary.Coupling, meanCouplingLimit, func(r refRow) float64 { return r.MeanCoupling })
		}
	case q.Slug == "coupling-square" && g.hasConstant():
		g.limitOf(c, &g.Summary.Square, couplingLimit, func(r refRow) float64 { return r.Coupling })
	}
}

// limitOf adds the exact limit of a statistic to its panel.
func (g *Group) limitOf(c *chart, measured *gap.Scaled, name string, of func(r refRow) float64) {
	top, highest := 0.0, 0.0
	for _, row := range measured.Mean {
		for _, mean := range row {
			top = max(top, mean.Value)
		}
	}
	limit := g.reference(name, true, of)
	for _, y := range limit.Y {
		highest = max(highest, y)
	}
	c.Caption += " Its exact limit as *m* → ∞, " + name + ", is " + short(limit.Y[len(limit.Y)-1]) +
		" at the last time; it is approached slowly where particles at the front are far from their twins."
	if highest <= 3*top {
		c.Series = append(c.Series, limit)
	}
}

// overTime draws means by time and width.
func (g *Group) overTime(id string, means [][]bench.Mean) *chart {
	c := &chart{ID: id, X: axis{Label: timeLabel, FromZero: true}, Y: axis{FromZero: true, Switches: true}}
	if g.Summary.Seeds > 1 {
		c.Bands = standardBand
	}
	at := thinned(len(g.Summary.Times), maxPoints)
	for i, m := range g.Summary.Widths {
		s := series{Entry: "*m* = " + strconv.Itoa(m), At: i, Of: len(g.Summary.Widths)}
		for _, k := range at {
			s.add(g.Summary.Times[k], means[k][i])
		}
		if g.Summary.Seeds < 2 {
			s.Low, s.High = nil, nil
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// add appends a mean with its standard error.
func (s *series) add(x float64, m bench.Mean) {
	se := m.SE
	if math.IsNaN(se) {
		se = 0
	}
	s.X, s.Y = append(s.X, x), append(s.Y, m.Value)
	s.Low, s.High = append(s.Low, m.Value-se), append(s.High, m.Value+se)
}

// reference is a curve of the infinite-width network.
func (g *Group) reference(entry string, dashed bool, value func(refRow) float64) series {
	s := series{Entry: entry, Dashed: dashed}
	for _, k := range thinned(len(g.Reference), maxPoints) {
		s.X, s.Y = append(s.X, g.Reference[k].Time), append(s.Y, value(g.Reference[k]))
	}
	return s
}

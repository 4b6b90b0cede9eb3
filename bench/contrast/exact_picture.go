package contrast

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	ideal "kac/meanfield/contrast"
)

// Picture draws the errors of all features against time at the smallest batch, a colour a level of noise, with the
// limit of infinite batches thin; below them m times the gap of a feature without noise, a colour a batch, with C(t)
// dashed. Of one time it draws m times the gap of every feature against m.
func (e *Exact) Picture() (*plotting.Figure, error) {
	p := &e.Parameters
	entries, below := plotting.Legend(), plotting.Legend()
	var panels []*plot.Plot
	heading := fmt.Sprintf("Contrastive learning, *α* = %s", bench.Numbers(p.Alpha))
	marks := ""
	if len(e.Rows) > 0 && e.Rows[0].Error.N > 0 {
		marks = "\nmarks: descents,\nbars ± 1 std. error"
	}
	title := "Errors of features against time"
	if len(p.Times) == 1 {
		title = "Distance from infinite batches against the size of a batch"
		heading += ", *t* = " + bench.Number(p.Times[0])
		for k := range p.drawn() {
			panels = append(panels, e.bySize(k+1, &entries))
		}
		entries.Add("thin: C(*t*), *m* = ∞"+marks, plotting.Remark{})
		return figure(title, heading, panels, len(panels), entries, below), nil
	}
	least := slices.Min(p.Batches)
	heading += fmt.Sprintf("; upper: *m* = %d", least)
	for k := range p.drawn() {
		panels = append(panels, e.byTime(k+1, least, &entries))
	}
	entries.Add("thin: *m* = ∞"+marks, plotting.Remark{})
	upper := len(panels)
	panels = append(panels, e.scaled(p.unnoised(), &below))
	return figure(title, heading, panels, upper, entries, below), nil
}

// drawn is how many features have a panel.
func (f *Features) drawn() int { return min(len(f.Alpha), ideal.MaxFeatures) }

// unnoised is the last feature without noise, or the last of all.
func (f *Features) unnoised() int {
	for k := len(f.Alpha); k > 0; k-- {
		if !slices.Contains(f.levels[0].Noised, k) {
			return k
		}
	}
	return len(f.Alpha)
}

// name is how a legend calls a level.
func (l Level) name() string {
	noised, beta := l.names()
	if noised == "0" {
		return "no noise"
	}
	return fmt.Sprintf("*β*_{%s} = %s", noised, beta)
}

// series are the x, flow, limit and constant of chosen rows.
func (e *Exact) series(level, feature, batch int, x func(ExactRow) float64) (at []float64, rows []ExactRow) {
	for _, r := range e.Rows {
		if r.Level == level && r.Feature == feature && (batch == 0 || r.Batch == batch) {
			at, rows = append(at, x(r)), append(rows, r)
		}
	}
	return at, rows
}

func column(rows []ExactRow, value func(ExactRow) float64) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = value(r)
	}
	return out
}

func (e *Exact) byTime(feature, batch int, entries *plot.Legend) *plot.Plot {
	p := plotting.New()
	p.X.Label.Text, p.Y.Label.Text = "time *t*", fmt.Sprintf("error of feature %d", feature)
	levels := e.Parameters.levels
	for i, l := range levels {
		look := plotting.Ordered(i, len(levels))
		at, rows := e.series(i, feature, batch, func(r ExactRow) float64 { return r.Time })
		line := plotting.Curve(p, at, column(rows, func(r ExactRow) float64 { return r.Flow }), look.Line)
		measured(p, at, rows, func(r ExactRow) (float64, float64) { return r.Error.Value, r.Error.SE }, look)
		thin := look.Line
		thin.Width, thin.Dashes = vg.Points(1), plotting.Limit().Line.Dashes
		plotting.Curve(p, at, column(rows, func(r ExactRow) float64 { return r.Limit }), thin)
		if feature == 1 {
			entries.Add(l.name(), line)
		}
	}
	plotting.Around(p)
	return p
}

func (e *Exact) scaled(feature int, entries *plot.Legend) *plot.Plot {
	p := plotting.New()
	p.X.Label.Text, p.Y.Label.Text = "time *t*", fmt.Sprintf("*m* (error − limit), feature %d", feature)
	batches := slices.Sorted(slices.Values(e.Parameters.Batches))
	for i, m := range batches {
		look := plotting.Ordered(i, len(batches))
		at, rows := e.series(0, feature, m, func(r ExactRow) float64 { return r.Time })
		entries.Add(fmt.Sprintf("*m* = %d", m), plotting.Curve(p, at, column(rows, gap), look.Line))
		measured(p, at, rows, measuredGap, look)
		if i == len(batches)-1 {
			var x, c []float64
			for _, r := range rows {
				if !math.IsNaN(r.Const) {
					x, c = append(x, r.Time), append(c, r.Const)
				}
			}
			if len(x) > 1 {
				entries.Add("C(*t*), *m* = ∞", plotting.Curve(p, x, c, plotting.Limit().Line))
			}
		}
	}
	if len(e.Parameters.levels) > 1 {
		entries.Add(e.Parameters.levels[0].name(), plotting.Remark{})
	}
	plotting.Around(p)
	plotting.FromZero(p)
	return p
}

// measured draws what descents gave, with bars of one standard error; nothing where there are none.
func measured(p *plot.Plot, at []float64, rows []ExactRow, value func(ExactRow) (mean, se float64), look plotting.Look) {
	var x, y []float64
	for i, r := range rows {
		v, se := value(r)
		if r.Error.N == 0 {
			continue
		}
		x, y = append(x, at[i]), append(y, v)
		if se > 0 {
			style := look.Line
			style.Dashes, style.Width = nil, vg.Points(1)
			plotting.Curve(p, []float64{at[i], at[i]}, []float64{v - se, v + se}, style)
		}
	}
	if len(x) > 0 {
		plotting.Marks(p, x, y, look.Glyph)
	}
}

func measuredGap(r ExactRow) (mean, se float64) {
	m := float64(r.Batch)
	return m * (r.Error.Value - r.Limit), m * r.Error.SE
}

func gap(r ExactRow) float64 { return float64(r.Batch) * (r.Flow - r.Limit) }

func (e *Exact) bySize(feature int, entries *plot.Legend) *plot.Plot {
	p := plotting.New()
	p.X.Label.Text, p.Y.Label.Text = "pairs in a batch *m*", fmt.Sprintf("*m* (error − limit), feature %d", feature)
	batches := slices.Sorted(slices.Values(e.Parameters.Batches))
	low, high := plotting.Room(math.Log10(float64(batches[0])), math.Log10(float64(batches[len(batches)-1])), .04)
	for i, l := range e.Parameters.levels {
		look := plotting.Ordered(i, len(e.Parameters.levels))
		_, rows := e.series(i, feature, 0, gap)
		slices.SortFunc(rows, func(a, b ExactRow) int { return a.Batch - b.Batch })
		at := column(rows, func(r ExactRow) float64 { return math.Log10(float64(r.Batch)) })
		y := column(rows, gap)
		line, marks := plotting.Curve(p, at, y, look.Line), plotting.Marks(p, nil, nil, look.Glyph)
		if rows[0].Error.N > 0 {
			measured(p, at, rows, measuredGap, look)
		} else {
			plotting.Marks(p, at, y, look.Glyph)
		}
		if c := rows[0].Const; !math.IsNaN(c) {
			thin := look.Line
			thin.Width, thin.Dashes = vg.Points(1), plotting.Limit().Line.Dashes
			plotting.Curve(p, []float64{low, high}, []float64{c, c}, thin)
		}
		if feature == 1 {
			entries.Add(l.name(), line, marks)
		}
	}
	plotting.Around(p)
	plotting.FromZero(p)
	p.X.Tick.Marker = plotting.Sizes{Values: batches, Apart: .2}
	p.X.Min, p.X.Max = low, high
	return p
}

// figure stacks panels; the first ones share a legend, and the others have the second.
func figure(title, heading string, panels []*plot.Plot, upper int, entries, below plot.Legend) *plotting.Figure {
	n := len(panels)
	return &plotting.Figure{
		Title: title, Width: 6.6 * vg.Inch, Height: vg.Length(.6+2.6*float64(n)) * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, heading)
			height := (c.Max.Y - c.Min.Y) / vg.Length(n)
			for i, p := range panels {
				legend := plotting.Legend()
				switch i {
				case 0:
					legend = entries
				case upper:
					legend = below
				}
				plotting.Stacked(draw.Crop(c, 0, 0, height*vg.Length(n-1-i), -height*vg.Length(i)), []*plot.Plot{p}, &legend, vg.Points(122))
			}
		},
	}
}

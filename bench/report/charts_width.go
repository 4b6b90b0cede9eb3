package report

import (
	"math"
	"slices"
	"strconv"

	"kac/bench"
	"kac/internal/portable"
)

// againstWidth draws the gap at the last time against the width, with the fitted power of m. It is nil
// where no group has a fit.
func (f *family) againstWidth(q quantity) *chart {
	c := &chart{
		ID: f.Slug + "-" + q.Slug + "-against-width", Title: "The " + q.Name + " at the last time against the width",
		X: axis{Label: "width *m*", Log: true, Switches: true}, Y: axis{Label: q.Gap, Log: true, Switches: true},
		Caption: "Points are means over seeds with one standard error. Lines are the fitted powers of *m*; the fans are their 95 % intervals.",
	}
	grid := f.widthGrid()
	fits := false
	for i, g := range f.Groups {
		k := g.last()
		scaled := q.of(&g.Summary)
		entry := f.label(g)
		if e := scaled.Exponents[k]; e != nil {
			entry += ": *m*^{" + minus(strconv.FormatFloat(e.Value, 'f', 2, 64)) + "}"
			line := fitted(e, grid, g.Summary.Widths)
			line.Entry, line.At, line.Of = entry, i, len(f.Groups)
			c.Series = append(c.Series, line)
			c.Bands, fits = "95 % interval", true
		}
		points := series{Entry: entry, At: i, Of: len(f.Groups), Points: true}
		for j, m := range g.Summary.Widths {
			mean := scaled.Mean[k][j]
			points.add(float64(m), bench.Mean{Value: mean.Value / float64(m), SE: mean.SE / float64(m)})
		}
		c.Series = append(c.Series, points)
	}
	if !fits {
		return nil
	}
	return c
}

// widthGrid is all widths and points between them, on which a power law is a curve also on linear axes.
func (f *family) widthGrid() []float64 {
	var grid []float64
	for _, g := range f.Groups {
		for _, m := range g.Summary.Widths {
			grid = append(grid, float64(m))
		}
	}
	const between = 24
	low, high := math.Log(slices.Min(grid)), math.Log(slices.Max(grid))
	for i := 1; i < between; i++ {
		grid = append(grid, portable.Exp(low+(high-low)*float64(i)/between))
	}
	slices.Sort(grid)
	return slices.Compact(grid)
}

// fitted is the line of an exponent over the group's widths. All lines of the interval go through the
// points' weighted mean.
func fitted(e *bench.Exponent, grid []float64, widths []int) series {
	var s series
	for _, m := range grid {
		if m < float64(widths[0]) || m > float64(widths[len(widths)-1]) {
			continue
		}
		at := func(p float64) float64 { return portable.Exp(e.LogValue + p*(math.Log(m)-e.LogWidth)) }
		s.X, s.Y = append(s.X, m), append(s.Y, at(e.Value))
		s.Low, s.High = append(s.Low, min(at(e.Low), at(e.High))), append(s.High, max(at(e.Low), at(e.High)))
	}
	return s
}

// exponents draws the fitted exponents against time. It is nil where there is none.
func (f *family) exponents(q quantity) *chart {
	c := &chart{
		ID: f.Slug + "-" + q.Slug + "-exponent", Title: "Fitted exponent of *m* in the " + q.Name + " against time",
		X: axis{Label: timeLabel, FromZero: true}, Y: axis{Label: "exponent of *m*"},
		Caption: "−1 is the rate 1/*m* of independent particles.",
	}
	end := 0.0
	for i, g := range f.Groups {
		s := series{Entry: f.label(g), At: i, Of: len(f.Groups)}
		for _, k := range thinned(len(g.Summary.Times), maxPoints) {
			if e := q.of(&g.Summary).Exponents[k]; e != nil {
				s.X, s.Y = append(s.X, g.Summary.Times[k]), append(s.Y, e.Value)
				s.Low, s.High = append(s.Low, e.Low), append(s.High, e.High)
				end = max(end, g.Summary.Times[k])
			}
		}
		if len(s.X) > 1 {
			c.Series, c.Bands = append(c.Series, s), "95 % interval"
		}
	}
	if len(c.Series) == 0 {
		return nil
	}
	c.Series = append(c.Series, series{Entry: "rate 1/*m*", X: []float64{0, end}, Y: []float64{-1, -1}, Dashed: true})
	return c
}

// againstDimension draws the scaled gap of the widest networks at the last time, C(T) and the horizon
// against the dimension; nothing where there is but one dimension, or one has several horizons.
func (f *family) againstDimension() []*chart {
	if len(f.Groups) < 2 || !f.oneHorizon() {
		return nil
	}
	groups := slices.Clone(f.Groups)
	slices.SortFunc(groups, func(a, b *Group) int { return a.Parameters.Dim - b.Parameters.Dim })
	measured := series{Entry: "measured, widest *m*", At: 0, Of: 1, Points: true}
	exact := series{Entry: "limit *C*(*T*)", Dashed: true}
	horizon := series{Entry: "last time *T*"}
	differ := false
	for _, g := range groups {
		d, k := float64(g.Parameters.Dim), g.last()
		measured.add(d, g.Summary.Function.Mean[k][len(g.Summary.Widths)-1])
		if g.hasConstant() {
			exact.X, exact.Y = append(exact.X, d), append(exact.Y, g.Reference[k].Constant)
		}
		horizon.X, horizon.Y = append(horizon.X, d), append(horizon.Y, g.Parameters.Horizon)
		differ = differ || g.Parameters.Horizon != groups[0].Parameters.Horizon
	}
	c := &chart{
		ID: f.Slug + "-against-dimension", Title: "*m* times the function error at the last time against the dimension",
		X: axis{Label: "dimension *d*", Log: true, Switches: true, Marks: horizon.X}, Y: axis{Label: quantities[0].Scaled, Log: true, Switches: true, FromZero: true},
		Series: []series{measured}, Bands: standardBand,
		Caption: "If the points stay level, a network of the same width stays as near to its limit in every dimension.",
	}
	if len(exact.X) > 0 {
		c.Series = append(c.Series, exact)
	}
	out := []*chart{c}
	if differ {
		out = append(out, &chart{
			ID: f.Slug + "-horizon", Title: "Last time against the dimension", Caption: f.horizonWords() + ".",
			X: axis{Label: "dimension *d*", Log: true, Switches: true, Marks: horizon.X}, Y: axis{Label: "last time *T*", Log: true, Switches: true, FromZero: true},
			Series: []series{horizon},
		})
	}
	return out
}

package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/plotting"
)

// general fills the page of a sweep of any system: what its schema summarises, against time and against the size, by
// group. It says what is shown, and nothing about what it means.
func (b *builder) general() page {
	results := b.study.General
	schema := results[0].Facts.Schema
	p := page{Heading: "Numbers", Provenance: b.study.provenanceTables()}
	var names []string
	for _, list := range byProblem(results) {
		v := b.generalFamily(schema, list)
		names = append(names, v.Title)
		for _, g := range v.Groups {
			p.Contents = append(p.Contents, link{g.ID, g.Title})
		}
		if len(v.Slopes) > 0 {
			p.Contents = append(p.Contents, link{v.ID + "-width", "against the " + schema.Size + ", " + v.Title})
		}
		p.Families = append(p.Families, v)
	}
	p.Contents = append(p.Contents, link{"provenance", "provenance"})
	what := "A sweep of " + plotting.Escape(schema.Measure)
	if b.study.Program != sweepProgram {
		what = plotting.Escape(b.study.Program)
	}
	p.Question = what + ": what was measured, against time and " + plotting.Escape(schema.Size)
	p.Lead = strings.Join(names, "; ")
	p.Missing = plotting.Escape(b.study.Missing)
	p.Title = "kac report: " + plotting.Plain(p.Lead)
	p.Files = "Beside this file, every chart is there as SVG and as PDF under the name below it. The numbers of every " + plotting.Escape(schema.Size) +
		", seed and time are in " + b.table() + "."
	return p
}

// byProblem sorts results, in the study's order.
func byProblem(results []*bench.Result) [][]*bench.Result {
	var out [][]*bench.Result
	for _, r := range results {
		i := slices.IndexFunc(out, func(list []*bench.Result) bool { return list[0].Facts.Problem == r.Facts.Problem })
		if i < 0 {
			out, i = append(out, nil), len(out)
		}
		out[i] = append(out[i], r)
	}
	return out
}

func (b *builder) generalFamily(schema *bench.Schema, list []*bench.Result) familyView {
	slug := list[0].Name
	v := familyView{ID: slug + "-all", Title: plotting.Escape(list[0].Facts.Problem), WidthTitle: "At the last time, against the " + plotting.Escape(schema.Size)}
	v.Numbers = lastTable(v.ID+"-answer", schema, list)
	v.Words = generalWords(schema, list)
	for _, r := range list {
		g := groupView{ID: r.Name, Title: plotting.Escape(r.Name)}
		for i := range r.Means.Columns {
			if len(r.Means.Times) > 1 { // a single time is no curve: it is in the tables and against the size
				g.Charts = b.add(g.Charts, columnChart(r, i))
			}
			g.Tables = append(g.Tables, columnTable(r, i))
		}
		v.Groups = append(v.Groups, g)
	}
	for i := range list[0].Means.Columns {
		v.Slopes = b.add(v.Slopes, sizeChart(v.ID, list, i))
	}
	return v
}

// title names a summarised column, with the size before it if it is scaled.
func title(s *bench.Schema, c *bench.Column) string {
	name := plotting.Escape(c.SlopeName())
	if c.How == bench.Scaled {
		return "*" + s.Letter + "* · " + name
	}
	return name
}

// formula is the label of a column's axis.
func formula(s *bench.Schema, c *bench.Column, scaled bool) string {
	text := c.Formula
	if text == "" {
		text = plotting.Escape(c.SlopeName())
	}
	if c.Unit != "" {
		text += " (" + c.Unit + ")"
	}
	if scaled {
		return "*" + s.Letter + "* " + text
	}
	return text
}

// positive reports whether a logarithmic axis shows all means after the first time, and some of them.
func positive(means [][]bench.Mean) bool {
	for _, row := range means[min(1, len(means)-1):] {
		for _, m := range row {
			if !(m.Value > 0) {
				return false
			}
		}
	}
	return true
}

// columnChart is a summarised column against time, a curve a size.
func columnChart(r *bench.Result, index int) *chart {
	c, s := &r.Means.Columns[index], r.Facts.Schema
	out := &chart{
		ID: r.Name + "-" + c.Column.Name, Title: title(s, &c.Column) + ", " + plotting.Escape(r.Name), Caption: caption(s, &c.Column),
		X: axis{Label: timeLabel, FromZero: true}, Y: axis{Label: formula(s, &c.Column, c.Column.How == bench.Scaled), Log: positive(c.Mean), Switches: true},
	}
	if r.Means.Seeds > 1 {
		out.Bands = standardBand
	}
	for i, m := range r.Means.Sizes {
		line := series{Entry: "*" + s.Letter + "* = " + strconv.Itoa(m), At: i, Of: len(r.Means.Sizes)}
		if c.Column.Common {
			line.Entry = "measured"
		}
		for _, k := range thinned(len(r.Means.Times), maxPoints) {
			line.add(r.Means.Times[k], c.Mean[k][i])
		}
		if r.Means.Seeds < 2 {
			line.Low, line.High = nil, nil
		}
		if out.Series = append(out.Series, line); c.Column.Common {
			break
		}
	}
	out.Series = append(out.Series, lawSeries(r, c)...)
	return out
}

// lawSeries are the curves of what predicts a column: one where it is the same for all sizes, else one a size.
func lawSeries(r *bench.Result, c *bench.ColumnMeans) []series {
	const equal = 1e-9 // relative: rounding of size times a number over the size
	var out []series
	for i, m := range r.Means.Sizes {
		line := series{Entry: "law", Dashed: true}
		same := i > 0
		for k, row := range c.Law {
			if math.IsNaN(row[i]) {
				continue
			}
			line.X, line.Y = append(line.X, r.Means.Times[k]), append(line.Y, row[i])
			same = same && math.Abs(row[i]-row[0]) <= equal*math.Abs(row[0])
		}
		if len(line.X) == 0 || same {
			continue
		}
		if i > 0 {
			line.Entry, line.At, line.Of = "law, *"+r.Facts.Schema.Letter+"* = "+strconv.Itoa(m), i, len(r.Means.Sizes)
		}
		if out = append(out, line); c.Column.Common {
			break
		}
	}
	return out
}

func caption(s *bench.Schema, c *bench.Column) string {
	text := upper(plotting.Escape(c.Meaning))
	if c.Square {
		text += "; its square"
	}
	if c.How == bench.Scaled {
		text += ", times " + plotting.Escape(s.Size) + ". One curve for all means that it falls like 1/*" + s.Letter + "*."
	}
	if c.Law != "" {
		text = strings.TrimSuffix(text, ".") + ". Dashed: what the law predicts, where it is known."
	}
	return text
}

// sizeChart is a summarised column at the last time against the size, a curve a group; nil where there is one size.
func sizeChart(id string, list []*bench.Result, index int) *chart {
	s := list[0].Facts.Schema
	column := &list[0].Means.Columns[index].Column
	if column.Common {
		return nil
	}
	out := &chart{
		ID: id + "-" + column.Name + "-against-" + s.Size, Title: plotting.Escape(column.SlopeName()) + " at the last time against the " + plotting.Escape(s.Size),
		X: axis{Label: plotting.Escape(s.Size) + " *" + s.Letter + "*", Log: true, Switches: true}, Y: axis{Label: formula(s, column, false), Log: true, Switches: true},
		Caption: "Means over seeds with one standard error.", Bands: standardBand,
	}
	several := false
	for n, r := range list {
		c := &r.Means.Columns[index]
		k := len(r.Means.Times) - 1
		entry := plotting.Escape(r.Name)
		if c.Column.How == bench.Scaled && c.Exponents[k] != nil {
			entry += ": *" + s.Letter + "*^{" + decimals(c.Exponents[k].Value) + "}"
		}
		points := series{Entry: entry, At: n, Of: len(list), Points: true}
		for i, m := range r.Means.Sizes {
			mean := c.Mean[k][i]
			if c.Column.How == bench.Scaled {
				mean.Value, mean.SE = mean.Value/float64(m), mean.SE/float64(m)
			}
			out.Y.Log = out.Y.Log && mean.Value > 0
			points.add(float64(m), mean)
		}
		several = several || len(r.Means.Sizes) > 1
		out.Series = append(out.Series, points)
	}
	if !several {
		return nil
	}
	return out
}

// lastTable is all that is summarised at each group's last time.
func lastTable(id string, s *bench.Schema, list []*bench.Result) table {
	t := table{ID: id, Title: "At the last time", Left: 1, Header: []string{"group", "*T*", "*" + s.Letter + "*"}, Note: "0.605(12) is 0.605 with standard error 0.012."}
	for i := range list[0].Means.Columns {
		c := &list[0].Means.Columns[i].Column
		if t.Header = append(t.Header, title(s, c)); c.How == bench.Scaled {
			t.Header = append(t.Header, "exponent of *"+s.Letter+"*", "95 % interval")
		}
	}
	for _, r := range list {
		k := len(r.Means.Times) - 1
		for i, m := range r.Means.Sizes {
			row := []string{plotting.Escape(r.Name), short(r.Means.Times[k]), strconv.Itoa(m)}
			for _, c := range r.Means.Columns {
				if row = append(row, measured(c.Mean[k][i])); c.Column.How == bench.Scaled {
					row = append(row, exponent(c.Exponents[k])...)
				}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// columnTable is a summarised column at many times.
func columnTable(r *bench.Result, index int) table {
	c, s := &r.Means.Columns[index], r.Facts.Schema
	t := table{ID: r.Name + "-" + c.Column.Name + "-table", Title: title(s, &c.Column) + ", " + plotting.Escape(r.Name), Folded: true, Header: []string{"*t*"}}
	sizes := len(r.Means.Sizes)
	if c.Column.Common {
		sizes, t.Header = 1, append(t.Header, "measured")
	}
	for _, m := range r.Means.Sizes[:sizes] {
		if !c.Column.Common {
			t.Header = append(t.Header, "*"+s.Letter+"* = "+strconv.Itoa(m))
		}
		if c.Law != nil {
			t.Header = append(t.Header, "law")
		}
	}
	at := thinned(len(r.Means.Times), tableTimes)
	for _, k := range at {
		row := []string{short(r.Means.Times[k])}
		for i, m := range c.Mean[k][:sizes] {
			if row = append(row, measured(m)); c.Law != nil {
				row = append(row, bench.Known("%.4g", c.Law[k][i]))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	t.Note = shown(len(at), len(r.Means.Times))
	return t
}

// generalWords say what tells the groups apart, and what the columns are.
func generalWords(s *bench.Schema, list []*bench.Result) []item {
	all := func(of func(*bench.Facts) string) string {
		var out []string
		for _, r := range list {
			if text := plotting.Escape(of(&r.Facts)); !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
		return join(out)
	}
	out := []item{
		{"problem", all(func(f *bench.Facts) string { return f.Problem })},
		{"dim", all(func(f *bench.Facts) string { return strconv.Itoa(f.Dim) })},
		{s.Size, all(func(f *bench.Facts) string {
			return bench.Wholes(f.Sizes, ", ")
		})},
		{s.Seeds, all(func(f *bench.Facts) string { return fmt.Sprintf("%d, from seed %d", f.Seeds, f.FirstSeed) })},
	}
	for i, l := range s.Labels {
		out = append(out, item{l.Name, all(func(f *bench.Facts) string {
			if x, is := f.Labels[i].(float64); is {
				return bench.Number(x)
			}
			return fmt.Sprint(f.Labels[i])
		}) + " (" + plotting.Escape(l.Meaning) + ")"})
	}
	return out
}

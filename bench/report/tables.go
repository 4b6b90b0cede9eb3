package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kac/bench"
	"kac/internal/plotting"
)

// table is one of the report's tables. Texts are in plotting.Markup; the first Left columns hold words.
type table struct {
	ID     string
	Title  string
	Note   string
	Header []string
	Rows   [][]string
	Left   int
	Folded bool // shown on demand
	Wrap   bool // words are long and may take several lines
}

// Tables of more times show this many of them; the files hold all.
const tableTimes = 41

// scaledTable is the gaps at the last time, by dimension and width.
func (f *family) scaledTable() table {
	t := table{
		ID: f.Slug + "-table", Title: "Scaled gaps at the last time", Left: 1,
		Header: []string{"", "*T*", "*m*", "*m* · function error", "limit *C*(*T*)", "*m* " + couplingGap, meanCouplingLimit, "*m* " + squareGap, couplingLimit, "risk of *f*_{*m*}", "risk of *f*_{MF}"},
		Note:   "Means over seeds; 0.605(12) is 0.605 with standard error 0.012.",
	}
	if f.Groups[0].Summary.Seeds < 2 {
		t.Note = "One seed, so no standard errors."
	}
	for _, g := range f.Groups {
		k := g.last()
		for i, m := range g.Summary.Widths {
			t.Rows = append(t.Rows, []string{
				f.label(g), short(g.Parameters.Horizon), strconv.Itoa(m), measured(g.Summary.Function.Mean[k][i]), constant(g.Reference[k]),
				measured(g.Summary.Coupling.Mean[k][i]), shortOrNone(g.Reference[k].MeanCoupling), measured(g.Summary.Square.Mean[k][i]), shortOrNone(g.Reference[k].Coupling), measured(g.Summary.Risk[k][i]), short(g.Reference[k].Risk),
			})
		}
	}
	if !slices.ContainsFunc(f.Groups, (*Group).hasConstant) {
		t.drop(8)
		t.drop(6)
		t.drop(4)
	}
	return t
}

// drop leaves out a column.
func (t *table) drop(column int) {
	t.Header = slices.Delete(t.Header, column, column+1)
	for i := range t.Rows {
		t.Rows[i] = slices.Delete(t.Rows[i], column, column+1)
	}
}

// slopeTable is the fitted exponents at the last time and over all times.
func (f *family) slopeTable() table {
	t := table{
		ID: f.Slug + "-slopes", Title: "Fitted exponents of *m*", Left: 2,
		Header: []string{"", "quantity", "at *T*", "95 % interval", "average over all times", "95 % interval", "degrees of freedom"},
		Note: "Least squares of log mean against log *m*, weighted with the standard errors. Intervals leave out one seed at a time (jackknife, Student's *t*): " +
			"seeds are the only independent replicas, as widths share a seed's neurons.",
	}
	for _, g := range f.Groups {
		for _, q := range quantities {
			scaled := q.of(&g.Summary)
			row := append([]string{f.label(g), q.Name}, exponent(scaled.Exponents[g.last()])...)
			row = append(row, exponent(scaled.Overall)...)
			degrees := "–"
			if e := scaled.Exponents[g.last()]; e != nil {
				degrees = strconv.Itoa(e.DF)
			}
			t.Rows = append(t.Rows, append(row, degrees))
			if e := scaled.Exponents[g.last()]; e != nil {
				if away, meaning := e.Away(); away {
					t.Note += " " + upper(q.Name) + f.of(g) + ": " + strings.ReplaceAll(meaning, "-1", "−1") + "."
				}
			}
		}
	}
	return t
}

// timeTable is a group's scaled gap of one kind at many times.
func (g *Group) timeTable(where string, q quantity) table {
	scaled := q.of(&g.Summary)
	t := table{ID: g.Name + "-" + q.Slug + "-table", Title: "*m* times the " + q.Name + ", " + where, Folded: true, Header: []string{"*t*"}}
	limit := q.Slug == "gap" && g.hasConstant()
	for _, m := range g.Summary.Widths {
		t.Header = append(t.Header, "*m* = "+strconv.Itoa(m))
	}
	if limit {
		t.Header = append(t.Header, "limit *C*(*t*)")
	}
	var bound func(refRow) float64
	switch {
	case !g.hasConstant():
	case q.Slug == "coupling-square":
		t.Header, bound = append(t.Header, couplingLimit), func(r refRow) float64 { return r.Coupling }
	case q.Slug == "coupling":
		t.Header, bound = append(t.Header, meanCouplingLimit), func(r refRow) float64 { return r.MeanCoupling }
	}
	t.Header = append(t.Header, "exponent of *m*", "95 % interval")
	at := thinned(len(g.Summary.Times), tableTimes)
	for _, k := range at {
		row := []string{short(g.Summary.Times[k])}
		for i := range g.Summary.Widths {
			row = append(row, measured(scaled.Mean[k][i]))
		}
		if limit {
			row = append(row, constant(g.Reference[k]))
		}
		if bound != nil {
			row = append(row, shortOrNone(bound(g.Reference[k])))
		}
		t.Rows = append(t.Rows, append(row, exponent(scaled.Exponents[k])...))
	}
	t.Note = shown(len(at), len(g.Summary.Times))
	return t
}

// referenceTable is the infinite-width network of a group.
func (g *Group) referenceTable(where string) table {
	t := table{ID: g.Name + "-reference", Title: "Infinite width, " + where, Folded: true, Header: []string{"*t*", "risk", "error of the risk", "‖*f*_{MF}‖^2"}}
	known := g.hasConstant()
	if known {
		t.Header = append(t.Header, "*C*(*t*)", "error of *C*", couplingLimit, meanCouplingLimit)
	}
	at := thinned(len(g.Reference), tableTimes)
	for _, k := range at {
		r := g.Reference[k]
		row := []string{short(r.Time), eight(r.Risk), tiny(r.Error), eight(r.SelfEnergy)}
		if known {
			row = append(row, eight(r.Constant), tiny(r.ConstantError), eight(r.Coupling), eight(r.MeanCoupling))
		}
		t.Rows = append(t.Rows, row)
	}
	s := g.Solved
	t.Note = strings.TrimSpace(fmt.Sprintf("Errors are estimates: twice the distance of two solves on different grids, at least 2 %% of the tolerance. %d panels, %d nodes, %d steps, %d right-hand sides. %s",
		s.Panels, s.Nodes, s.Steps, s.Evaluations, shown(len(at), len(g.Reference))))
	if g.NoConstant != "" {
		t.Note += " No *C*(*t*): " + plotting.Escape(without(g.NoConstant)) + "."
	}
	return t
}

// solvedTable is how well each infinite-width network is known.
func (f *family) solvedTable() table {
	t := table{
		ID: f.Slug + "-references", Title: "Infinite-width references", Left: 1,
		Header: []string{"", "*T*", "risk at *T*", "largest error of the risk", "*C*(0)", "*C*(*T*)", "largest error of *C*"},
		Note:   "Errors are estimates: twice the distance of two solves on different grids, at least 2 % of the tolerance.",
	}
	for _, g := range f.Groups {
		last := g.Reference[g.last()]
		worst := 0.0
		for _, r := range g.Reference {
			worst = math.Max(worst, r.ConstantError)
		}
		row := []string{f.label(g), eight(g.Parameters.Horizon), eight(last.Risk), tiny(g.Solved.Error), "–", "–", "–"}
		if g.hasConstant() {
			row[4], row[5], row[6] = eight(g.Reference[0].Constant), eight(last.Constant), tiny(worst)
		}
		t.Rows = append(t.Rows, row)
	}
	if !slices.ContainsFunc(f.Groups, (*Group).hasConstant) {
		t.drop(6)
		t.drop(5)
		t.drop(4)
	}
	return t
}

func upper(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func shown(some, all int) string {
	if some == all {
		return ""
	}
	return fmt.Sprintf("%d of %d times are shown; the files beside the report hold all.", some, all)
}

func measured(m bench.Mean) string {
	if text := m.Text(); text != "-" {
		return powers(text)
	}
	return "–"
}

func constant(r refRow) string { return shortOrNone(r.Constant) }

func shortOrNone(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return short(x)
}

func exponent(e *bench.Exponent) []string {
	if e == nil {
		return []string{"–", "–"}
	}
	return []string{decimals(e.Value), "[" + decimals(e.Low) + ", " + decimals(e.High) + "]"}
}

func eight(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return powers(strconv.FormatFloat(x, 'g', 8, 64))
}

func tiny(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return powers(strconv.FormatFloat(x, 'g', 2, 64))
}

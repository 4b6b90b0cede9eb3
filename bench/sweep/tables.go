package sweep

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"kac/bench"
	"kac/bench/gap"
)

// Headers of the CSV files. Empty fields are what is not known.
const (
	keyColumns = "problem,dim,horizon,dynamics,precision"

	TableHeader     = "problem,dim,width,seed,horizon,dynamics,precision,time,risk,reference_risk,function_error,coupling_mean,coupling_max,coupling_square"
	ReferenceHeader = "problem,dim,horizon,time,risk,risk_error,self_energy,gap_constant,gap_constant_error,coupling_constant"
	SummaryHeader   = keyColumns + ",width,time,seeds,m_function_error,m_function_error_se,m_coupling2,m_coupling2_se,m_coupling_square,m_coupling_square_se,risk,risk_se"
	SlopesHeader    = keyColumns + ",quantity,time,exponent,exponent_low,exponent_high,standard_error,degrees_of_freedom"
)

// Quantities of slopes.csv: exponents of the width.
const (
	SlopeFunction = "function_error"
	SlopeCoupling = "coupling_mean^2"
	SlopeSquare   = "coupling_square"
)

// ReferenceRow is the infinite-width network of a group at one time.
type ReferenceRow struct {
	bench.ReferenceRow
	// Constant is C(t), m E||f_m - f_MF||^2 -> C(t), and Coupling the limit of m E_i ||Delta_i||^2; NaN
	// where they are not known.
	Constant, ConstantError, Coupling float64
}

// GroupResults is a group with all its cells.
type GroupResults struct {
	*Group
	Cells     []gap.Cell // by width and seed
	Reference []ReferenceRow
	Summary   gap.Summary
	Risk      [][]bench.Mean // [time][width], of the finite networks
}

// NewGroupResults summarises all cells of a group, given by width and seed.
func NewGroupResults(g *Group, cells []gap.Cell, reference []ReferenceRow) *GroupResults {
	r := &GroupResults{Group: g, Cells: cells, Reference: reference}
	r.Summary = gap.Summarise(g.Parameters.Widths, cells)
	seeds := g.Parameters.Seeds
	for t := range g.Parameters.Points {
		means := make([]bench.Mean, len(g.Parameters.Widths))
		for i := range means {
			values := make([]float64, seeds)
			for j := range values {
				values[j] = cells[i*seeds+j].Rows[t].Risk
			}
			means[i] = bench.MeanOf(values)
		}
		r.Risk = append(r.Risk, means)
	}
	return r
}

// table writes lines of fields; a failed write is kept and returned by Flush.
type table struct {
	out  *bufio.Writer
	line []byte
}

func newTable(w io.Writer, header string) *table {
	t := &table{out: bufio.NewWriter(w)}
	t.out.WriteString(header + "\n")
	return t
}

func (t *table) text(s string) {
	if len(t.line) > 0 {
		t.line = append(t.line, ',')
	}
	t.line = append(t.line, s...)
}

func (t *table) whole(n int) { t.text(strconv.Itoa(n)) }

// numbers that are not finite leave their field empty.
func (t *table) numbers(values ...float64) {
	for _, x := range values {
		t.line = append(t.line, ',')
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			t.line = strconv.AppendFloat(t.line, x, 'g', -1, 64)
		}
	}
}

func (t *table) end() {
	t.out.Write(append(t.line, '\n'))
	t.line = t.line[:0]
}

// keys are the columns that tell groups apart.
func (t *table) keys(g *Group) {
	t.text(g.Problem.Name())
	t.whole(g.Parameters.Dim)
	t.numbers(g.Parameters.Horizon)
	t.text(g.Parameters.Dynamics)
	t.text(g.Parameters.Precision)
}

// WriteTable writes table.csv: one row per cell and time. Numbers are the shortest that read back
// exactly.
func WriteTable(w io.Writer, groups []*GroupResults) error {
	t := newTable(w, TableHeader)
	for _, g := range groups {
		p := &g.Parameters
		for _, c := range g.Cells {
			for _, r := range c.Rows {
				t.text(g.Problem.Name())
				t.whole(p.Dim)
				t.whole(c.Width)
				t.text(strconv.FormatUint(c.Seed, 10))
				t.numbers(p.Horizon)
				t.text(p.Dynamics)
				t.text(p.Precision)
				t.numbers(r.Time, r.Risk, r.ReferenceRisk, r.FunctionError, r.CouplingMean, r.CouplingMax, r.CouplingSquare)
				t.end()
			}
		}
	}
	return t.out.Flush()
}

// WriteReference writes reference.csv: one row per problem, dimension, horizon and time.
func WriteReference(w io.Writer, groups []*GroupResults) error {
	t := newTable(w, ReferenceHeader)
	seen := map[referenceKey]bool{}
	for _, g := range groups {
		if seen[g.referenceKey()] {
			continue
		}
		seen[g.referenceKey()] = true
		for _, r := range g.Reference {
			t.text(g.Problem.Name())
			t.whole(g.Parameters.Dim)
			t.numbers(g.Parameters.Horizon, r.Time, r.Risk, r.Error, r.SelfEnergy, r.Constant, r.ConstantError, r.Coupling)
			t.end()
		}
	}
	return t.out.Flush()
}

// WriteSummary writes summary.csv: means over seeds with their standard errors, per group, width and
// time. m_function_error is m ||f_m - f_MF||^2, m_coupling2 is m (mean_i |Delta_i|)^2,
// m_coupling_square is m mean_i |Delta_i|^2.
func WriteSummary(w io.Writer, groups []*GroupResults) error {
	t := newTable(w, SummaryHeader)
	for _, g := range groups {
		s := &g.Summary
		for i, m := range s.Widths {
			for k, time := range s.Times {
				t.keys(g.Group)
				t.whole(m)
				t.numbers(time)
				t.whole(s.Seeds)
				for _, mean := range []bench.Mean{s.Function.Mean[k][i], s.Coupling.Mean[k][i], s.Square.Mean[k][i], g.Risk[k][i]} {
					t.numbers(mean.Value, mean.SE)
				}
				t.end()
			}
		}
	}
	return t.out.Flush()
}

// WriteSlopes writes slopes.csv: fitted exponents of the width with 95 % intervals, per group,
// quantity and time; with an empty time that of the average over all times after 0. Exponents that
// the data do not determine have no row.
func WriteSlopes(w io.Writer, groups []*GroupResults) error {
	t := newTable(w, SlopesHeader)
	for _, g := range groups {
		for _, q := range []struct {
			name   string
			scaled *gap.Scaled
		}{{SlopeFunction, &g.Summary.Function}, {SlopeCoupling, &g.Summary.Coupling}, {SlopeSquare, &g.Summary.Square}} {
			for k, e := range q.scaled.Exponents {
				t.slope(g.Group, q.name, g.Summary.Times[k], e)
			}
			t.slope(g.Group, q.name, math.NaN(), q.scaled.Overall)
		}
	}
	return t.out.Flush()
}

func (t *table) slope(g *Group, quantity string, time float64, e *bench.Exponent) {
	if e == nil {
		return
	}
	t.keys(g)
	t.text(quantity)
	t.numbers(time, e.Value, e.Low, e.High, e.SE)
	t.whole(e.DF)
	t.end()
}

// WriteText prints a table for people: each group's last time, each width's scaled gaps there.
func WriteText(w io.Writer, groups []*GroupResults) error {
	rows := [][]string{{"group", "T", "risk", "m", "m*function error", "m*coupling^2", "C(T)", "exponent of m"}}
	for _, g := range groups {
		last := g.Reference[len(g.Reference)-1]
		for i, m := range g.Summary.Widths {
			k := len(g.Summary.Times) - 1
			row := []string{"", "", "", strconv.Itoa(m), g.Summary.Function.Mean[k][i].Text(), g.Summary.Coupling.Mean[k][i].Text(), "", ""}
			if i == 0 {
				row[0], row[1], row[2] = g.Name, number(g.Parameters.Horizon), strconv.FormatFloat(last.Risk, 'g', 4, 64)
				row[6], row[7] = bench.Mean{Value: last.Constant, SE: math.NaN()}.Text(), g.Summary.Function.Exponents[k].Text()
			}
			rows = append(rows, row)
		}
	}
	_, err := io.WriteString(w, "Scaled gaps at the last time, means over seeds with standard errors in brackets; C(T) is the exact limit of m*function error.\n\n"+columns(rows, 1))
	return err
}

// columns aligns rows of equal length, the first `left` columns to the left.
func columns(rows [][]string, left int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, field := range row {
			widths[i] = max(widths[i], len([]rune(field)))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		line := ""
		for i, field := range row {
			if i > 0 {
				line += "  "
			}
			width := widths[i]
			if i < left {
				width = -width
			}
			line += fmt.Sprintf("%*s", width, field)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
		if n == 0 {
			out.WriteString(strings.Repeat("-", len([]rune(line))) + "\n")
		}
	}
	return out.String()
}

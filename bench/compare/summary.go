package compare

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"kac/bench"
)

// Result is all that a study has found.
type Result struct {
	Parameters  *Parameters
	Rows        []Row
	Equivalents []Equivalent
	Crossings   []Crossings
	Limits      []Limit
}

// Summary is one predictor at one dimension and number of samples.
type Summary struct {
	Dim, Samples int
	Predictor    string
	Width        int     // of networks; else 0
	Ridge        float64 // NaN: none
	bench.Mean           // of the risk over draws, of networks at the horizon; N is 0 where only the equivalent is known
	Equivalent   float64 // NaN for networks
}

// Summaries are in the order of dimensions, samples and predictors.
func (r *Result) Summaries() (list []Summary) {
	p := r.Parameters
	last := p.times[len(p.times)-1]
	for i, d := range p.Dims {
		for _, n := range p.sizes[i] {
			if slices.Contains(p.Predictors, Network) {
				for _, m := range p.Widths {
					mean := meanOf(r.Rows, func(row *Row) bool {
						return row.Dim == d && row.Samples == n && row.Width == m && row.Time == last
					})
					list = append(list, Summary{d, n, Network, m, math.NaN(), mean, math.NaN()})
				}
			}
			for _, e := range r.Equivalents {
				if e.Dim != d || e.Samples != n {
					continue
				}
				mean := meanOf(r.Rows, func(row *Row) bool {
					return row.Dim == d && row.Samples == n && row.Predictor == e.Predictor && (row.Ridge == e.Ridge || math.IsNaN(e.Ridge))
				})
				list = append(list, Summary{d, n, e.Predictor, 0, e.Ridge, mean, e.Total})
			}
		}
	}
	return list
}

// WriteSummaryCSV writes the summaries as a table.
func (r *Result) WriteSummaryCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "dim,samples,predictor,width,ridge,risk,risk_se,draws,equivalent")
	for _, s := range r.Summaries() {
		width := ""
		if s.Width > 0 {
			width = strconv.Itoa(s.Width)
		}
		fmt.Fprintf(out, "%d,%d,%s,%s,%s,%s,%s,%d,%s\n", s.Dim, s.Samples, s.Predictor, width, field(s.Ridge), field(s.Value), field(s.SE), s.N, field(s.Equivalent))
	}
	return out.Flush()
}

// WriteText prints tables for people: risks, a column for each predictor, and crossings.
func (r *Result) WriteText(w io.Writer) error {
	p := r.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s on the sphere: risk against the number of samples n; %d draws of data", p.Name(), p.Draws)
	if slices.Contains(p.Predictors, Network) {
		fmt.Fprintf(out, "; networks at t = %s", bench.Number(p.Horizon))
	}
	fmt.Fprint(out, ".\n")
	fmt.Fprintf(out, "Means over draws; [in brackets] equivalents, where no kernel was solved on data.\n\n")
	rows := [][]string{{"d", "n"}}
	var before *Summary
	summaries := r.Summaries()
	for i := range summaries {
		s := &summaries[i]
		if before == nil || before.Dim != s.Dim || before.Samples != s.Samples {
			rows = append(rows, []string{strconv.Itoa(s.Dim), strconv.Itoa(s.Samples)})
		}
		before = s
		if len(rows) == 2 {
			rows[0] = append(rows[0], s.name(p))
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], s.text())
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nSamples at which the risk is %s (95 %% intervals over draws), and the exponent p of n ~ d^p:\n\n", bench.Number(p.Level))
	rows = [][]string{{"d"}}
	for _, d := range p.Dims {
		rows = append(rows, []string{strconv.Itoa(d)})
	}
	rows = append(rows, []string{"p"})
	for _, c := range r.Crossings {
		rows[0] = append(rows[0], c.name(p))
		for i, one := range c.List {
			rows[i+1] = append(rows[i+1], one.text())
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], exponentText(c.Exponent))
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	return out.Flush()
}

func (s *Summary) name(p *Parameters) string {
	switch {
	case s.Predictor == Network && len(p.Widths) > 1:
		return fmt.Sprintf("network m=%d", s.Width)
	case s.Predictor == NTK && len(p.Ridges) > 1:
		return "ntk ridge " + bench.Number(s.Ridge)
	}
	return s.Predictor
}

// text is the mean over draws, or the equivalent in brackets where nothing was solved.
func (s *Summary) text() string {
	if s.N == 0 && !math.IsNaN(s.Equivalent) {
		return "[" + strconv.FormatFloat(s.Equivalent, 'g', 4, 64) + "]"
	}
	return s.Text()
}

func (c *Crossings) name(p *Parameters) string {
	if c.Predictor == Network && len(p.Widths) > 1 {
		return fmt.Sprintf("network m=%d", c.Width)
	}
	return c.Predictor
}

func (c *Crossing) text() string {
	switch {
	case math.IsNaN(c.Samples):
		return "-"
	case !(c.High > c.Low):
		return strconv.FormatFloat(c.Samples, 'g', 5, 64)
	}
	return fmt.Sprintf("%.0f [%.0f,%.0f]", c.Samples, c.Low, c.High)
}

// exponentText prints an exponent with its interval, if it has one.
func exponentText(e *bench.Exponent) string {
	switch {
	case e == nil:
		return "-"
	case math.IsNaN(e.SE):
		return fmt.Sprintf("%.2f", e.Value)
	}
	return e.Text()
}

package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"kac/particles"
)

// A table of more times than this shows evenly spaced ones; the CSV files have all.
const tableTimes = 21

// WriteGapText prints the summary for people: one table per quantity.
func WriteGapText(w io.Writer, problem *particles.Problem, p *GapParameters, s *GapSummary) error {
	out := bufio.NewWriter(w)
	dynamics := "gradient flow"
	if p.Dynamics == DynamicsDescent {
		dynamics = "gradient descent with eta = " + number(p.Eta)
	}
	fmt.Fprintf(out, "Gap to infinite width: %s, d = %d, %s.\n", problem.Name(), p.Dim, dynamics)
	if s.Seeds > 1 {
		fmt.Fprintf(out, "Means over %d seeds; 0.605(12) is 0.605 with standard error 0.012.\n", s.Seeds)
	} else {
		fmt.Fprintf(out, "One seed, so no standard errors.\n")
	}
	fmt.Fprintf(out, "p: fitted exponent of m in the gap, with its 95 %% interval; -1 is the rate 1/m.\n")
	fmt.Fprintf(out, "Times are paper time; risk is that of the infinite network.\n")
	for _, q := range []struct {
		title  string
		scaled *Scaled
	}{
		{"Function error, m ||f_m - f_MF||^2", &s.Function},
		{"Coupling, m (mean_i |Delta_i|)^2", &s.Coupling},
	} {
		fmt.Fprintf(out, "\n%s\n%s", q.title, gapTable(s, q.scaled))
		if q.scaled.Overall != nil {
			fmt.Fprintf(out, "p of the average over all times after 0: %s\n", q.scaled.Overall.Text())
		}
	}
	if step := timeStep(len(s.Times)); step > 1 {
		fmt.Fprintf(out, "\nEvery %d times of %d shown; the CSV files hold all.\n", step, len(s.Times))
	}
	return out.Flush()
}

func timeStep(times int) int { return (times-1)/(tableTimes) + 1 }

func gapTable(s *GapSummary, q *Scaled) string {
	header := []string{"time", "risk"}
	for _, m := range s.Widths {
		header = append(header, "m="+strconv.Itoa(m))
	}
	rows := [][]string{append(header, "p")}
	for i := 0; i < len(s.Times); i += timeStep(len(s.Times)) {
		row := []string{strconv.FormatFloat(s.Times[i], 'g', 6, 64), strconv.FormatFloat(s.ReferenceRisk[i], 'g', 3, 64)}
		for _, m := range q.Mean[i] {
			row = append(row, m.Text())
		}
		rows = append(rows, append(row, q.Exponents[i].Text()))
	}
	return alignRight(rows)
}

// alignRight sets rows of equal length in right-aligned columns, with a rule below the first row.
func alignRight(rows [][]string) string { return align(rows, 0) }

// align sets rows of equal length in columns, the first ones left-aligned and the others right-aligned, with a rule below the first row.
func align(rows [][]string, left int) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteString("  ")
			}
			width := widths[i]
			if i < left {
				width = -width
			}
			fmt.Fprintf(&out, "%*s", width, cell)
		}
		out.WriteByte('\n')
		if n == 0 {
			total := -2
			for _, w := range widths {
				total += w + 2
			}
			out.WriteString(strings.Repeat("-", total) + "\n")
		}
	}
	return out.String()
}

// GapSummaryHeader is the first line of the summary as CSV.
const GapSummaryHeader = "quantity,time,width,seeds,mean,standard_error,exponent,exponent_low,exponent_high"

// WriteGapSummaryCSV prints the summary as tidy CSV, one row per quantity, time and width; the
// exponent of a time stands in each of its rows. What the data do not determine is empty.
func WriteGapSummaryCSV(w io.Writer, s *GapSummary) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, GapSummaryHeader)
	for _, r := range s.records() {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%s,%s,%s,%s\n", r.Quantity, number(r.Time), r.Width, r.Seeds,
			orEmpty(r.Mean), orEmpty(r.SE), orEmpty(r.Exponent), orEmpty(r.Low), orEmpty(r.High))
	}
	return out.Flush()
}

// WriteGapSummaryJSON prints the same as an array of objects; null is what the data do not determine.
func WriteGapSummaryJSON(w io.Writer, s *GapSummary) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(s.records()); err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	return nil
}

type gapRecord struct {
	Quantity string   `json:"quantity"`
	Time     float64  `json:"time"`
	Width    int      `json:"width"`
	Seeds    int      `json:"seeds"`
	Mean     *float64 `json:"mean"`
	SE       *float64 `json:"standard_error"`
	Exponent *float64 `json:"exponent"`
	Low      *float64 `json:"exponent_low"`
	High     *float64 `json:"exponent_high"`
}

func (s *GapSummary) records() []gapRecord {
	var out []gapRecord
	for _, q := range []struct {
		name   string
		scaled *Scaled
	}{{QuantityFunction, &s.Function}, {QuantityCoupling, &s.Coupling}} {
		for t := range s.Times {
			for i, m := range s.Widths {
				mean := q.scaled.Mean[t][i]
				r := gapRecord{Quantity: q.name, Time: s.Times[t], Width: m, Seeds: mean.N, Mean: finite(mean.Value), SE: finite(mean.SE)}
				if e := q.scaled.Exponents[t]; e != nil {
					r.Exponent, r.Low, r.High = finite(e.Value), finite(e.Low), finite(e.High)
				}
				out = append(out, r)
			}
		}
	}
	return out
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func orEmpty(x *float64) string {
	if x == nil {
		return ""
	}
	return number(*x)
}

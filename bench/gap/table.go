package gap

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kac/bench"
	"kac/particles"
)

// WriteText prints the summary for people: one table per quantity.
func WriteText(w io.Writer, problem particles.Expectations, p *Parameters, s *Summary) error {
	out := bufio.NewWriter(w)
	dynamics := "gradient flow"
	if p.Dynamics == DynamicsDescent {
		dynamics = "gradient descent with eta = " + bench.Number(p.Eta)
	}
	fmt.Fprintf(out, "Gap to infinite width: %s, d = %d, %s.\n", problem.Name(), p.Dim, dynamics)
	if s.Seeds > 1 {
		fmt.Fprintf(out, "Means over %d seeds; 0.605(12) is 0.605 with standard error 0.012.\n", s.Seeds)
	} else {
		fmt.Fprintf(out, "One seed, so no standard errors.\n")
	}
	fmt.Fprintf(out, "p: fitted exponent of m in the gap, with its 95 %% interval; -1 is the rate 1/m.\n")
	fmt.Fprintf(out, "Times are paper time; risk is that of the infinite network.\n")
	if s.Limit != nil {
		fmt.Fprintf(out, "C(t) and limit: exact, of m times the gap as m grows.\n")
	}
	for _, q := range s.all() {
		fmt.Fprintf(out, "\n%s\n%s", q.title, table(s, q))
		if q.scaled.Overall != nil {
			fmt.Fprintf(out, "p of the average over all times after 0: %s\n", q.scaled.Overall.Text())
			if away, meaning := q.scaled.Overall.Away(); away {
				fmt.Fprintf(out, "  %s.\n", meaning)
			}
		}
	}
	if step := bench.TimeStep(len(s.Times)); step > 1 {
		fmt.Fprintf(out, "\nEvery %d times of %d shown; the CSV files hold all.\n", step, len(s.Times))
	}
	return out.Flush()
}

func table(s *Summary, q summarised) string {
	header := []string{"time", "risk"}
	for _, m := range s.Widths {
		header = append(header, "m="+strconv.Itoa(m))
	}
	if q.limit != nil {
		header = append(header, q.sign)
	}
	rows := [][]string{append(header, "p")}
	for i := 0; i < len(s.Times); i += bench.TimeStep(len(s.Times)) {
		row := []string{strconv.FormatFloat(s.Times[i], 'g', 6, 64), strconv.FormatFloat(s.ReferenceRisk[i], 'g', 3, 64)}
		for _, m := range q.scaled.Mean[i] {
			row = append(row, m.Text())
		}
		if q.limit != nil {
			row = append(row, bench.Mean{Value: q.limit.Value[i], SE: math.NaN()}.Text())
		}
		rows = append(rows, append(row, q.scaled.Exponents[i].Text()))
	}
	text := bench.AlignRight(rows)
	if header, _, _ := strings.Cut(text, "\n"); q.limit != nil && utf8.RuneCountInString(header) > usualColumns {
		for i := range rows { // every width beside its limit is worth more than the risk, which all tables repeat
			rows[i] = slices.Delete(rows[i], 1, 2)
		}
		return bench.AlignRight(rows)
	}
	return text
}

// usualColumns is the width of a terminal of which nothing is known.
const usualColumns = 80

// SummaryHeader is the first line of the summary as CSV.
const SummaryHeader = "quantity,time,width,seeds,mean,standard_error,exponent,exponent_low,exponent_high,limit,limit_error"

// WriteSummaryCSV prints the summary as tidy CSV, one row per quantity, time and width; the
// exponent of a time, and the limit of the mean as m -> infinity, stand in each of its rows. What is not known is
// empty.
func WriteSummaryCSV(w io.Writer, s *Summary) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SummaryHeader)
	for _, r := range s.records() {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%s,%s,%s,%s,%s,%s\n", r.Quantity, bench.Number(r.Time), r.Width, r.Seeds,
			bench.OrEmpty(r.Mean), bench.OrEmpty(r.SE), bench.OrEmpty(r.Exponent), bench.OrEmpty(r.Low), bench.OrEmpty(r.High), bench.OrEmpty(r.Limit), bench.OrEmpty(r.Wrong))
	}
	return out.Flush()
}

type summaryRecord struct {
	Quantity string
	Time     float64
	Width    int
	Seeds    int
	Mean     *float64
	SE       *float64
	Exponent *float64
	Low      *float64
	High     *float64
	Limit    *float64
	Wrong    *float64
}

func (s *Summary) records() []summaryRecord {
	var out []summaryRecord
	for _, q := range s.all() {
		for t := range s.Times {
			for i, m := range s.Widths {
				mean := q.scaled.Mean[t][i]
				r := summaryRecord{Quantity: q.name, Time: s.Times[t], Width: m, Seeds: mean.N, Mean: bench.Finite(mean.Value), SE: bench.Finite(mean.SE)}
				if e := q.scaled.Exponents[t]; e != nil {
					r.Exponent, r.Low, r.High = bench.Finite(e.Value), bench.Finite(e.Low), bench.Finite(e.High)
				}
				if q.limit != nil {
					r.Limit, r.Wrong = bench.Finite(q.limit.Value[t]), bench.Finite(q.limit.Error[t])
				}
				out = append(out, r)
			}
		}
	}
	return out
}

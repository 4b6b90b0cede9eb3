package gap

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

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
	for _, q := range []struct {
		title  string
		scaled *Scaled
	}{
		{"Function error, m ||f_m - f_MF||^2", &s.Function},
		{"Coupling, squared mean: m (mean_i |Delta_i|)^2", &s.Coupling},
		{"Coupling, mean square: m mean_i |Delta_i|^2", &s.Square},
	} {
		fmt.Fprintf(out, "\n%s\n%s", q.title, table(s, q.scaled))
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

func table(s *Summary, q *Scaled) string {
	header := []string{"time", "risk"}
	for _, m := range s.Widths {
		header = append(header, "m="+strconv.Itoa(m))
	}
	rows := [][]string{append(header, "p")}
	for i := 0; i < len(s.Times); i += bench.TimeStep(len(s.Times)) {
		row := []string{strconv.FormatFloat(s.Times[i], 'g', 6, 64), strconv.FormatFloat(s.ReferenceRisk[i], 'g', 3, 64)}
		for _, m := range q.Mean[i] {
			row = append(row, m.Text())
		}
		rows = append(rows, append(row, q.Exponents[i].Text()))
	}
	return bench.AlignRight(rows)
}

// SummaryHeader is the first line of the summary as CSV.
const SummaryHeader = "quantity,time,width,seeds,mean,standard_error,exponent,exponent_low,exponent_high"

// WriteSummaryCSV prints the summary as tidy CSV, one row per quantity, time and width; the
// exponent of a time stands in each of its rows. What the data do not determine is empty.
func WriteSummaryCSV(w io.Writer, s *Summary) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SummaryHeader)
	for _, r := range s.records() {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%s,%s,%s,%s\n", r.Quantity, bench.Number(r.Time), r.Width, r.Seeds,
			bench.OrEmpty(r.Mean), bench.OrEmpty(r.SE), bench.OrEmpty(r.Exponent), bench.OrEmpty(r.Low), bench.OrEmpty(r.High))
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
}

func (s *Summary) records() []summaryRecord {
	var out []summaryRecord
	for _, q := range []struct {
		name   string
		scaled *Scaled
	}{{QuantityFunction, &s.Function}, {QuantityCoupling, &s.Coupling}, {QuantitySquare, &s.Square}} {
		for t := range s.Times {
			for i, m := range s.Widths {
				mean := q.scaled.Mean[t][i]
				r := summaryRecord{Quantity: q.name, Time: s.Times[t], Width: m, Seeds: mean.N, Mean: bench.Finite(mean.Value), SE: bench.Finite(mean.SE)}
				if e := q.scaled.Exponents[t]; e != nil {
					r.Exponent, r.Low, r.High = bench.Finite(e.Value), bench.Finite(e.Low), bench.Finite(e.High)
				}
				out = append(out, r)
			}
		}
	}
	return out
}

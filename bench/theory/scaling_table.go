package theory

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"

	"kac/bench"
)

// ScalingHeader is the first line of scaling.csv.
const ScalingHeader = "problem,dim,time_to_delta,limit_time,next_order_time,j_worst,j_worst_error,j_square,j_square_error,sup_gap_constant,sup_gap_constant_error,initial_gap_constant," +
	"sup_data_constant,sup_data_constant_error,sup_sgd_constant,sup_sgd_constant_error,sup_step_constant,sup_step_constant_error"

// WriteCSV writes the rows; what was not computed is empty.
func (s *Scaling) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ScalingHeader)
	for _, r := range s.Rows {
		fmt.Fprintf(out, "%s,%d", r.Problem, r.Dim)
		for _, x := range []float64{r.Time, r.Limit, r.Next, r.WorstJ, r.WorstJError, r.SquareJ, r.SquareJError, r.SupConstant, r.SupConstantError, r.InitialConstant,
			r.SupData.Value, r.SupData.Error, r.SupSGD.Value, r.SupSGD.Error, r.SupStep.Value, r.SupStep.Error} {
			fmt.Fprintf(out, ",%s", bench.OrEmpty(bench.Finite(x)))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// WriteText prints table and fits for people.
func (s *Scaling) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := &s.Parameters
	fmt.Fprintf(out, "Scaling with the dimension d; T is the first paper time with risk <= %s^2.\n", bench.Number(p.Delta))
	fmt.Fprintf(out, "J: sup ||J_{t,s}(w)|| over s <= t <= T and w; J2: sup E_w ||J_{t,s}(w)||^2; C: lim m E||f_m - f_MF||^2.\n")
	fmt.Fprintf(out, "limit: T as d -> infinity, proportional to d^((k-2)/2); far from T/limit = 1 the slope is not yet the limit's.\n")
	fmt.Fprintf(out, "next: the same with the next orders in 1/d; where T/next is near 1, these are what is missing from the limit.\n\n")
	rows := [][]string{{"problem", "d", "T", "T/limit", "T/next", "slope of T", "J", "J2", "sup C", "C(0)"}}
	for _, f := range s.Fits {
		i := 0
		for _, r := range s.Rows {
			if r.Problem != f.Problem {
				continue
			}
			slope := "-"
			if 0 < i && i <= len(f.Local) {
				slope = bench.Known("%.3f", f.Local[i-1])
			}
			i++
			rows = append(rows, []string{r.Problem, fmt.Sprint(r.Dim), bench.Known("%.5g", r.Time), bench.Known("%.3f", r.Time/r.Limit), bench.Known("%.3f", r.Time/r.Next),
				slope, bench.Known("%.4g", r.WorstJ), bench.Known("%.4g", r.SquareJ), bench.Known("%.4f", r.SupConstant), bench.Known("%.4f", r.InitialConstant)})
		}
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.Time == 0 }) {
		fmt.Fprintf(out, "\nT = 0: the risk is at most %s^2 at the start already. Such rows are in no fit.\n", bench.Number(p.Delta))
	}
	fmt.Fprintf(out, "\nExponents of d from d >= %d (with 95 %% intervals from the scatter about the line):\n\n", p.FitFrom)
	rows = [][]string{{"problem", "T", "(k-2)/2", "J", "J2", "sup C (d of the table)"}}
	for _, f := range s.Fits {
		rows = append(rows, []string{f.Problem, slopeText(f.Time), bench.Number(f.Promised), slopeText(f.WorstJ), slopeText(f.SquareJ), slopeText(f.SupConstant)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if !slices.ContainsFunc(s.Rows, func(r ScalingRow) bool { return r.SupData.Value > 0 }) {
		return out.Flush()
	}
	fmt.Fprintf(out, "\nOther gaps, n samples, batches of B, steps of eta: largest C_data, C_sgd and C_step up to T, of\nC/m + C_data/n + eta/B C_sgd + eta^2 C_step.\n\n")
	rows = [][]string{{"problem", "d", "C_data", "C_sgd", "C_step"}}
	for _, r := range s.Rows {
		rows = append(rows, []string{r.Problem, fmt.Sprint(r.Dim), bench.Known("%.5g", r.SupData.Value), bench.Known("%.5g", r.SupSGD.Value), bench.Known("%.4g", r.SupStep.Value)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprint(out, "\nTheir exponents of d:\n\n")
	rows = [][]string{{"problem", "C_data", "C_sgd", "C_step"}}
	for _, f := range s.Fits {
		rows = append(rows, []string{f.Problem, slopeText(f.SupData), slopeText(f.SupSGD), slopeText(f.SupStep)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	return out.Flush()
}

// slopeText prints an exponent with its interval, if it has one.
func slopeText(e *bench.Exponent) string {
	switch {
	case e == nil:
		return "-"
	case math.IsNaN(e.SE):
		return fmt.Sprintf("%.3f", e.Value)
	}
	return fmt.Sprintf("%.3f [%.3f,%.3f]", e.Value, e.Low, e.High)
}

package hessian

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"kac/bench"
)

// Header is the first line of particles.csv: a line a particle and time.
const Header = "particle,time,alpha,speed,top,top_residual,smallest,smallest_residual,trace,self_concordance,exact_parallel,exact_perpendicular,exact_turn"

// QuantilesHeader is that of hessian.csv: a line a time and quantile, each column by itself.
const QuantilesHeader = "time,quantile,alpha,speed,top,smallest,trace,self_concordance,exact_top,top_minus_exact"

// WriteCSV writes all rows.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for _, state := range s.States {
		for _, r := range state.Rows {
			out.WriteString(strconv.Itoa(r.Particle))
			out.WriteByte(',')
			fmt.Fprintln(out, bench.Fields(r.Time, r.Alpha, r.Speed, r.Top, r.TopResidual, r.Smallest, r.SmallestResidual, r.Trace, r.SelfConcordance, r.Parallel, r.Perpendicular, r.Turn))
		}
	}
	return out.Flush()
}

// Levels are the quantiles of the tables.
var Levels = []float64{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1}

// columns of the tables of quantiles.
var columns = []struct {
	title string
	of    func(r *Row) float64
}{
	{"alpha", func(r *Row) float64 { return r.Alpha }}, {"speed", func(r *Row) float64 { return r.Speed }},
	{"top", func(r *Row) float64 { return r.Top }}, {"smallest", func(r *Row) float64 { return r.Smallest }},
	{"trace", func(r *Row) float64 { return r.Trace }}, {"self-conc.", func(r *Row) float64 { return r.SelfConcordance }},
	{"exact top", func(r *Row) float64 { return r.Exact() }}, {"top - exact", func(r *Row) float64 { return r.Top - r.Exact() }},
}

// quantiles are those of the numbers among x, at Levels; NaN if there are none.
func quantiles(x []float64) []float64 {
	x = slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	slices.Sort(x)
	out := make([]float64, len(Levels))
	for i, level := range Levels {
		out[i] = Quantile(x, level)
	}
	return out
}

// Quantile of sorted numbers, linear between the order statistics (type 7); NaN of none.
func Quantile(sorted []float64, level float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := level * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	if i < 0 {
		return sorted[0]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

// table is the quantiles of all columns, by level.
func (s *State) table() [][]float64 {
	out := make([][]float64, len(Levels))
	for _, c := range columns {
		values := make([]float64, len(s.Rows))
		for j := range s.Rows {
			values[j] = c.of(&s.Rows[j])
		}
		for i, q := range quantiles(values) {
			out[i] = append(out[i], q)
		}
	}
	return out
}

// WriteQuantiles writes hessian.csv.
func (s *Study) WriteQuantiles(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, QuantilesHeader)
	for _, state := range s.States {
		for i, row := range state.table() {
			fmt.Fprintln(out, bench.Fields(append([]float64{state.Time, Levels[i]}, row...)...))
		}
	}
	return out.Flush()
}

// WriteText writes the quantiles for people.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	over := "exact expectations"
	if p.Samples > 0 {
		over = fmt.Sprintf("means over %d samples", p.Samples)
	}
	fmt.Fprintf(out, "Local Hessians of %d particles: %s, d = %d, %s.\n", p.Width, s.Problem.Name(), p.Dim, over)
	fmt.Fprintf(out, "Quantiles of each column by itself; exact: infinite width at the particle's alignment.\n")
	for i := range s.States {
		state := &s.States[i]
		if math.IsNaN(state.Time) {
			fmt.Fprintf(out, "\nAs in the file\n")
		} else {
			fmt.Fprintf(out, "\nt = %s\n", bench.Number(state.Time))
		}
		rows := [][]string{{"quantile"}}
		for _, c := range columns {
			rows[0] = append(rows[0], c.title)
		}
		for k, values := range state.table() {
			row := []string{fmt.Sprintf("%g %%", 100*Levels[k])}
			for _, x := range values {
				row = append(row, bench.Known("%.4g", x))
			}
			rows = append(rows, row)
		}
		fmt.Fprint(out, bench.AlignRight(rows))
		above, apart := state.facts()
		fmt.Fprintf(out, "%d of %d particles have a positive eigenvalue", above, len(state.Rows))
		if !math.IsNaN(apart) {
			fmt.Fprintf(out, "; root mean square of top - exact: %.3g", apart)
		}
		fmt.Fprintln(out, ".")
	}
	return out.Flush()
}

// facts are the number of particles where the loss is not convex, and the root mean square of top - exact.
func (s *State) facts() (positive int, apart float64) {
	sum := 0.0
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.Top > r.TopResidual {
			positive++
		}
		x := r.Top - r.Exact()
		sum += float64(x * x)
	}
	return positive, math.Sqrt(sum / float64(len(s.Rows)))
}

// Median of numbers in any order; NaN of none.
func Median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return Quantile(x, 0.5)
}

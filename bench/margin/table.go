package margin

import (
	"bufio"
	"fmt"
	"io"
	"math"

	"kac/bench"
)

// Header is the first line of margin.csv: a line a data set, beside the exact means of its law, and the standard errors
// of the means over the data sets of its kind.
const Header = "seed,samples,dim,kappa,variance,support,q,margin,signal,test_error,log10_test_error,flip_value,flip_error,memoriser,fraction,worst_error,residual," +
	"reference_margin,reference_signal,reference_test_error,reference_memoriser,reference_worst_error,margin_se,signal_se,test_error_se,memoriser_se,worst_error_se"

// SummaryHeader is that of summary.csv: a line a dimension and kappa.
const SummaryHeader = "samples,dim,kappa,variance,seeds,all_support,margin2,margin2_se,reference_margin2,margin,margin_se,reference_margin,signal,signal_se,reference_signal," +
	"test_error,test_error_se,reference_test_error,flip_error,fraction,worst_error,worst_error_se,reference_worst_error,residual,limit_margin,limit_signal"

// WriteCSV writes a line a data set.
func (s *Study) WriteCSV(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for i, r := range s.Rows {
		m := s.Summary[i/p.Seeds]
		fmt.Fprintf(out, "%d,%d,%d,%s,%d,%s\n", r.Seed, p.Samples, r.Dim, bench.Fields(m.Kappa, m.Variance), r.Support,
			bench.Fields(r.Q, r.Margin, r.Signal, r.Error, r.LogError/math.Ln10, r.FlipValue, r.FlipError, r.Memoriser, p.Fraction, r.Worst, r.Residual,
				m.Law.Margin.Value, m.Law.Signal.Value, m.Law.Error.Value, m.Law.Memoriser.Value, m.Law.Worst.Value, m.Margin.SE, m.Signal.SE, m.Error.SE, m.Memoriser.SE, m.Worst.SE))
	}
	return out.Flush()
}

// WriteSummary writes a line a dimension and kappa.
func (s *Study) WriteSummary(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, SummaryHeader)
	for _, m := range s.Summary {
		fmt.Fprintf(out, "%d,%d,%s,%d,%s\n", p.Samples, m.Dim, bench.Fields(m.Kappa, m.Variance), p.Seeds,
			bench.Fields(m.All, m.Margin2.Value, m.Margin2.SE, m.Law.Margin2.Value, m.Margin.Value, m.Margin.SE, m.Law.Margin.Value, m.Signal.Value, m.Signal.SE, m.Law.Signal.Value,
				m.Error.Value, m.Error.SE, m.Law.Error.Value, m.FlipError, p.Fraction, m.Worst.Value, m.Worst.SE, m.Law.Worst.Value, m.Residual, m.LimitMargin, m.LimitSignal))
	}
	return out.Flush()
}

// WriteText writes the summary for people.
func (s *Study) WriteText(w io.Writer) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Max-margin classifiers of %d points, means over %d data sets; below them the exact law.\nall: share of sets with all points support vectors; flips: points wrong with flipped noise; worst error at %s of the margin.\n\n", p.Samples, p.Seeds, bench.Number(p.Fraction))
	rows := [][]string{{"d", "kappa", "all", "margin", "signal", "test error", "flips", "worst error"}}
	residual, all := 0.0, true
	for _, m := range s.Summary {
		rows = append(rows,
			[]string{fmt.Sprint(m.Dim), fmt.Sprintf("%.4g", m.Kappa), fmt.Sprintf("%.3g", m.All), m.Margin.Text(), m.Signal.Text(), fmt.Sprintf("%.3e", m.Error.Value), fmt.Sprintf("%.3g", m.FlipError), fmt.Sprintf("%.3e", m.Worst.Value)},
			[]string{"", "", "law", fmt.Sprintf("%.6f", m.Law.Margin.Value), fmt.Sprintf("%.6f", m.Law.Signal.Value), small(m.Law.Error, 5), "", small(m.Law.Worst, 5)})
		residual = math.Max(residual, m.Residual)
		all = all && m.All == 1
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nLargest violation of the conditions of optimality: %.1e.\n", residual)
	if !all {
		fmt.Fprintln(out, "Where points are no support vectors, margins are larger than the law says.")
	}
	return out.Flush()
}

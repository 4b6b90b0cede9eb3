package margin

import (
	"bufio"
	"fmt"
	"io"
	"math"

	"kac/bench"
	ideal "kac/meanfield/margin"
)

// LawParameters ask for the exact law over data sets, for every combination of the lists.
type LawParameters struct {
	Samples   []int     `json:"samples,omitempty"`
	Dims      []int     `json:"dim,omitempty"`
	Variances []float64 `json:"variance,omitempty"`
	Kappas    []float64 `json:"kappa,omitempty"` // instead: n/(d s2)
	Fractions []float64 `json:"fraction,omitempty"`
	// Q are values of q at which the worst error is told; without Samples and Dims everything is told at them.
	Q []float64 `json:"q,omitempty"`
}

// Limits of the sizes.
const (
	MaxLawSamples = 1 << 24
	MaxLawDim     = 1 << 30
	maxLawRows    = 100_000
)

// Check refuses with a bench.InputError that names the parameter.
func (p *LawParameters) Check() error {
	sized := len(p.Samples) > 0 || len(p.Dims) > 0
	switch {
	case !sized && len(p.Q) == 0:
		return bench.Refuse("samples", "", "give the numbers of points and of dimensions, such as --samples 40 --dim 3000, or values of q")
	case sized && len(p.Samples) == 0:
		return bench.Refuse("samples", "", "give the number of points, such as 40")
	case sized && len(p.Dims) == 0:
		return bench.Refuse("dim", "", "give the number of dimensions, such as 3000")
	case len(p.Variances) > 0 && len(p.Kappas) > 0:
		return bench.Refuse("kappa", bench.Numbers(p.Kappas), "not together with variance: kappa is n/(d variance)")
	case !sized && len(p.Kappas) > 0:
		return bench.Refuse("kappa", bench.Numbers(p.Kappas), "kappa is n/(d variance) and needs samples and dim; give variance instead")
	case len(p.Variances)+len(p.Kappas) == 0:
		return bench.Refuse("variance", "", "give the variance of the noise, such as .03%s", map[bool]string{true: ", or kappa", false: ""}[sized])
	case sized && len(p.Q) > 0 && len(p.Fractions) == 0:
		return bench.Refuse("q", bench.Numbers(p.Q), "with samples and dim it is where the worst error is told; give the fraction of the margin too")
	}
	for _, n := range p.Samples {
		if err := bench.CheckWhole("samples", n, 1, MaxLawSamples, "points of a data set"); err != nil {
			return err
		}
	}
	for _, d := range p.Dims {
		if err := bench.CheckWhole("dim", d, 2, MaxLawDim, "coordinates of a point"); err != nil {
			return err
		}
		for _, n := range p.Samples {
			if err := checkPoints(n, d); err != nil {
				return err
			}
		}
	}
	for _, list := range []struct {
		key  string
		x    []float64
		high float64
		what string
	}{
		{"variance", p.Variances, maxVariance, "of a coordinate of the noise"}, {"kappa", p.Kappas, maxVariance, "n/(d variance)"},
		{"fraction", p.Fractions, 1, "share of the largest margin"}, {"q", p.Q, maxVariance, "1' N^-1 1"},
	} {
		for i, x := range list.x {
			if err := bench.CheckPositive(list.key, x, list.high, list.what); err != nil {
				return err
			}
			for _, y := range list.x[:i] {
				if x == y {
					return bench.Refuse(list.key, bench.Numbers(list.x), "%s is there twice", bench.Number(x))
				}
			}
		}
	}
	if rows := float64(max(len(p.Samples), 1)) * float64(max(len(p.Dims), 1)) * float64(len(p.Variances)+len(p.Kappas)) * float64(max(len(p.Fractions), 1)) * float64(max(len(p.Q), 1)); rows > maxLawRows {
		return bench.Refuse("samples", bench.Wholes(p.Samples, ","), "the lists have %.0f combinations; allowed are %d", rows, maxLawRows)
	}
	return nil
}

// maxVariance bounds variances, kappa and q.
const maxVariance = 1e12

// checkPoints refuses as many points as dimensions.
func checkPoints(n, d int) error {
	if n >= d {
		return bench.Refuse("samples", n, "in %d dimensions the noise of so many points is linearly dependent; allowed are fewer points than dimensions", d)
	}
	return nil
}

// LawRow is a combination.
type LawRow struct {
	Samples, Dim     int // 0: at a given q
	Variance, Kappa  float64
	Fraction, Q      float64 // NaN: not given
	Margin2, Margin  ideal.Mean
	Signal, Error    ideal.Mean
	Memoriser, Worst ideal.Mean
	// The same in infinitely many dimensions, where q is kappa; NaN at a given q.
	LimitMargin, LimitSignal, LimitError, LimitWorst float64
}

// Law is the result of kac margin law.
type Law struct {
	Parameters LawParameters
	Rows       []LawRow
}

// Laws computes the means; nothing is drawn.
func Laws(p LawParameters) *Law {
	l := &Law{Parameters: p}
	none := []float64{math.NaN()}
	fractions, qs, samples, dims := p.Fractions, p.Q, p.Samples, p.Dims
	if len(fractions) == 0 {
		fractions = none
	}
	if len(qs) == 0 {
		qs = none
	}
	if len(samples) == 0 {
		samples, dims = []int{0}, []int{0}
	}
	for _, n := range samples {
		for _, d := range dims {
			for _, variance := range p.variances(n, d) {
				row := law(n, d, variance)
				for _, q := range qs {
					if n == 0 {
						row = atQ(q, variance)
					}
					for _, fraction := range fractions {
						row.Q, row.Fraction = q, fraction
						row.worst()
						l.Rows = append(l.Rows, row)
					}
				}
			}
		}
	}
	return l
}

func (p *LawParameters) variances(n, d int) []float64 {
	if len(p.Variances) > 0 {
		return p.Variances
	}
	var out []float64
	for _, kappa := range p.Kappas {
		out = append(out, variance(n, d, kappa))
	}
	return out
}

// variance of the noise at kappa.
func variance(n, d int, kappa float64) float64 { return float64(n) / (float64(d) * kappa) }

func law(n, d int, variance float64) LawRow {
	r := LawRow{Samples: n, Dim: d, Variance: variance, LimitWorst: math.NaN()}
	if n == 0 {
		return r
	}
	s := ideal.Setting{Samples: n, Dim: d, Variance: variance}
	r.Kappa = s.Kappa()
	r.Margin2, r.Margin, r.Signal, r.Error, r.Memoriser = s.Margin2(), s.Margin(), s.Signal(), s.TestError(), s.Memoriser()
	r.LimitMargin, r.LimitSignal, r.LimitError = ideal.Margin(r.Kappa), ideal.Signal(r.Kappa), ideal.Exp(ideal.LogTestError(r.Kappa, variance))
	return r
}

// atQ is what data sets of one q have.
func atQ(q, variance float64) LawRow {
	nan := math.NaN()
	log := ideal.LogTestError(q, variance)
	return LawRow{Variance: variance, Kappa: nan, Margin2: exactly(1 + 1/q), Margin: exactly(ideal.Margin(q)), Signal: exactly(ideal.Signal(q)), Memoriser: exactly(ideal.Memoriser(q)), Error: ofLog(log),
		LimitMargin: nan, LimitSignal: nan, LimitError: nan, LimitWorst: nan}
}

func exactly(x float64) ideal.Mean { return ideal.Mean{Value: x, Log: math.Log(x), Wrong: 4e-16 * x} }

func ofLog(log float64) ideal.Mean {
	x := ideal.Exp(log)
	return ideal.Mean{Value: x, Log: log, Wrong: 4e-16 * (1 - log) * x}
}

// worst fills in the worst error: at q where it is given, else its mean.
func (r *LawRow) worst() {
	nan := math.NaN()
	switch {
	case math.IsNaN(r.Fraction):
		r.Worst = ideal.Mean{Value: nan, Log: nan, SD: nan, Wrong: nan}
	case !math.IsNaN(r.Q):
		r.Worst = ofLog(ideal.LogWorstError(r.Q, r.Variance, r.Fraction))
	default:
		r.Worst = ideal.Setting{Samples: r.Samples, Dim: r.Dim, Variance: r.Variance}.WorstError(r.Fraction)
		r.LimitWorst = ideal.Exp(ideal.LogWorstError(r.Kappa, r.Variance, r.Fraction))
	}
}

// LawHeader is the first line of law.csv.
const LawHeader = "samples,dim,variance,kappa,fraction,q,margin2,margin,signal,test_error,worst_error,memoriser,log10_test_error,log10_worst_error," +
	"margin2_sd,margin_sd,signal_sd,test_error_sd,worst_error_sd,margin_wrong,signal_wrong,test_error_wrong,worst_error_wrong," +
	"limit_margin,limit_signal,limit_test_error,limit_worst_error"

// WriteCSV writes the table.
func (l *Law) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, LawHeader)
	for _, r := range l.Rows {
		sizes := ","
		if r.Samples > 0 {
			sizes = fmt.Sprintf("%d,%d", r.Samples, r.Dim)
		}
		fmt.Fprintf(out, "%s,%s\n", sizes, bench.Fields(r.Variance, r.Kappa, r.Fraction, r.Q, r.Margin2.Value, r.Margin.Value, r.Signal.Value, r.Error.Value, r.Worst.Value, r.Memoriser.Value,
			r.Error.Log/math.Ln10, r.Worst.Log/math.Ln10, r.Margin2.SD, r.Margin.SD, r.Signal.SD, r.Error.SD, r.Worst.SD, r.Margin.Wrong, r.Signal.Wrong, r.Error.Wrong, r.Worst.Wrong,
			r.LimitMargin, r.LimitSignal, r.LimitError, r.LimitWorst))
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (l *Law) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "Exact means over data sets of the max-margin classifier, all points support vectors; below them the limit d -> infinity. s2: variance of the noise; rho: share of the largest margin.")
	fmt.Fprintln(out)
	rows := [][]string{{"n", "d", "s2", "kappa", "rho", "q", "margin", "signal", "test error", "worst error"}}
	for _, r := range l.Rows {
		sizes, kappa := []string{"-", "-"}, bench.Known("%.4g", r.Kappa)
		if r.Samples > 0 {
			sizes = []string{fmt.Sprint(r.Samples), fmt.Sprint(r.Dim)}
		}
		rows = append(rows, append(sizes, fmt.Sprintf("%.4g", r.Variance), kappa, bench.Known("%g", r.Fraction), bench.Known("%g", r.Q),
			fmt.Sprintf("%.6f", r.Margin.Value), fmt.Sprintf("%.6f", r.Signal.Value), small(r.Error, 4), small(r.Worst, 4)))
		if r.Samples > 0 {
			rows = append(rows, []string{"", "inf", "", kappa, "", "", fmt.Sprintf("%.6f", r.LimitMargin), fmt.Sprintf("%.6f", r.LimitSignal), fmt.Sprintf("%.4e", r.LimitError), bench.Known("%.4e", r.LimitWorst)})
		}
	}
	told := []bool{true, true, true, true, len(l.Parameters.Fractions) > 0, len(l.Parameters.Q) > 0, true, true, true, len(l.Parameters.Fractions) > 0}
	for i, row := range rows {
		var kept []string
		for k, cell := range row {
			if told[k] {
				kept = append(kept, cell)
			}
		}
		rows[i] = kept
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	return out.Flush()
}

// small prints, to so many digits, a probability that may be below the range of numbers.
func small(m ideal.Mean, digits int) string {
	if m.Value == 0 && m.Log < 0 {
		return fmt.Sprintf("10^%.2f", m.Log/math.Ln10)
	}
	return bench.Known(fmt.Sprintf("%%.%de", digits), m.Value)
}

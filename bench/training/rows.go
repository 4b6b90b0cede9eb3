package training

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield"
	"kac/particles"
)

// Study is a study of networks trained on samples.
type Study struct {
	Parameters Parameters
	Task       *particles.Task
	Rows       []Row      // by repeat, time, width
	Traces     []TraceRow // particles of the first repeat
	Snapshots  []Snapshot // by time, width; the wide network after the others
	// Histogram counts |Delta_i| over all repeats: [width][observation][bin].
	Histogram [][][]int
	data      *particles.Samples   // of the user; nil: drawn
	heldOut   *particles.Samples   // of the user, to test on; nil: none
	initial   *bench.Network       // of the user, to start from; nil: random
	notes     []string             // what was skipped in the user's files
	exact     *meanfield.Reference // with ReferenceExact
}

// Row is what one network shows at one observation.
type Row struct {
	Width          int
	Repeat         int
	Step           int64
	Time           float64    // paper time
	Risk           bench.Mean // ||f_m - f*||^2; SE over held-out inputs, 0 in closed form
	ReferenceRisk  bench.Mean
	FunctionError  bench.Mean // ||f_m - f_ref||^2; SE also that of the reduced reference's points
	CouplingMean   float64    // mean_i |Delta_i|
	CouplingMax    float64    // max_i |Delta_i|
	CouplingSquare float64    // mean_i |Delta_i|^2
	Turn           float64    // rad; root mean square of the angles of the last step, particles.Trainer.Turn
	// Mean of (y - f)^2 over the user's test data, of the network and of the wide one; zero without such data.
	TestRisk, ReferenceTestRisk bench.Mean
}

// rowNames are the numbers of a row that must be finite.
var rowNames = []string{"the risk", "the risk's standard error", "the reference's risk", "its standard error", "the function error", "the function error's standard error", "the mean coupling error", "the largest coupling error", "the mean square coupling error", "the angle of a step",
	"the mean square on the test inputs", "its standard error", "the reference's mean square on the test inputs", "its standard error"}

// check returns a *bench.NonFiniteError if the row has a number that a table cannot hold.
func (r *Row) check() error {
	return bench.CheckTable(fmt.Sprintf("width %d, repeat %d,", r.Width, r.Repeat+1), r.Time, rowNames, r.Risk.Value, r.Risk.SE, r.ReferenceRisk.Value, r.ReferenceRisk.SE,
		r.FunctionError.Value, r.FunctionError.SE, r.CouplingMean, r.CouplingMax, r.CouplingSquare, r.Turn, r.TestRisk.Value, r.TestRisk.SE, r.ReferenceTestRisk.Value, r.ReferenceTestRisk.SE)
}

// TraceRow is one particle at one observation.
type TraceRow struct {
	Width, Particle int
	Time            float64
	Delta           float64 // |Delta_i|
	Overlap         float64 // <w_i, e_1> for targets of one coordinate, |(w_i1, ..., w_ir)| of r
}

// Bins of the histogram: histogramBins of equal ratio from histogramLow to 2, the largest distance
// on the sphere, and one below them.
const (
	histogramBins = 48
	histogramLow  = 1e-4
)

// bin returns the bin of a distance.
func bin(delta float64) int {
	if delta < histogramLow {
		return 0
	}
	k := int(math.Log(delta/histogramLow) / math.Log(2/histogramLow) * histogramBins)
	return 1 + min(k, histogramBins-1)
}

// binEdge returns the lower edge of bin k >= 1; that of bin histogramBins+1 is 2.
func binEdge(k int) float64 {
	return histogramLow * portable.Pow(2/histogramLow, float64(k-1)/histogramBins)
}

// count adds distances to the histogram.
func (s *Study) count(width, observation int, deltas []float64) {
	for len(s.Histogram) <= width {
		s.Histogram = append(s.Histogram, nil)
	}
	for len(s.Histogram[width]) <= observation {
		s.Histogram[width] = append(s.Histogram[width], make([]int, histogramBins+1))
	}
	for _, delta := range deltas {
		s.Histogram[width][observation][bin(delta)]++
	}
}

// Header is the first line of training.csv; one row per repeat, time and width.
var Header = Schema.RunHeader("repeat", "step")

// testHeader follows Header where the study has test data of the user.
var testHeader = strings.TrimPrefix(WithTests.RunHeader("repeat", "step"), Header)

// WriteCSV writes Header, with testHeader where it applies, and the rows.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	header, numbers := s.Parameters.header()
	fmt.Fprintln(out, header)
	for _, r := range s.Rows { // a failed write is kept and returned by Flush
		fmt.Fprintf(out, "%s,%d,%d,%d,%d", s.Task.Name(), s.Parameters.Dim, r.Width, r.Repeat+1, r.Step)
		for _, x := range r.numbers()[:numbers] {
			fmt.Fprintf(out, ",%s", bench.Number(*x))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// TraceHeader is the first line of particles.csv.
const TraceHeader = "width,particle,time,delta,overlap"

// WriteTraces writes TraceHeader and the traced particles.
func (s *Study) WriteTraces(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, TraceHeader)
	for _, r := range s.Traces {
		fmt.Fprintf(out, "%d,%d,%s,%s,%s\n", r.Width, r.Particle, bench.Number(r.Time), bench.Number(r.Delta), bench.Number(r.Overlap))
	}
	return out.Flush()
}

// HistogramHeader is the first line of histogram.csv.
const HistogramHeader = "width,time,delta_low,delta_high,particles"

// WriteHistogram writes HistogramHeader and the bins that are not empty.
func (s *Study) WriteHistogram(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, HistogramHeader)
	steps := s.Parameters.Observations()
	for i, times := range s.Histogram {
		for t, bins := range times {
			for k, n := range bins {
				if n == 0 {
					continue
				}
				low := 0.0
				if k > 0 {
					low = binEdge(k)
				}
				fmt.Fprintf(out, "%d,%s,%s,%s,%d\n", s.Parameters.Widths[i], bench.Number(bench.StepTime(steps[t], s.Parameters.Eta)), bench.Number(low), bench.Number(binEdge(k+1)), n)
			}
		}
	}
	return out.Flush()
}

// Summary holds, per observation and width, means over the repeats.
type Summary struct {
	Times         []float64
	Widths        []int
	Repeats       int
	Risk          [][]bench.Mean // [time][width]
	Function      [][]bench.Mean // m times the function error
	Coupling      [][]bench.Mean // m times the squared mean coupling, (mean_i |Delta_i|)^2
	Square        [][]bench.Mean // m times the mean square coupling, mean_i |Delta_i|^2
	ReferenceRisk []bench.Mean
	TestRisk      [][]bench.Mean // [time][width], on the user's test data; nil: there are none
	ReferenceTest []bench.Mean
	Turn          []float64       // per time: the largest of all networks
	Exponent      *bench.Exponent // of the function error in m, averaged over all times after 0
	Parting       *bench.Exponent // of the squared coupling in m, at the last time
}

// Summary summarises the rows.
func (s *Study) Summary() Summary {
	p := &s.Parameters
	out := Summary{Widths: p.Widths, Repeats: p.Repeats}
	steps := p.Observations()
	all, last := make([][]float64, len(p.Widths)), make([][]float64, len(p.Widths))
	for i := range all {
		all[i] = make([]float64, p.Repeats)
	}
	for t, step := range steps {
		out.Times = append(out.Times, bench.StepTime(step, p.Eta))
		for i := range last {
			last[i] = nil
		}
		risk, function := make([]bench.Mean, len(p.Widths)), make([]bench.Mean, len(p.Widths))
		coupling, square := make([]bench.Mean, len(p.Widths)), make([]bench.Mean, len(p.Widths))
		tests := make([]bench.Mean, len(p.Widths))
		var reference, referenceTest []float64
		turn := 0.0
		for i, m := range p.Widths {
			var a, b, c, e, held []float64
			for repeat := range p.Repeats {
				r := s.Rows[(repeat*len(steps)+t)*len(p.Widths)+i]
				a = append(a, r.Risk.Value)
				b = append(b, float64(m)*r.FunctionError.Value)
				c = append(c, float64(m)*r.CouplingMean*r.CouplingMean)
				e = append(e, float64(m)*r.CouplingSquare)
				held = append(held, r.TestRisk.Value)
				turn = max(turn, r.Turn)
				if i == 0 {
					reference, referenceTest = append(reference, r.ReferenceRisk.Value), append(referenceTest, r.ReferenceTestRisk.Value)
				}
				if step > 0 {
					all[i][repeat] += r.FunctionError.Value / float64(len(steps)-1)
				}
			}
			risk[i], function[i], coupling[i], square[i] = bench.MeanOf(a), bench.MeanOf(b), bench.MeanOf(c), bench.MeanOf(e)
			tests[i] = bench.MeanOf(held)
			for _, x := range c {
				last[i] = append(last[i], x/float64(m))
			}
		}
		out.Risk, out.Function = append(out.Risk, risk), append(out.Function, function)
		out.Coupling, out.Square = append(out.Coupling, coupling), append(out.Square, square)
		out.ReferenceRisk, out.Turn = append(out.ReferenceRisk, bench.MeanOf(reference)), append(out.Turn, turn)
		if p.TestInputs != "" {
			out.TestRisk, out.ReferenceTest = append(out.TestRisk, tests), append(out.ReferenceTest, bench.MeanOf(referenceTest))
		}
	}
	out.Exponent, out.Parting = bench.FitOrNil(p.Widths, all), bench.FitOrNil(p.Widths, last)
	return out
}

// parted is the exponent of m above which the squared coupling is said not to fall with m; propagation of chaos gives
// -1.
const parted = -.5

// Parted reports whether, at 95 %, the squared coupling at the last time falls more slowly than m^-1/2: particles then
// do not come closer to their twins in the reference as networks grow. It happens where a step is too long for its
// batch: the noise of gradients is multiplied from step to step, and networks on the same data part, though no number
// is infinite or NaN and the risk may fall to some level.
func (s *Summary) Parted() bool { return s.Parting != nil && s.Parting.Low > parted }

// steep is the angle of a step, in radians, from which it is said to be too long: sound steps stay below .15, those
// whose risk no longer falls turn particles by .6 and more.
const steep = .5

// Steepest returns the observation whose step turned the particles of a network most, by its root mean square, and
// whether that is too much for a descent to follow the gradient flow: its numbers are finite, since particles stay on
// the sphere, but mean nothing.
func (s *Summary) Steepest() (observation int, tooLong bool) {
	for t, angle := range s.Turn {
		if angle > s.Turn[observation] {
			observation = t
		}
	}
	return observation, s.Turn[observation] > steep
}

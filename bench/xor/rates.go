package xor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// Files of gaps apart.
const (
	RatesFile        = "rates.csv"
	RatesPictureFile = "rates.svg"
)

// RatesHeader is the first line of rates.csv: a line a rate B and time.
const RatesHeader = "rate,batch,time,samples,seeds,gap,gap_se,batch_gap,batch_gap_se,rate_batch_gap,width_constant,width_constant_se,step_gap"

// RateCellsHeader is that of cells.csv then: a line a batch, width, seed and time.
var RateCellsHeader = "dim,batch,width,seed," + strings.Join(bench.Names(Schema.Columns), ",")

// Rates are gaps at several B = batch/(eta d), of which all else is one: the batch's part apart from the width's.
type Rates struct {
	Studies []*Study // by B
	Rows    []RateRow
}

// RateRow is a rate and time. Along the widths m of a seed, whose networks see the same batches, the gap is fitted by
// Batch + Width/m (least squares in 1/m); means and standard errors are over seeds.
type RateRow struct {
	Study        int
	Time         float64
	Samples      float64
	Gap          bench.Mean // of the widest
	Batch, Width bench.Mean // NaN with one width
	Step         float64    // G of the infinite network of this step less that of the flow
}

// RunRates measures groups, by increasing batch; kept gets their cells.
func RunRates(ctx context.Context, groups []Parameters, kept *Kept, workers int, progress func(share float64, what string)) (*Rates, error) {
	return runRates(ctx, groups, kept, nil, workers, progress)
}

// runRates takes the infinite network, which does not know of batches, where there is one already.
func runRates(ctx context.Context, groups []Parameters, kept *Kept, limit *ideal, workers int, progress func(share float64, what string)) (*Rates, error) {
	r := &Rates{}
	total, done := 0.0, 0.0
	works := make([]float64, len(groups))
	for i := range groups {
		for _, m := range groups[i].Widths {
			works[i] += groups[i].work(m) * float64(groups[i].Seeds)
		}
		total += works[i]
	}
	for i, p := range groups {
		s, err := runKept(ctx, p, kept, nil, limit, workers, func(share float64, what string) {
			if progress != nil {
				progress((done+share*works[i])/total, what)
			}
		})
		if err != nil {
			return nil, err
		}
		limit = s.ideal
		done += works[i]
		r.Studies = append(r.Studies, s)
		for row, t := range p.Times() {
			r.Rows = append(r.Rows, s.rateRow(i, row, t))
		}
	}
	return r, nil
}

func (s *Study) rateRow(study, row int, t float64) RateRow {
	p := &s.Parameters
	widest := p.Widths[len(p.Widths)-1]
	out := RateRow{Study: study, Time: t, Samples: s.Mean(widest, row, "samples").Value, Gap: s.Mean(widest, row, "gap"), Step: s.ideal.step[row]}
	nothing := bench.Mean{Value: math.NaN(), SE: math.NaN()}
	if out.Batch, out.Width = nothing, nothing; len(p.Widths) < 2 {
		return out
	}
	x, mean := make([]float64, len(p.Widths)), 0.0
	for i, m := range p.Widths {
		x[i] = 1 / float64(m)
		mean += x[i] / float64(len(x))
	}
	var batch, width []float64
	k := columnOf("gap")
	for seed := range p.Seeds {
		sum, slope, square := 0.0, 0.0, 0.0
		for i, m := range p.Widths {
			gap := s.cells(m)[seed].Value(row, k)
			sum += gap / float64(len(x))
			slope += (x[i] - mean) * gap
			square += (x[i] - mean) * (x[i] - mean)
		}
		slope /= square
		batch, width = append(batch, sum-slope*mean), append(width, slope)
	}
	out.Batch, out.Width = bench.MeanOf(batch), bench.MeanOf(width)
	return out
}

// Constant is c of the batch gap c/B at the last time: the mean of B times it over rates, weighted by their standard
// errors; from is the least of them. The smallest ones are left out while they are more than three standard errors off
// the mean of the larger ones, where noise is too large for 1/B.
func (r *Rates) Constant() (c bench.Mean, from float64) {
	last := r.last()
	over := func(rows []RateRow) bench.Mean {
		sum, weight := 0.0, 0.0
		for _, row := range rows {
			b := r.Studies[row.Study].Parameters.rate()
			w := 1 / (b * row.Batch.SE * b * row.Batch.SE)
			sum += w * b * row.Batch.Value
			weight += w
		}
		return bench.Mean{Value: sum / weight, SE: 1 / math.Sqrt(weight), N: len(rows)}
	}
	for len(last) > 1 {
		one, rest := over(last[:1]), over(last[1:])
		if !(math.Abs(one.Value-rest.Value) > outsideBy*math.Hypot(one.SE, rest.SE)) {
			break
		}
		last = last[1:]
	}
	return over(last), r.Studies[last[0].Study].Parameters.rate()
}

// last are the rows of the last time, by B.
func (r *Rates) last() []RateRow {
	var out []RateRow
	for i, row := range r.Rows {
		if i == len(r.Rows)-1 || r.Rows[i+1].Study != row.Study {
			out = append(out, row)
		}
	}
	return out
}

// WriteCSV writes the table.
func (r *Rates) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, RatesHeader)
	for _, row := range r.Rows {
		p := &r.Studies[row.Study].Parameters
		fmt.Fprintf(out, "%s,%d,%s,%d,%s\n", bench.Fields(p.rate()), p.Batch, bench.Fields(row.Time, row.Samples), p.Seeds,
			bench.Fields(row.Gap.Value, row.Gap.SE, row.Batch.Value, row.Batch.SE, p.rate()*row.Batch.Value, row.Width.Value, row.Width.SE, row.Step))
	}
	return out.Flush()
}

// WriteText writes the last time for people.
func (r *Rates) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := &r.Studies[0].Parameters
	last := r.last()
	fmt.Fprintf(out, "Gaps E(yf - G)^2 of networks on XOR apart, d = %d, %s, eta = %s, t = %.6g, means over %s. The gap is fitted by batch + width/m\n"+
		"along m = %s of a seed, whose networks see the same batches. G is that of the infinite network of the same step.\n\n",
		p.Dim, p.began(), bench.Number(p.Eta), last[0].Time, plotting.Count(p.Seeds, "seed"), bench.Wholes(p.Widths, ", "))
	rows := [][]string{{"B", "batch size", "samples", "gap of the widest", "batch gap", "B * batch gap", "width constant"}}
	for _, row := range last {
		q := &r.Studies[row.Study].Parameters
		scaled := row.Batch
		scaled.Value *= q.rate()
		scaled.SE *= q.rate()
		rows = append(rows, []string{fmt.Sprintf("%.4g", q.rate()), fmt.Sprint(q.Batch), fmt.Sprintf("%.0f", row.Samples), row.Gap.Text(), row.Batch.Text(), scaled.Text(), row.Width.Text()})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if c, from := r.Constant(); c.SE > 0 {
		fmt.Fprintf(out, "\nBatch: the gap goes like c/B with c = %s from B = %.4g on.\n", c.Text(), from)
	}
	if len(p.Widths) < 2 {
		fmt.Fprintf(out, "\nOne width does not tell the batch's part from the width's; give several.\n")
	}
	fmt.Fprintf(out, "\nStep: the infinite network of eta = %s is %.4g off that of the gradient flow (exact).\n", bench.Number(p.Eta), last[0].Step)
	return out.Flush()
}

// Picture draws the gap of the widest networks and the batch's part against B, at the last time.
func (r *Rates) Picture() (*plotting.Figure, error) {
	panel := plotting.New()
	panel.X.Label.Text = "*B* = batch/(*η d*)"
	panel.Y.Label.Text = "E(*y f* − *G*)^2"
	entries := plotting.Legend()
	p := &r.Studies[0].Parameters
	widest := p.Widths[len(p.Widths)-1]
	last := r.last()
	var x []float64
	for _, row := range last {
		x = append(x, math.Log10(r.Studies[row.Study].Parameters.rate()))
	}
	for i, series := range []struct {
		name string
		of   func(RateRow) bench.Mean
	}{
		{fmt.Sprintf("gap, *m* = %d", widest), func(r RateRow) bench.Mean { return r.Gap }},
		{"batch gap, *m* → ∞", func(r RateRow) bench.Mean { return r.Batch }},
	} {
		var means []bench.Mean
		for _, row := range last {
			means = append(means, series.of(row))
		}
		entries.Add(series.name, inDecades(panel, x, means, plotting.Ordered(i, 2))...)
	}
	if constant, _ := r.Constant(); constant.Value > 0 && constant.SE > 0 {
		c := logOf(constant.Value)
		entries.Add(fmt.Sprintf("*c*/*B*, *c* = %s", constant.Text()), plotting.Curve(panel, []float64{x[0], x[len(x)-1]}, []float64{c - x[0], c - x[len(x)-1]}, plotting.Limit().Line))
	}
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	plotting.Around(panel)
	panel.X.Min, panel.X.Max = plotting.Room(x[0], x[len(x)-1], .04)
	panel.X.Tick.Marker, panel.Y.Tick.Marker = plotting.Decades{}, plotting.Decades{}
	heading := fmt.Sprintf("Networks on XOR, *d* = %d, %s, *η* = %s, *t* = %.4g, %s: gap against the batch", p.Dim, p.heading(), bench.Number(p.Eta), last[0].Time, plotting.Count(p.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Gap of networks on XOR against the batch", Width: 6.6 * vg.Inch, Height: 3.6 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{panel}, &entries, vg.Points(128))
		},
	}, nil
}

package budget

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"kac/bench"
	"kac/internal/progress"
)

// Result is what `kac budget` prints.
type Result struct {
	Parameters Parameters
	Law        *Law
	Plan       *Plan
	Others     []*Plan // for other errors, from the larger one
	Seconds    float64 // of the plan's steps on this machine, by some of them
	Measured   []Measured
}

// Run finds the plan and, with Seeds, measures it. progress may be nil.
func Run(ctx context.Context, p Parameters, workers int, progress func(share float64, what string)) (*Result, error) {
	law, err := Solve(ctx, p, progress)
	if err != nil {
		return nil, err
	}
	out := &Result{Parameters: p, Law: law}
	if out.Plan, err = law.Cheapest(p.Error); err != nil {
		return nil, err
	}
	for _, factor := range []float64{4, 2, .5, .25} {
		if plan, err := law.Cheapest(factor * p.Error); err == nil { // what is not reached is left out
			out.Others = append(out.Others, plan)
		}
	}
	if err := out.memory().Check(); err != nil {
		return nil, err
	}
	if out.Seconds, err = law.Seconds(ctx, out.Plan, workers); err != nil {
		return nil, err
	}
	if p.Seeds > 0 {
		out.Measured, err = law.Check(ctx, out.Plan, workers, progress)
	}
	return out, err
}

// memory is what steps of the plan hold: particles, velocities and a batch, or all samples.
func (r *Result) memory() bench.Memory {
	d, m := float64(r.Parameters.Dim), float64(r.Plan.Width)
	samples := float64(r.Plan.Batch)
	if r.Parameters.Samples > 0 && r.Parameters.Seeds > 0 {
		samples += float64(r.Parameters.Samples)
	}
	return bench.Memory{{Key: "error", Value: bench.Number(r.Parameters.Error), Bytes: 8 * (6*m*d + 3*samples*d), Lower: "the sizes: give a larger error"}}
}

// at returns the measurement at the predicted worst time; ok is false without one.
func (r *Result) at() (Measured, bool) {
	for _, m := range r.Measured {
		if m.Predicted.Time == r.Plan.Worst.Time {
			return m, true
		}
	}
	return Measured{}, false
}

// Header is the first line of budget.csv.
const Header = "error,time,width,samples,eta,batch,steps,predicted_gap,worst_time,width_gap,data_gap,batch_gap,step_gap,dominant,flops,seconds,data_threshold,measured_gap,measured_gap_se,measured_ratio"

// WriteCSV writes the plan, one row.
func (r *Result) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	p, worst := r.Plan, r.Plan.Worst
	gap, se, ratio := math.NaN(), math.NaN(), math.NaN()
	if m, ok := r.at(); ok {
		gap, se, ratio = m.Gap.Value, m.Gap.SE, m.Gap.Value/m.Predicted.Total()
	}
	fmt.Fprintln(out, Header)
	fmt.Fprintf(out, "%s,%s,%s,%s\n",
		bench.Fields(p.Error, r.Parameters.Time, float64(p.Width), float64(p.Samples), p.Eta, float64(p.Batch), float64(p.Steps), worst.Total(), worst.Time, worst.Width, worst.Data, worst.Batch, worst.Step),
		worst.Dominant(), bench.Fields(p.Flops, r.Seconds, r.Law.Threshold()), bench.Fields(gap, se, ratio))
	return out.Flush()
}

// sentence is a note as one.
func sentence(note string) string { return strings.ToUpper(note[:1]) + note[1:] + "." }

// WriteText prints the plan for people, beside those for other errors.
func (r *Result) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p, worst := r.Plan, r.Plan.Worst
	fmt.Fprintf(out, "%s, d = %d: within %s of the infinite-width network up to t = %s\n\n", r.Law.Problem.Name(), r.Parameters.Dim, bench.Number(p.Error), bench.Number(r.Parameters.Time))
	rows := [][]string{{"error", "m", "n", "eta", "B", "steps", "width", "samples", "batches"}}
	row := func(p *Plan) {
		t := p.Worst
		rows = append(rows, []string{bench.Number(p.Error), strconv.Itoa(p.Width), strconv.Itoa(p.Samples), fmt.Sprintf("%.4g", p.Eta), strconv.Itoa(p.Batch), strconv.Itoa(p.Steps),
			fmt.Sprintf("%.3g", t.Width), fmt.Sprintf("%.3g", t.Data), fmt.Sprintf("%.3g", t.Batch)})
	}
	row(p)
	for _, other := range r.Others {
		row(other)
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	samples := "drawn anew in every step"
	if r.Parameters.Samples > 0 {
		samples = "fixed"
	}
	fmt.Fprintf(out, "\nwidth, samples, batches: parts of the predicted gap at t = %s, where it is largest (%.4g; %.2g by the step). The largest part is that of the %s. n samples, %s.\n",
		bench.Number(worst.Time), worst.Total(), worst.Step, worst.Dominant(), samples)
	fmt.Fprintf(out, "%.3g flops, about %s on this machine.\n", p.Flops, progress.Duration(time.Duration(math.Min(r.Seconds, 1e9)*float64(time.Second))))
	if len(r.Measured) > 0 {
		rows := [][]string{{"t", "predicted", "measured", "ratio"}}
		for _, m := range r.Measured {
			rows = append(rows, []string{bench.Number(m.Predicted.Time), fmt.Sprintf("%.4g", m.Predicted.Total()), m.Gap.Text(), fmt.Sprintf("%.3f", m.Gap.Value/m.Predicted.Total())})
		}
		fmt.Fprintf(out, "\n%s", bench.AlignRight(rows))
	}
	for _, note := range r.Law.Notes(p) {
		fmt.Fprintf(out, "\n%s\n", sentence(note))
	}
	return out.Flush()
}

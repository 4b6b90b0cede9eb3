package training

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"

	"kac/bench"
	"kac/meanfield"
)

// WriteText prints the gaps for people, means over the repeats, and beside some what the law predicts.
func (g *Gaps) WriteText(w io.Writer) error {
	p := &g.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "\nThree gaps, ||f - f'||^2: width m (population, flow), step %s (population, infinite width), %s\n(width %d, steps for both, in place of infinite width). Run: steps and batches, width %d for both.\nTotal: width %d, steps and batches.\n",
		bench.Number(p.Eta), p.dataText(), p.Wide, p.Wide, p.Wide)
	header := []string{"time"}
	for _, m := range p.Widths {
		header = append(header, "m="+strconv.Itoa(m))
	}
	rows := [][]string{append(header, "step", "data", "run", "total")}
	times := len(p.Observations())
	for t := 0; t < times; t += bench.TimeStep(times) {
		row := []string{strconv.FormatFloat(g.Rows[t].Time, 'g', 6, 64)}
		for i := range p.Widths {
			row = append(row, g.mean(t, func(r *GapsRow) float64 { return r.Width[i] }).Text())
		}
		for _, pick := range []func(r *GapsRow) float64{
			func(r *GapsRow) float64 { return r.Step }, func(r *GapsRow) float64 { return r.Data },
			func(r *GapsRow) float64 { return r.Run }, func(r *GapsRow) float64 { return r.Total },
		} {
			row = append(row, g.mean(t, pick).Text())
		}
		rows = append(rows, row)
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	g.writeLaw(out)
	return out.Flush()
}

// shownLaws is how many observations the text has of the law.
const shownLaws = 5

// writeLaw prints the measured gaps of width, step, data and the total beside the law of widths, samples, batches and
// steps (docs/three-gaps.md), where it is known.
func (g *Gaps) writeLaw(out *bufio.Writer) {
	p := &g.Parameters
	last := len(p.Widths) - 1
	var at []int // observations after the start that have a law
	for t := range p.Observations() {
		if law := &g.Rows[t].Law; g.Rows[t].Time > 0 && !math.IsNaN(law.Total.Value) {
			at = append(at, t)
		}
	}
	if len(at) == 0 {
		return
	}
	type part struct {
		name     string
		measured func(r *GapsRow) float64
		law      func(l *GapsLaw) meanfield.Estimate
	}
	tables := [][]part{
		{
			{"m=" + strconv.Itoa(p.Widths[last]), func(r *GapsRow) float64 { return r.Width[last] }, func(l *GapsLaw) meanfield.Estimate { return l.Width[last] }},
			{"step", func(r *GapsRow) float64 { return r.Step }, func(l *GapsLaw) meanfield.Estimate { return l.Step }},
		},
		{
			{"data", func(r *GapsRow) float64 { return r.Data }, func(l *GapsLaw) meanfield.Estimate { return l.Data }},
			{"total", func(r *GapsRow) float64 { return r.Total }, func(l *GapsLaw) meanfield.Estimate { return l.Total }},
		},
	}
	fmt.Fprintf(out, "\nMeasured beside the law of m, n, B and eta to infinity (docs/three-gaps.md):\n")
	for _, parts := range tables {
		header := []string{"time"}
		for _, x := range parts {
			header = append(header, x.name, "law", "ratio")
		}
		rows := [][]string{header}
		for k := shownLaws; k >= 1; k-- {
			i := len(at) - 1 - (k-1)*max(1, len(at)/shownLaws)
			if i < 0 {
				continue
			}
			r := &g.Rows[at[i]]
			row := []string{strconv.FormatFloat(r.Time, 'g', 6, 64)}
			for _, x := range parts {
				mean, law := g.mean(at[i], x.measured), x.law(&r.Law).Value
				row = append(row, mean.Text(), fmt.Sprintf("%.4g", law), fmt.Sprintf("%.2f", mean.Value/law))
			}
			rows = append(rows, row)
		}
		fmt.Fprintf(out, "\n%s", bench.AlignRight(rows))
	}
	if n := g.Rows[at[len(at)-1]].Law.Threshold; p.Samples > 0 {
		if float64(p.Samples) < 10*n {
			fmt.Fprintf(out, "\nn = %d is not far above n* = %.3g at the last time: its leading order in 1/n does not hold, and the law of the data gap is a guide at best.\n", p.Samples, n)
		}
	}
}

package localsgd

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"

	"kac/bench"
	"kac/internal/plotting"
)

// CompareHeader is the first line of compare.csv: a line an algorithm, objective and number of local steps.
const CompareHeader = "rotation,spread,tau,zeta,clients,local_steps,round,gradients,communications,algorithm,eta,eta_low,eta_high,at_edge,value_gap,value_gap_se,value_gap_error,tuned_value_gap,ratio,ratio_error,verdict"

// WriteCSV writes the table.
func (c *Comparison) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, CompareHeader)
	for _, r := range c.Rows {
		fmt.Fprintf(out, "%s,%d,%d,%d,%d,%d,%s,%s,%t,%s,%s\n", bench.Fields(r.Rotation, r.Spread, r.Tau, r.Zeta), r.clients, r.LocalSteps, r.Rounds, r.clients*r.LocalSteps*r.Rounds, r.Rounds,
			r.Algorithm, bench.Fields(r.Eta, r.Low, r.High), r.AtEdge, bench.Fields(r.Value, r.SE, r.Error, r.Tuned, r.Ratio, r.RatioError), r.Verdict)
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (c *Comparison) WriteText(w io.Writer) error {
	p := &c.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Each with its best step, at equal gradients and equal communications; ratio: %s to it.\n\n", p.Algorithms[0])
	swept := len(p.Rotations) > 0
	head := []string{"algorithm", "K", "R", "eta", "value gap", "ratio", p.Algorithms[0]}
	if swept {
		head = append([]string{"rotation", "spread"}, head...)
	}
	rows := [][]string{head}
	for _, r := range c.Rows {
		value := fmt.Sprintf("%.6e", r.Value)
		if !math.IsNaN(r.SE) {
			value = bench.Mean{Value: r.Value, SE: r.SE, N: p.Seeds}.Text()
		}
		row := []string{r.Algorithm, fmt.Sprint(r.LocalSteps), fmt.Sprint(r.Rounds), fmt.Sprintf("%.4g", r.Eta), value, fmt.Sprintf("%.3f", r.Ratio), bench.OrNone(r.Verdict)}
		if r.Verdict == "" {
			row[5], row[6] = "-", "-"
		}
		if swept {
			row = append([]string{bench.Number(r.Rotation), bench.Number(r.Spread)}, row...)
		}
		rows = append(rows, row)
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	return out.Flush()
}

// Picture draws, of several rotations and spreads, the map where the first algorithm wins, loses or ties against the
// best of the others (the first number of local steps); of one spread the value gaps against the rotation; else against
// the local steps.
func (c *Comparison) Picture() (*plotting.Figure, error) {
	p := &c.Parameters
	heading := fmt.Sprintf("%s, noise %s, *M* = %d, best steps", plotting.Escape(p.Word), plotting.Escape(p.Noise), c.Rows[0].clients)
	if len(p.Rotations) > 1 && len(p.Spreads) > 1 {
		q, entries := c.phases()
		return figure("Where local steps win", heading+fmt.Sprintf(", *K* = %d, *R* = %d", p.LocalSteps[0], c.Rows[0].Rounds), []*plot.Plot{q}, entries), nil
	}
	q := plotting.New()
	q.Y.Label.Text = "E *F*(*x*) − *F*^{\\*}, best step"
	entries := plotting.Legend()
	n := len(p.Algorithms)
	at := func(r *CompareRow) float64 { return math.Log10(float64(r.LocalSteps)) }
	keep := func(*CompareRow) bool { return true }
	switch {
	case len(p.Rotations) > 1:
		at, q.X.Label.Text = func(r *CompareRow) float64 { return r.Rotation }, "rotation of the clients' axes"
		keep = func(r *CompareRow) bool { return r.LocalSteps == p.LocalSteps[0] }
	case len(p.Spreads) > 1:
		at, q.X.Label.Text = func(r *CompareRow) float64 { return r.Spread }, "spread of the clients' optima"
		keep = func(r *CompareRow) bool { return r.LocalSteps == p.LocalSteps[0] }
	default:
		sizes(q, "local steps *K*", p.LocalSteps)
	}
	for i, name := range p.Algorithms {
		var x, y []float64
		for k := i; k < len(c.Rows); k += n {
			if r := &c.Rows[k]; keep(r) {
				x, y = append(x, at(r)), append(y, r.Value)
			}
		}
		look := plotting.Ordered(i, max(n, 2))
		entries.Add(name, plotting.Curve(q, x, logs(y), look.Line), plotting.Marks(q, x, logs(y), look.Glyph))
	}
	plotting.Around(q)
	q.Y.Tick.Marker = plotting.Decades{}
	return figure("Algorithms with their best steps", heading+fmt.Sprintf(", *K* = %d", p.LocalSteps[0]), []*plot.Plot{q}, entries), nil
}

// phases is the map of rotations and spreads.
func (c *Comparison) phases() (*plot.Plot, plot.Legend) {
	p := &c.Parameters
	q := plotting.New()
	q.X.Label.Text, q.Y.Label.Text = "rotation of the clients' axes", "spread of the clients' optima"
	entries := plotting.Legend()
	n := len(p.Algorithms)
	points := map[string][2][]float64{}
	for k := 0; k < len(c.Rows); k += n * len(p.LocalSteps) {
		worst, verdict := 0.0, "wins"
		for _, r := range c.Rows[k+1 : k+n] {
			if r.Ratio > worst {
				worst, verdict = r.Ratio, r.Verdict
			}
		}
		xy := points[verdict]
		points[verdict] = [2][]float64{append(xy[0], c.Rows[k].Rotation), append(xy[1], c.Rows[k].Spread)}
	}
	for i, verdict := range []string{"wins", "ties", "loses"} {
		xy := points[verdict]
		look := plotting.Ordered(i, 3)
		look.Glyph.Radius *= 1.6
		entries.Add(p.Algorithms[0]+"\n"+verdict, plotting.Marks(q, xy[0], xy[1], look.Glyph))
	}
	last := func(list []float64) float64 { return list[len(list)-1] }
	q.X.Min, q.X.Max = plotting.Room(p.Rotations[0], last(p.Rotations), .05)
	q.Y.Min, q.Y.Max = plotting.Room(p.Spreads[0], last(p.Spreads), .05)
	return q, entries
}

// Crossings says between which rotations the first algorithm stops winning against each of the others, of the first
// spread and number of local steps.
func (c *Comparison) Crossings() string {
	p := &c.Parameters
	n := len(p.Algorithms)
	var said []string
	for i := 1; i < n; i++ {
		last, text := math.NaN(), "wins everywhere against "+p.Algorithms[i]
		for k := i; k < len(c.Rows); k += n {
			r := c.Rows[k]
			if r.LocalSteps != p.LocalSteps[0] || r.Spread != c.Rows[0].Spread {
				continue
			}
			if r.Ratio >= 1 {
				text = fmt.Sprintf("loses to %s from rotation %s", p.Algorithms[i], bench.Number(r.Rotation))
				if !math.IsNaN(last) {
					text = fmt.Sprintf("loses to %s between rotations %s and %s", p.Algorithms[i], bench.Number(last), bench.Number(r.Rotation))
				}
				break
			}
			last = r.Rotation
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

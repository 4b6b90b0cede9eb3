package training

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"kac/bench"
	"kac/meanfield"
)

// lawTimes is how many times the predictions are printed for, and lawMemory what they may take.
const (
	lawTimes  = 5
	lawMemory = 512 << 20
)

// WriteLaw prints beside the measured gaps of width, step and data, means over repeats, what the exact law predicts
// (docs/three-gaps.md): C/m, eta^2 C_step, and for data the passes through the samples, or new ones. It prints nothing
// for references that are not exact, and where the law takes much memory.
func (g *Gaps) WriteLaw(ctx context.Context, w io.Writer) error {
	p := &g.Parameters
	all := len(p.Observations())
	if p.Reference != ReferenceExact || all < 2 {
		return nil
	}
	problem, err := g.Task.Isotropic()
	if err != nil || problem.Rank() > 1 {
		return nil // what has another limit has no law
	}
	var at []int // observations, the last among them
	for k := lawTimes; k >= 1; k-- {
		if t := all - 1 - (k-1)*max(1, (all-1)/lawTimes); t > 0 {
			at = append(at, t)
		}
	}
	var times []float64
	for _, t := range at {
		times = append(times, g.Rows[t].Time)
	}
	ref, err := meanfield.Solve(ctx, problem, times[len(times)-1], meanfield.Options{Tolerance: 1e-6})
	if err != nil {
		return fmt.Errorf("the law of the gaps: %w", err)
	}
	reacting := p.Samples > 0 && ref.Reacts() == nil
	if ref.FluctuationMemory(times)+ref.GapConstantsMemory(times)+ref.ReactionMemory(times) > lawMemory {
		return nil
	}
	f, err := meanfield.Fluctuations(ctx, ref, times, meanfield.FluctuationOptions{Gaps: true, Reaction: reacting})
	if err != nil {
		return fmt.Errorf("the law of the gaps: %w", err)
	}
	data, err := g.dataLaw(ctx, f.Gaps, reacting)
	if err != nil {
		return err
	}
	mean := func(t int, pick func(GapsRow) float64) string {
		var x []float64
		for repeat := range p.Repeats {
			x = append(x, pick(g.Rows[repeat*all+t]))
		}
		return bench.MeanOf(x).Text()
	}
	last := len(p.Widths) - 1
	rows := [][]string{{"time", "m=" + strconv.Itoa(p.Widths[last]), "law", "step", "law", "data", "law"}}
	for i, t := range at {
		rows = append(rows, []string{strconv.FormatFloat(times[i], 'g', 6, 64),
			mean(t, func(r GapsRow) float64 { return r.Width[last] }), fmt.Sprintf("%.4g", f.Constant[i]/float64(p.Widths[last])),
			mean(t, func(r GapsRow) float64 { return r.Step }), fmt.Sprintf("%.4g", p.Eta*p.Eta*f.Gaps.Step[i]),
			mean(t, func(r GapsRow) float64 { return r.Data }), fmt.Sprintf("%.4g", data[i])})
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "\nMeasured beside the law of m, n, B and eta to infinity (docs/three-gaps.md):\n\n%s", bench.AlignRight(rows))
	return out.Flush()
}

// dataLaw is the predicted data gap at each time: of new samples eta/B C_sgd, of n fixed ones in shuffled passes
//
//	C_data(t; n)/C_data (C_data - sum_e D_e)/n + eta/B C_sgd,   C_data(t; n)/n where a batch has them all
//
// each with label noise.
func (g *Gaps) dataLaw(ctx context.Context, c *meanfield.GapConstants, reacting bool) ([]float64, error) {
	p := &g.Parameters
	tau2 := p.Noise * p.Noise
	n, batch := float64(p.Samples), float64(p.Batch)
	out := make([]float64, len(c.Data))
	leading := make([]float64, len(c.Data))
	for i := range out {
		leading[i] = c.Data[i] + tau2*c.Noise[i]
		out[i] = p.Eta / batch * (c.SGD[i] + tau2*c.SGDNoise[i])
	}
	if p.Samples == 0 {
		return out, nil
	}
	if !reacting { // leading order, and passes as if each were of new samples
		for i := range out {
			if batch >= n {
				out[i] = 0
			}
			out[i] = math.Max(out[i], leading[i]/n)
		}
		return out, nil
	}
	laws, err := c.Resummed(ctx, []float64{n})
	if err != nil {
		return nil, err
	}
	passes, err := c.Epochs(p.Eta * math.Floor(n/batch))
	if err != nil {
		return nil, err
	}
	for i, x := range laws[0] {
		resummed := x.Data + tau2*x.Noise
		if batch >= n {
			out[i] = resummed / n
			continue
		}
		out[i] += resummed / leading[i] * (leading[i] - passes[i].Data - tau2*passes[i].Noise) / n
	}
	return out, nil
}

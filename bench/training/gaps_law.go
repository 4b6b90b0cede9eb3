package training

import (
	"context"
	"fmt"
	"math"

	"kac/bench"
	"kac/meanfield"
)

// GapsLaw is what the exact law predicts for the gaps of a row (docs/three-gaps.md), each number with its error; NaN
// where it was not computed.
type GapsLaw struct {
	Width []meanfield.Estimate // C/m of each width
	Data  meanfield.Estimate   // of the batches' samples, fixed or new, with label noise
	Step  meanfield.Estimate   // eta^2 C_step
	Total meanfield.Estimate   // C/m of the width Wide, with data and step
	// Threshold is n* of meanfield.GapConstants; NaN for new samples.
	Threshold float64
}

// At most so many observations have a law, evenly spaced up to the last: the cost grows with their number. lawMemory
// bounds what it may take; beyond, there is none.
const (
	lawTimes  = 32
	lawMemory = 1 << 30
)

func noLaw(widths int) GapsLaw {
	unknown := meanfield.Estimate{Value: math.NaN(), Error: math.NaN()}
	law := GapsLaw{Data: unknown, Step: unknown, Total: unknown, Threshold: math.NaN()}
	for range widths {
		law.Width = append(law.Width, unknown)
	}
	return law
}

// laws predicts the gaps at the observations. What has several teachers has no law.
func (g *Gaps) laws(ctx context.Context) ([]GapsLaw, error) {
	p := &g.Parameters
	steps := p.Observations()
	out := make([]GapsLaw, len(steps))
	for i := range out {
		out[i] = noLaw(len(p.Widths))
	}
	problem, err := g.Task.Exact()
	if err != nil || problem.Rank() > 1 {
		return out, nil //nolint:nilerr // no law, no error
	}
	var at []int
	var times []float64
	for i, stride := 0, (len(steps)+lawTimes-2)/lawTimes; i < len(steps); i++ {
		if stride <= 1 || (len(steps)-1-i)%stride == 0 {
			at, times = append(at, i), append(times, bench.StepTime(steps[i], p.Eta))
		}
	}
	ref, err := meanfield.Solve(ctx, problem, times[len(times)-1], meanfield.Options{Tolerance: 1e-6})
	if err != nil {
		return nil, fmt.Errorf("the law of the gaps: %w", err)
	}
	reacting := p.Samples > 0 && ref.Reacts() == nil
	memory := ref.FluctuationMemory(times) + ref.GapConstantsMemory(times)
	if reacting {
		memory += ref.ReactionMemory(times)
	}
	if memory > lawMemory || (bench.Memory{{Key: "gaps", Value: true, Bytes: memory}}).Check() != nil {
		return out, nil
	}
	f, err := meanfield.Fluctuations(ctx, ref, times, meanfield.FluctuationOptions{Gaps: true, Reaction: reacting})
	if err != nil {
		return nil, fmt.Errorf("the law of the gaps: %w", err)
	}
	data, err := p.dataLaw(ctx, f.Gaps, reacting)
	if err != nil {
		return nil, fmt.Errorf("the law of the gaps: %w", err)
	}
	for i, k := range at {
		law := &out[k]
		width := func(m int) meanfield.Estimate {
			return times1(meanfield.Estimate{Value: f.Constant[i], Error: f.ConstantError[i]}, 1/float64(m))
		}
		for j, m := range p.Widths {
			law.Width[j] = width(m)
		}
		law.Data = data[i]
		law.Step = times1(meanfield.Estimate{Value: f.Gaps.Step[i], Error: f.Gaps.StepError[i]}, p.Eta*p.Eta)
		wide := width(p.Wide)
		law.Total = meanfield.Estimate{Value: wide.Value + law.Data.Value + law.Step.Value, Error: wide.Error + law.Data.Error + law.Step.Error}
		if p.Samples > 0 {
			law.Threshold = f.Gaps.Threshold[i]
		}
	}
	return out, nil
}

// times1 is an estimate times a number.
func times1(e meanfield.Estimate, by float64) meanfield.Estimate {
	return meanfield.Estimate{Value: by * e.Value, Error: math.Abs(by) * e.Error}
}

// dataLaw is the predicted data gap at each time: of new samples eta/B C_sgd, of n fixed ones in shuffled passes
//
//	C_data(t; n)/C_data (C_data - sum_e D_e)/n + eta/B C_sgd,   C_data(t; n)/n where a batch has them all
//
// C_data(t; n) with what the reaction shifts the mean by; each with label noise.
func (p *Parameters) dataLaw(ctx context.Context, c *meanfield.GapConstants, reacting bool) ([]meanfield.Estimate, error) {
	tau2 := p.Noise * p.Noise
	n, batch := float64(p.Samples), float64(p.Batch)
	out := make([]meanfield.Estimate, len(c.Data))
	leading := make([]meanfield.Estimate, len(c.Data))
	for i := range out {
		leading[i] = meanfield.Estimate{Value: c.Data[i] + tau2*c.Noise[i], Error: c.DataError[i] + tau2*c.NoiseError[i], N: 1}
		out[i] = times1(meanfield.Estimate{Value: c.SGD[i] + tau2*c.SGDNoise[i], Error: c.SGDError[i] + tau2*c.SGDNoiseError[i], N: 1}, p.Eta/batch)
	}
	if p.Samples == 0 {
		return out, nil
	}
	if !reacting { // leading order, and passes as if each were of new samples
		for i := range out {
			if fixed := times1(leading[i], 1/n); batch >= n || fixed.Value > out[i].Value {
				out[i] = fixed
			}
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
		resummed, wrong := x.Data+x.Shift+tau2*x.Noise, x.DataError+x.ShiftError+tau2*x.NoiseError
		if batch >= n {
			out[i] = meanfield.Estimate{Value: resummed / n, Error: wrong / n, N: 1}
			continue
		}
		if leading[i].Value == 0 {
			continue // at the start
		}
		share := resummed / leading[i].Value
		left := leading[i].Value - passes[i].Data - tau2*passes[i].Noise
		out[i].Value += share * left / n
		out[i].Error += (share*(passes[i].DataError+tau2*passes[i].NoiseError+leading[i].Error) + wrong*math.Abs(left/leading[i].Value)) / n
	}
	return out, nil
}

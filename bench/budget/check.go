package budget

import (
	"context"
	"fmt"
	"math"
	"time"

	"kac/bench"
	"kac/meanfield"
	"kac/particles"
)

// Measured is the gap of trained networks of a plan at one time, beside the prediction.
type Measured struct {
	Predicted Terms
	Gap       bench.Mean // over networks
}

// Check trains networks of the plan's sizes and measures their gaps at the law's times, rounded to whole steps; those
// before the first step are left out.
func (l *Law) Check(ctx context.Context, plan *Plan, workers int, progress func(share float64, what string)) ([]Measured, error) {
	if progress == nil {
		progress = func(float64, string) {}
	}
	p := l.Parameters
	var at []int // steps of the law's times
	for _, t := range l.Times {
		at = append(at, int(math.Round(t/plan.Eta)))
	}
	gaps := make([][]float64, len(l.Times))
	for k := range p.Seeds {
		seed := p.Seed + uint64(k)
		trainer, err := l.trainer(plan, seed, workers)
		if err != nil {
			return nil, err
		}
		err = l.follow(ctx, plan, trainer, at, gaps, workers, func(share float64) {
			progress((float64(k)+share)/float64(p.Seeds), "networks")
		})
		trainer.Close()
		if err != nil {
			return nil, fmt.Errorf("network %d: %w", k+1, err)
		}
	}
	var out []Measured
	for i, values := range gaps {
		if at[i] == 0 && l.Times[i] > 0 {
			continue
		}
		out = append(out, Measured{l.Gap(i, float64(plan.Width), float64(plan.Batch), plan.Eta), bench.MeanOf(values)})
	}
	return out, nil
}

func (l *Law) trainer(plan *Plan, seed uint64, workers int) (*particles.Trainer[float64], error) {
	p, task := l.Parameters, l.Problem.Task()
	// Data and particles are streams of their own.
	var batches particles.Batches
	var err error
	if p.Samples == 0 {
		batches, err = particles.NewFresh(task, plan.Batch, seed, p.Noise)
	} else {
		batches, err = particles.NewMinibatches(task.Samples(p.Samples, seed, p.Noise), plan.Batch, seed)
	}
	if err != nil {
		return nil, err
	}
	return particles.NewTrainer(task, batches, plan.Eta, particles.NewEnsembles[float64]([]int{plan.Width}, p.Dim, seed), workers)
}

// follow adds the gaps of one network.
func (l *Law) follow(ctx context.Context, plan *Plan, trainer *particles.Trainer[float64], at []int, gaps [][]float64, workers int, report func(float64)) error {
	population := particles.NewPopulation(l.Problem, particles.Auto, workers)
	defer population.Close()
	limit, err := l.Reference.NewLimit(nil)
	if err != nil {
		return err
	}
	d, rank := l.Parameters.Dim, l.Problem.Rank()
	z := make([]float64, plan.Width*(rank+1))
	for i, step := range at {
		const piece = 256
		for trainer.Step() < int64(step) {
			if err := trainer.Advance(ctx, min(piece, int64(step)-trainer.Step())); err != nil {
				return err
			}
			report(float64(trainer.Step()) / float64(plan.Steps))
		}
		if err := limit.Advance(ctx, math.Min(float64(step)*plan.Eta, l.Reference.Horizon())); err != nil {
			return err
		}
		w := trainer.Networks()[0].W
		meanfield.Reduce(z, w, plan.Width, d, rank)
		self, err := population.SelfEnergy(ctx, w, plan.Width)
		if err != nil {
			return err
		}
		gap, err := limit.Gap(self, z, plan.Width)
		if err != nil {
			return err
		}
		gaps[i] = append(gaps[i], gap.Value)
	}
	return nil
}

// Seconds measures some steps of the plan's sizes and extrapolates.
func (l *Law) Seconds(ctx context.Context, plan *Plan, workers int) (float64, error) {
	small := *plan
	if small.Batch > measuredBatch { // a step of several parts is their sum
		small.Batch = measuredBatch
	}
	free := *l
	free.Parameters.Samples = 0
	trainer, err := free.trainer(&small, 1, workers)
	if err != nil {
		return 0, err
	}
	defer trainer.Close()
	if err := trainer.Advance(ctx, 1); err != nil { // warm
		return 0, err
	}
	began, steps := time.Now(), 0
	for steps < plan.Steps && time.Since(began) < measuredTime {
		if err := trainer.Advance(ctx, 1); err != nil {
			return 0, err
		}
		steps++
	}
	took := time.Since(began).Seconds() / float64(max(steps, 1))
	return took * float64(plan.Batch) / float64(small.Batch) * float64(plan.Steps), nil
}

const (
	measuredBatch = 4096
	measuredTime  = 300 * time.Millisecond
)

package training

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/meanfield/lattice"
	"kac/particles"
)

// ReducedParameters choose the infinite-width network by lattice points: particles.Reduction.
type ReducedParameters struct {
	Points   int // of each randomisation, a power of two
	Replicas int // independent randomisations, at least 2
	Seed     uint64
}

// Check refuses what cannot be computed; every error is a bench.InputError.
func (p *ReducedParameters) Check() error {
	if err := checkPoints(p.Points); err != nil {
		return err
	}
	return bench.CheckWhole("replicas", p.Replicas, 2, 1000, "independent randomisations; their spread is the error")
}

// ReducedTask returns the task of a choice for the reduced reference: a Problem, or a preset with several
// teachers.
func ReducedTask(c *bench.ProblemChoice) (*particles.Task, error) {
	for _, info := range particles.Presets() {
		if info.Exact || info.Name != c.Problem || c.Activation+c.Link != "" || c.Rank != 0 {
			continue
		}
		preset := bench.ProblemChoice{Problem: c.Problem, Dim: c.Dim}
		task, err := preset.Task(context.Background(), bench.Sources{})
		if err != nil {
			return nil, err
		}
		if _, err := lattice.Closed(task); err != nil {
			return nil, bench.Refuse("problem", c.Problem, "it has no infinite-width reference: %s", bench.Reason(err))
		}
		return task, nil
	}
	problem, err := c.Make()
	if err != nil {
		return nil, err
	}
	return problem.Task(), nil
}

// SolveReduced flows the infinite-width network to ascending times, once for each randomisation of its
// points, and returns means over them. bench.ReferenceRow.Error is the standard error of the risk.
func SolveReduced(ctx context.Context, task *particles.Task, times []float64, p ReducedParameters, workers int) ([]bench.ReferenceRow, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	risks, selves := make([][]float64, len(times)), make([][]float64, len(times))
	for i := range times {
		risks[i], selves[i] = make([]float64, p.Replicas), make([]float64, p.Replicas)
	}
	outer := ctx
	group, ctx := errgroup.WithContext(outer)
	group.SetLimit(max(workers, 1))
	for replica := range p.Replicas {
		group.Go(func() error {
			f, err := lattice.New(task, 1)
			if err != nil {
				return err
			}
			f.StopWhen(ctx.Done())
			e, err := f.Points(p.Points, p.Seed, replica)
			if err != nil {
				return err
			}
			i := 0
			_, err = particles.Flow(ctx, e, f, particles.Tolerances{Relative: 1e-9, Absolute: 1e-9}, times, func(_ float64, w []float64) (err error) {
				if risks[i][replica], err = f.Risk(w, e.M); err != nil {
					return err
				}
				selves[i][replica], err = f.SelfEnergy(w, e.M)
				i++
				return err
			})
			return err
		})
	}
	err := group.Wait()
	if err == nil {
		err = outer.Err() // a sum that was cut short at the last time
	}
	if err != nil {
		return nil, fmt.Errorf("the reduced reference of %s: %w", task.Name(), err)
	}
	rows := make([]bench.ReferenceRow, len(times))
	for i, t := range times {
		risk := bench.MeanOf(risks[i])
		rows[i] = bench.ReferenceRow{Time: t, Risk: risk.Value, Error: risk.SE, SelfEnergy: bench.MeanOf(selves[i]).Value}
	}
	return rows, nil
}

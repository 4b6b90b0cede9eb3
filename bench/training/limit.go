package training

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// solveExact solves the reference of a study, which all its repeats share.
func solveExact(ctx context.Context, task *particles.Task, p *Parameters) (*meanfield.Reference, error) {
	closed, err := task.Closed()
	if err != nil {
		return nil, err
	}
	ref, err := meanfield.Solve(ctx, closed, p.Horizon(), meanfield.Options{Tolerance: 1e-10})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s: %w", task.Name(), err)
	}
	return ref, nil
}

// closedField is the population field of a task with closed forms, and the reduction whose sums it uses.
func closedField(task *particles.Task, workers int) (*particles.Population, *lattice.Reduction, error) {
	r, err := lattice.New(task, workers)
	if err != nil {
		return nil, nil, err
	}
	return particles.NewPopulation(r.Expectations(), particles.Auto, workers), r, nil
}

// reducedReplicas independent shifts of the lattice tell the reference's error.
const reducedReplicas = 4

// reducedLimit is the flow of the reduction, or its descent of a step, with twins that start at the points start.
func reducedLimit(task *particles.Task, nodes int, step float64, start []float64, seed uint64, workers int) (*lattice.Limit, error) {
	return lattice.NewLimit(task, lattice.LimitOptions{
		Points: nodes, Replicas: reducedReplicas, Seed: seed, Step: step, Start: start, Workers: workers,
	})
}

// limitStep is that of the descent which stands for infinite width, 0 for the flow.
func (p *Parameters) limitStep() float64 {
	if p.Reference == ReferenceDescent {
		return p.Eta
	}
	return 0
}

// meanOf is an estimate as tables have it.
func meanOf(e meanfield.Estimate) bench.Mean { return bench.Mean{Value: e.Value, SE: e.Error, N: e.N} }

package compare

import (
	"context"
	"fmt"
	"math"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield/ridge"
	"kac/particles"
)

// task is the problem as networks learn it: inputs of norm sqrt d and the same functions of <w, x>. As sigma'(<w, x>) x
// does not change with the scale of x, the flow is that of inputs of norm 1.
func (p *Parameters) task(problem *ridge.Problem) (*particles.Task, error) {
	if p.Problem != "" {
		return particles.Preset(p.Problem, problem.Dim())
	}
	network, target := map[int]float64{}, map[int]float64{}
	for _, t := range problem.Terms() {
		network[t.Degree], target[t.Degree] = t.Network, t.Target
	}
	activation, err := legendre(network, problem.Dim())
	if err != nil {
		return nil, fmt.Errorf("activation: %w", err)
	}
	link, err := legendre(target, problem.Dim())
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	f, err := particles.NewSingleIndex(link)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return particles.NewTask(particles.Spec{Name: p.field(), Dim: problem.Dim(), Law: particles.Sphere, Target: f, Activation: activation})
}

func legendre(coef map[int]float64, d int) (particles.Activation, error) {
	s, err := particles.NewSeries(coef)
	if err != nil {
		return particles.Activation{}, err
	}
	return particles.NewLegendreActivation(s, d)
}

// drawSeed is the seed of one draw: of its data, their noise and the networks' particles. Dimensions do not share
// draws. Draw k of seed S is draw 1 of seed S+k-1.
func (p *Parameters) drawSeed(d, draw int) uint64 {
	return (p.Seed+uint64(draw)-1)*(bench.MaxDim+1) + uint64(d)
}

// networks trains the networks of all widths on one draw, from the same particles, and returns their rows at all times.
func (p *Parameters) networks(ctx context.Context, problem *ridge.Problem, task *particles.Task, s *particles.Samples, seed uint64, workers int) ([]Row, error) {
	ensembles := particles.NewEnsembles[float32](p.Widths, problem.Dim(), seed)
	return trained(ctx, p, problem, task, s, ensembles, workers)
}

// trained trains networks by projected descent in the precision of their particles, on all samples at once. Risks are
// in float64, closed forms of the particles.
func trained[T kernels.Float](ctx context.Context, p *Parameters, problem *ridge.Problem, task *particles.Task, s *particles.Samples, ensembles []*particles.Ensemble[T], workers int) ([]Row, error) {
	batches, err := particles.NewMinibatches(s, s.N, 0)
	if err != nil {
		return nil, err
	}
	trainer, err := particles.NewTrainer(task, batches, p.Eta, ensembles, workers)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	ws := kernels.NewWorkspace[float64](workers)
	defer ws.Close()
	x, outputs := make([]T, len(s.X)), make([]T, s.N)
	for i, z := range s.X {
		x[i] = T(z)
	}
	rows := make([]Row, 0, len(p.steps)*len(ensembles))
	byWidth := make([][]Row, len(ensembles))
	for i, goal := range p.steps {
		if err := trainer.Advance(ctx, goal-trainer.Step()); err != nil {
			return nil, err
		}
		for j, e := range ensembles {
			trainer.Outputs(outputs, x, j)
			row := Row{Predictor: Network, Width: e.M, Time: p.times[i], Ridge: math.NaN(), Residual: math.NaN(), Iterations: int(goal)}
			row.Risk = problem.NetworkRisk(unit(e), e.M, ws)
			for k, f := range outputs {
				row.TrainRisk += (s.Y[k] - float64(f)) * (s.Y[k] - float64(f))
			}
			row.TrainRisk /= float64(s.N)
			byWidth[j] = append(byWidth[j], row)
		}
	}
	for _, list := range byWidth {
		rows = append(rows, list...)
	}
	return rows, nil
}

// unit returns the particles in float64 with rows of norm 1: what rounding to T has left of their norm is no part of
// the network's risk.
func unit[T kernels.Float](e *particles.Ensemble[T]) []float64 {
	w := make([]float64, len(e.W))
	for i := range e.M {
		row := w[i*e.D : (i+1)*e.D]
		for a, z := range e.Row(i) {
			row[a] = float64(z)
		}
		norm := math.Sqrt(kernels.Dot(row, row))
		for a := range row {
			row[a] /= norm
		}
	}
	return w
}

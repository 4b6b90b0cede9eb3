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
func (p *Parameters) networks(ctx context.Context, problem *ridge.Problem, task *particles.Task, s *particles.Samples, seed uint64, workers int, k keeping) ([]Row, error) {
	ensembles := particles.NewEnsembles[float32](p.Widths, problem.Dim(), seed)
	return trained(ctx, p, problem, task, s, ensembles, workers, k)
}

// trained trains networks by projected descent in the precision of their particles, on all samples at once. Risks are
// in float64, closed forms of the particles.
func trained[T kernels.Float](ctx context.Context, p *Parameters, problem *ridge.Problem, task *particles.Task, s *particles.Samples, ensembles []*particles.Ensemble[T], workers int, k keeping) ([]Row, error) {
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
	var seen [][]float64 // of rows, time after time, as in a standing
	if k.from != nil {
		seen = k.from.Risks
		for j, e := range ensembles {
			for i, z := range k.from.Networks[j] {
				e.W[i] = T(z)
			}
		}
		trainer.Resume(k.from.Step)
	}
	for _, goal := range p.steps[len(seen)/len(ensembles):] {
		for trainer.Step() < goal {
			share := float64(trainer.Step()) / float64(p.steps[len(p.steps)-1])
			if err := k.save(ctx, share, func() standing { return stand(trainer, seen) }); err != nil {
				return nil, err
			}
			if err := trainer.Advance(ctx, 1); err != nil {
				return nil, err
			}
		}
		for j, e := range ensembles {
			trainer.Outputs(outputs, x, j)
			risk, train := problem.NetworkRisk(unit(e), e.M, ws), 0.0
			for k, f := range outputs {
				train += (s.Y[k] - float64(f)) * (s.Y[k] - float64(f))
			}
			seen = append(seen, append([]float64{train / float64(s.N), risk.Total}, risk.Parts...))
		}
	}
	rows := make([]Row, 0, len(seen))
	for j, e := range ensembles {
		for i, goal := range p.steps {
			is := seen[i*len(ensembles)+j]
			rows = append(rows, Row{
				Predictor: Network, Width: e.M, Time: p.times[i], Ridge: math.NaN(), Residual: math.NaN(), Iterations: int(goal),
				TrainRisk: is[0], Risk: ridge.Risk{Total: is[1], Parts: is[2:]},
			})
		}
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

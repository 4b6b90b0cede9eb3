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

// task is the problem as networks learn it: inputs of norm sqrt d and the same functions of <w, x>, written in the Hermite basis that a Task has. As
// sigma'(<w, x>) x does not change with the scale of x, the flow is that of inputs of norm 1.
func (p *Parameters) task(problem *ridge.Problem) (*particles.Task, error) {
	var network, target []float64
	for _, t := range problem.Terms() {
		poly := ridge.Legendre(problem.Dim(), t.Degree)[t.Degree]
		root := math.Sqrt(ridge.Multiplicity(problem.Dim(), t.Degree))
		network, target = add(network, t.Network*root, poly), add(target, t.Target*root, poly)
	}
	activation, err := hermite(network, problem.Dim())
	if err != nil {
		return nil, fmt.Errorf("activation: %w", err)
	}
	link, err := hermite(target, problem.Dim())
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	f, err := particles.NewLink(link, 1)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return particles.NewTask(particles.Spec{Name: p.Name(), Dim: problem.Dim(), Law: particles.Sphere, Target: f, Activation: particles.NewActivation(activation)})
}

// add returns sum + c p of polynomials, constant term first.
func add(sum []float64, c float64, p []float64) []float64 {
	for len(sum) < len(p) {
		sum = append(sum, 0)
	}
	for i, x := range p {
		sum[i] += float64(c * x)
	}
	return sum
}

// hermite returns p(z/sqrt d) in normalised Hermite polynomials, by Horner's rule in that basis: z h_k = sqrt(k+1) h_{k+1} + sqrt(k) h_{k-1}.
func hermite(p []float64, d int) (particles.Series, error) {
	scale := 1 / math.Sqrt(float64(d))
	sum := make([]float64, len(p))
	for i := len(p) - 1; i >= 0; i-- {
		next := make([]float64, len(p))
		for k, c := range sum {
			if c == 0 {
				continue
			}
			next[k+1] += float64(scale * math.Sqrt(float64(k+1)) * c)
			if k > 0 {
				next[k-1] += float64(scale * math.Sqrt(float64(k)) * c)
			}
		}
		next[0] += p[i]
		sum = next
	}
	coef := map[int]float64{}
	for k, c := range sum {
		coef[k] = c
	}
	return particles.NewSeries(coef)
}

// drawSeed is the seed of one draw: of its data, their noise and the networks' particles. Dimensions do not share draws.
func (p *Parameters) drawSeed(d, draw int) uint64 {
	return (p.Seed*(bench.MaxDim+1)+uint64(d))*(MaxDraws+1) + uint64(draw)
}

// networks trains the networks of all widths on one draw, from the same particles, and returns their rows at all times.
func (p *Parameters) networks(ctx context.Context, problem *ridge.Problem, task *particles.Task, s *particles.Samples, seed uint64, workers int) ([]Row, error) {
	ensembles := particles.NewEnsembles[float32](p.Widths, problem.Dim(), seed)
	return trained(ctx, p, problem, task, s, ensembles, workers)
}

// trained trains networks by projected descent in the precision of their particles, on all samples at once. Risks are in float64, closed forms of
// the particles.
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

// unit returns the particles in float64 with rows of norm 1: what rounding to T has left of their norm is no part of the network's risk.
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

package compare

import (
	"context"
	"fmt"
	"math"

	"kac/meanfield/ridge"
	"kac/particles"
)

// tolerance of conjugate gradients, relative to the labels: risks are then wrong by 1e-6 at most, see risk_error.
const tolerance = 1e-7

// kernelRows are those of the kernels on one draw: ntk by ridge, best, floor.
func (p *Parameters) kernelRows(ctx context.Context, problem *ridge.Problem, s *particles.Samples, workers int) ([]Row, error) {
	d := problem.Dim()
	x, along := make([]float64, len(s.X)), make([]float64, s.N)
	scale := 1 / math.Sqrt(float64(d))
	for i, z := range s.X {
		x[i] = scale * z
	}
	for i := range along {
		along[i] = x[i*d]
	}
	if p.Targets == Mean {
		return p.meanRows(ctx, problem, x)
	}
	solver := ridge.NewSolver(problem, workers, 0)
	defer solver.Close()
	var rows []Row
	for _, name := range p.Predictors {
		row := Row{Predictor: name, Time: math.NaN(), Ridge: math.NaN(), TrainRisk: math.NaN(), Residual: math.NaN()}
		switch name {
		case NTK, Best:
			kernel, ridges := p.kernel(problem, name, float64(s.N))
			solution, err := solver.Solve(ctx, kernel, x, s.Y, ridges, p.Noise > 0, tolerance)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for i := range ridges {
				row.Ridge, row.Iterations, row.Residual, row.TrainRisk = ridges[i], solution.Iterations, solution.Residual[i], solution.Train[i]
				if row.Risk, row.RiskError, err = solver.Risk(ctx, kernel, solution, i, x, along); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				rows = append(rows, row)
			}
		case Floor:
			var err error
			if row.Risk, err = solver.DrawFloor(ctx, x, along, tolerance); err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// meanRows are those of the kernels in the mean over targets. The floor's mean is that over inputs too.
func (p *Parameters) meanRows(ctx context.Context, problem *ridge.Problem, x []float64) (rows []Row, err error) {
	n := len(x) / problem.Dim()
	for _, name := range p.Predictors {
		row := Row{Predictor: name, Time: math.NaN(), Ridge: math.NaN(), TrainRisk: math.NaN(), Residual: math.NaN()}
		switch name {
		case NTK, Best:
			kernel, ridges := p.kernel(problem, name, float64(n))
			for _, row.Ridge = range ridges {
				if row.Risk, err = problem.MeanOverTargets(kernel, x, row.Ridge, p.Noise); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				rows = append(rows, row)
			}
		case Floor:
			row.Risk = problem.Floor(float64(n))
			rows = append(rows, row)
		}
	}
	return rows, nil
}

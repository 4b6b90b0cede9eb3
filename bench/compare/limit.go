package compare

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"kac/meanfield"
	"kac/meanfield/ridge"
)

// Limit is the infinite network on the population, exact, and its linearisation, at the times of a study.
type Limit struct {
	Dim   int
	Time  []float64
	Risk  []float64
	Error []float64 // of Risk, meanfield's estimate
	Lazy  []float64 // risk of the linearised network: ridge.Problem.Lazy
}

// Limits are those of all dimensions.
func (p *Parameters) Limits(ctx context.Context) ([]Limit, error) {
	var out []Limit
	for _, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return nil, err
		}
		l, err := p.limitOf(ctx, problem)
		if err != nil {
			return nil, fmt.Errorf("infinite network in dimension %d: %w", d, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// limitTolerance is what the infinite network's risk may be wrong by.
const limitTolerance = 1e-10

func (p *Parameters) limitOf(ctx context.Context, problem *ridge.Problem) (Limit, error) {
	l := Limit{Dim: problem.Dim(), Time: p.times}
	task, err := p.task(problem)
	if err != nil {
		return l, err
	}
	expectations, err := task.Exact()
	if err != nil {
		return l, err
	}
	ref, err := meanfield.Solve(ctx, expectations, p.Horizon, meanfield.Options{Tolerance: limitTolerance})
	if err != nil {
		return l, err
	}
	for _, t := range l.Time {
		l.Risk = append(l.Risk, ref.Risk(t))
		l.Error = append(l.Error, ref.RiskError(t))
		l.Lazy = append(l.Lazy, problem.Lazy(t).Total)
	}
	return l, nil
}

// WriteLimits writes limit.csv.
func WriteLimits(w io.Writer, limits []Limit) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "dim,time,risk,error,lazy_risk")
	for _, l := range limits {
		for i, t := range l.Time {
			fmt.Fprintf(out, "%d,%s,%s,%s,%s\n", l.Dim, field(t), field(l.Risk[i]), field(l.Error[i]), field(l.Lazy[i]))
		}
	}
	return out.Flush()
}

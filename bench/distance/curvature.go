package distance

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"kac/bench/hessian"
)

// curvature measures the local Hessians and the quantiles of the alignments.
func (r *run) curvature(ctx context.Context) error {
	p := &r.Parameters
	rank := r.Problem.Rank()
	alpha := make([]float64, p.Width)
	for i := range alpha {
		alpha[i] = alignment(r.points[i*(rank+1) : i*(rank+1)+rank])
	}
	slices.Sort(alpha)
	for _, level := range hessian.Levels {
		r.out.Alignment = append(r.out.Alignment, hessian.Quantile(alpha, level))
	}
	if err := r.exactAlignment(ctx); err != nil {
		return err
	}
	h := hessian.Parameters{ProblemChoice: p.ProblemChoice, Times: []float64{r.out.Time}, Form: "auto", Tolerance: p.Tolerance, Particles: &p.Particles}
	in, err := h.Ready(ctx, r.network)
	if err != nil {
		return err
	}
	in.Second = r.second
	r.out.Hessians, err = in.Run(ctx, hessian.Options{Workers: r.workers})
	return err
}

// exactAlignment are the quantiles of infinite width: characteristics never cross, so that a quantile of the start
// moves to that of time t. At the start (1 + a)/2 has the law Beta((d-1)/2, (d-1)/2) for one coordinate, |a|^2 the law
// Beta(r/2, (d-r)/2) for r of them.
func (r *run) exactAlignment(ctx context.Context) error {
	rank, d := float64(r.Problem.Rank()), float64(r.Parameters.Dim)
	inner := hessian.Levels[1 : len(hessian.Levels)-1] // the ends are poles
	start := make([]float64, len(inner))
	for i, level := range inner {
		if rank == 1 {
			start[i] = 2*mathext.InvRegIncBeta((d-1)/2, (d-1)/2, level) - 1
		} else {
			start[i] = math.Sqrt(mathext.InvRegIncBeta(rank/2, (d-rank)/2, level))
		}
	}
	twins, err := r.reference.NewTwins(start)
	if err != nil {
		return err
	}
	if err := twins.Advance(ctx, r.out.Time); err != nil {
		return err
	}
	a, _ := twins.Positions()
	r.out.ExactAlignment = append(append([]float64{math.NaN()}, a...), math.NaN())
	return nil
}

package compare

import (
	"context"
	"encoding/json"
	"fmt"

	"kac/bench"
)

// group is a study of networks of one width in one dimension, as sweeps know it: all but the number of samples and the
// draw is fixed.
type group struct{ p Parameters }

// check makes the parameters of a group whole: those of kernels on data and of crossings have no part in it.
func (g *group) check() error {
	g.p.Predictors, g.p.Ridges, g.p.KernelLimit, g.p.Level = []string{Network}, []string{Auto}, 0, 0
	return g.p.Check()
}

// restore makes a group of its recorded parameters.
func restore(parameters json.RawMessage, _ float64) (bench.Study, error) {
	g := &group{}
	if err := bench.ReadParameters(parameters, &g.p); err != nil {
		return nil, err
	}
	return g, g.check()
}

// Facts are what is known before anything is computed.
func (g *group) Facts() bench.Facts {
	p := &g.p
	stated := *p
	stated.sizes, stated.ridges, stated.terms, stated.times, stated.steps = nil, nil, nil, nil, nil // they follow from the others
	cell := stated
	cell.Samples, cell.Draws, cell.Seed = nil, 0, 0 // a study may grow in these
	return bench.Facts{
		Schema: Schema, Problem: p.field(), Dim: p.Dims[0], Labels: []any{p.Widths[0], p.Horizon, p.Noise},
		Sizes: p.sizes[0], FirstSeed: p.Seed, Seeds: p.Draws, Points: len(p.times), Times: p.times,
		Parameters: stated, Identity: cell, Precision: bench.Float32,
	}
}

// Cost is what a cell takes.
func (g *group) Cost(n int) bench.Cost {
	one := g.p
	one.sizes = [][]int{{n}}
	memory := 0.0
	for _, part := range one.Memory() {
		memory += part.Bytes
	}
	const coordinate = 24 // bytes of one at most, as JSON
	return bench.Cost{
		Work: g.p.networkWork(g.p.Dims[0], n), Memory: memory, State: coordinate * float64(g.p.Widths[0]) * float64(g.p.Dims[0]),
		Alone: n*g.p.Widths[0] > 1<<22,
	}
}

// Prepare solves the network with m = n = infinity.
func (g *group) Prepare(ctx context.Context, _ func(float64)) (bench.Runner, error) {
	limits, err := g.p.Limits(ctx)
	if err != nil {
		return nil, err
	}
	return &runner{group: g, limit: limits[0]}, nil
}

type runner struct {
	*group
	limit Limit
}

// RunCell trains one network. What stops within a step goes on from the state that was saved last.
func (r *runner) RunCell(ctx context.Context, n int, seed uint64, o bench.CellOptions) ([]float64, error) {
	d := r.p.Dims[0]
	problem, err := r.p.ProblemIn(d)
	if err != nil {
		return nil, err
	}
	task, err := r.p.task(problem)
	if err != nil {
		return nil, err
	}
	one := r.p
	one.Seed = seed
	from := one.drawSeed(d, 1)
	keep, err := one.keeping(n, from, len(problem.Terms()), o)
	if err != nil {
		return nil, err
	}
	rows, err := one.networks(ctx, problem, task, task.Samples(n, from, one.Noise), from, o.Workers, keep)
	if err != nil {
		return nil, err
	}
	one.Predictors = []string{NTK, Best, Floor}
	kernels := one.equivalents(problem, n)
	var out []float64
	for i := range rows {
		row := []float64{rows[i].Time, rows[i].Total, rows[i].TrainRisk, rows[i].Total - r.limit.Risk[i], kernels[0].Total, kernels[1].Total, kernels[2].Total}
		if err := bench.CheckTable(fmt.Sprintf("n = %d, seed %d", n, seed), rows[i].Time, bench.Names(Schema.Columns)[1:], row[1:]...); err != nil {
			return nil, err
		}
		out = append(out, row...)
	}
	return out, nil
}

// Limit is the network with m = n = infinity, and its linearisation.
func (r *runner) Limit(context.Context) (*bench.Limit, error) {
	out := &bench.Limit{Record: struct {
		Tolerance float64 `json:"tolerance"`
	}{limitTolerance}}
	for i, t := range r.limit.Time {
		out.Rows = append(out.Rows, []float64{t, r.limit.Risk[i], r.limit.Error[i], r.limit.Lazy[i]})
	}
	return out, nil
}

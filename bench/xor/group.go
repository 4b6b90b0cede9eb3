package xor

import (
	"cmp"
	"context"
	"encoding/json"
	"math"

	"kac/bench"
	"kac/meanfield/xor"
)

// Group is a bench.Study: networks of several widths and seeds, of which all else is fixed.
type Group struct{ parameters Parameters }

// NewGroup is the group of checked parameters.
func NewGroup(p Parameters) *Group { return &Group{p} }

// Restore makes a group of recorded parameters.
func Restore(ctx context.Context, parameters json.RawMessage) (*Group, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	sum := p.Sum
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	if p.Sum != sum {
		return nil, bench.Refuse("initial", p.Initial, "its numbers are not those that the study began with")
	}
	return &Group{p}, nil
}

// Facts implements bench.Study.
func (g *Group) Facts() bench.Facts {
	p := g.parameters
	times := p.Times()
	return bench.Facts{
		Schema: Schema, Problem: p.problem(), Dim: p.Dim, Labels: []any{p.Scale, p.kappa(), p.Batch, p.Eta, cmp.Or(p.Loss, Logistic), p.Fixed, p.Precision},
		Sizes: p.Widths, FirstSeed: p.Seed, Seeds: p.Seeds, Points: len(times), Times: times,
		Parameters: p, Identity: p.ofCell(), Line: p.ofState(), Precision: p.Precision,
	}
}

// kappa of the tables: the square loss has none.
func (p *Parameters) kappa() float64 {
	if p.Loss == Square {
		return math.NaN()
	}
	return p.Kappa
}

// problem names what is learned.
func (p *Parameters) problem() string {
	if p.own != nil {
		return "data"
	}
	return "xor"
}

// ofCell are the parameters that decide a cell's numbers. The inputs of the test are those of the first seed.
func (p Parameters) ofCell() Parameters {
	p.Widths, p.Seeds = nil, 0
	if p.wholeTest() {
		p.Seed = 0
	}
	return p
}

// ofState are those of ofCell that a study up to a later last time has too.
func (p Parameters) ofState() Parameters {
	p = p.ofCell()
	p.Horizon, p.Points = 0, 0
	return p
}

// Cost implements bench.Study.
func (g *Group) Cost(width int) bench.Cost {
	p := g.parameters
	p.Widths = []int{width}
	state := 8 * float64(width) * float64(p.Dim+1)
	return bench.Cost{Work: p.work(width), Memory: p.memory(1).Bytes(), State: state, Final: state, Alone: state > 1<<26}
}

// Prepare solves the infinite network.
func (g *Group) Prepare(ctx context.Context, progress func(share float64)) (bench.Runner, error) {
	if g.parameters.own != nil {
		return &runner{g, &ideal{}}, nil
	}
	i, err := g.parameters.solve(ctx, 0, progress)
	if err != nil {
		return nil, err
	}
	return &runner{g, i}, nil
}

type runner struct {
	*Group
	ideal *ideal
}

// RunCell implements bench.Runner.
func (r *runner) RunCell(ctx context.Context, width int, seed uint64, o bench.CellOptions) ([]float64, error) {
	return r.parameters.cell(ctx, width, seed, r.ideal, o, nil)
}

// Limit implements bench.Limited.
func (r *runner) Limit(context.Context) (*bench.Limit, error) {
	if r.parameters.own != nil {
		return &bench.Limit{Note: "with data of one's own a wide network stands for infinitely many neurons", Lacks: "the infinite network"}, nil
	}
	return &bench.Limit{Rows: r.ideal.rows(), Record: struct {
		Law   string  `json:"law"`
		Error float64 `json:"error"`
	}{r.parameters.Law, r.ideal.wrong()}}, nil
}

// rows are in the order of Schema.Limit.
func (i *ideal) rows() [][]float64 {
	var out [][]float64
	for k, p := range i.points {
		out = append(out, pointRow(p, i.step[k]))
	}
	return out
}

func pointRow(p xor.Point, step float64) []float64 {
	return []float64{p.Time, p.Tau, p.Margin, step, p.Loss, p.Energy, p.Signal, p.Opposite, p.Perpendicular, p.HeavyCount, p.HeavyMass, p.Independent, p.Error}
}

// wrong is the greatest error of the margin.
func (i *ideal) wrong() float64 {
	out := 0.0
	for _, p := range i.points {
		out = math.Max(out, p.Error)
	}
	return out
}

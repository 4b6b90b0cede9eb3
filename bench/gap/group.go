package gap

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/memory"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// Group is a gap study of a sweep: everything but width and seed is fixed in it.
type Group struct {
	Name string // the slug that names its files, such as he4-d16
	// Parameters hold a horizon of 0 until it is found, if Reach is above 0.
	Parameters Parameters
	Problem    particles.Expectations
	Reach      float64 // the horizon is the first time with at most this risk; 0: a given time
}

// OfParameters is the group of checked parameters.
func OfParameters(p Parameters, problem particles.Expectations) *Group {
	return &Group{Name: problem.Name(), Parameters: p, Problem: problem}
}

// groupOf rebuilds a group.
func groupOf(parameters json.RawMessage) (*Group, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	problem, err := p.Check()
	if err != nil {
		return nil, err
	}
	return &Group{Parameters: p, Problem: problem}, nil
}

// study is the group as bench knows it.
func (g *Group) study() bench.Study {
	if g.Parameters.Horizon == 0 {
		return pending{g}
	}
	return g
}

// Facts are what is known before the reference is solved.
func (g *Group) Facts() bench.Facts {
	p := &g.Parameters
	f := bench.Facts{
		Schema: Schema, Problem: g.Problem.Name(), Dim: p.Dim, Labels: []any{p.Horizon, p.Dynamics, p.Precision},
		Sizes: p.Widths, FirstSeed: p.Seed, Seeds: p.Seeds, Points: p.Points,
		Reach: g.Reach, Parameters: *p, Identity: p.ofCell(), Line: p.ofState(), Precision: p.Precision,
	}
	if p.Horizon > 0 {
		f.Times = p.Times()
	}
	return f
}

// ofCell are the parameters that decide a cell's numbers: widths, seeds and the first seed are left out, so that a
// study may grow.
func (p Parameters) ofCell() Parameters {
	p.Widths, p.Seeds, p.Seed, p.Snapshots = nil, 0, 0, nil
	return p
}

// ofState are those that decide how a network goes on from a state: its last time and the times before it do not.
func (p Parameters) ofState() Parameters {
	p = p.ofCell()
	p.Horizon, p.Points = 0, 0
	return p
}

// stateCopies of a cell's particles and twins are made while its checkpoint is written.
const stateCopies = 3

// Cost is what a network takes: flops up to the number of steps per time.
func (g *Group) Cost(width int) bench.Cost {
	p := &g.Parameters
	q := g.Problem.Dual()
	work := min(kernels.PairwiseFlops(width, p.Dim, q), kernels.MomentFlops(width, p.Dim, q)) * p.Horizon
	if p.Eta > 0 {
		work /= p.Eta
	}
	state := 8 * stateCopies * float64(width) * float64(p.Dim+4)
	return bench.Cost{Work: work, Memory: CellMemory(p, g.Problem, width) + state, State: state, Final: 8 * float64(width) * float64(p.Dim+1), Alone: width*p.Dim > largeCell}
}

// LimitKey tells infinite networks apart.
func (g *Group) LimitKey() any {
	return limitKey{g.Parameters.Key(), g.Parameters.Horizon, g.Parameters.Tolerance}
}

type limitKey struct {
	choice             string
	horizon, tolerance float64
}

// Prepare solves the infinite network.
func (g *Group) Prepare(ctx context.Context, progress func(share float64)) (bench.Runner, error) {
	study, err := Solve(ctx, g.Parameters, progress)
	if err != nil {
		return nil, err
	}
	return runner{study}, nil
}

// runner runs networks beside the infinite one.
type runner struct{ study *Study }

func (r runner) RunCell(ctx context.Context, width int, seed uint64, o bench.CellOptions) ([]float64, error) {
	c, err := r.study.RunCell(ctx, width, seed, o)
	if err != nil {
		return nil, err
	}
	return c.values(), nil
}

// Limit is the infinite network with C(t), if that is known.
func (r runner) Limit(ctx context.Context) (*bench.Limit, error) {
	rows, record, why, err := r.study.Limit(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := &bench.Limit{Record: record, Note: why, Lacks: "C(t)"}
	for _, l := range rows {
		out.Rows = append(out.Rows, []float64{l.Time, l.Risk, l.Error, l.SelfEnergy, l.Constant, l.ConstantError, l.Coupling, l.MeanCoupling, l.MeanCouplingError})
	}
	return out, nil
}

// mostMeans is the memory, in bytes, from which the limit of the squared mean is for the last time only.
const mostMeans = 256 << 20

// LimitRow is the infinite network at one time.
type LimitRow struct {
	bench.ReferenceRow
	// Constant is C(t), m E||f_m - f_MF||^2 -> C(t), Coupling the limit of m E_i ||Delta_i||^2, and MeanCoupling
	// that of m E (mean_i ||Delta_i||)^2; NaN where they are not known.
	Constant, ConstantError, Coupling, MeanCoupling, MeanCouplingError float64
}

// limitRows are the rows that Limit gave.
func limitRows(rows [][]float64) []LimitRow {
	out := make([]LimitRow, len(rows))
	for i, x := range rows {
		out[i] = LimitRow{bench.ReferenceRow{Time: x[0], Risk: x[1], Error: x[2], SelfEnergy: x[3]}, x[4], x[5], x[6], x[7], x[8]}
	}
	return out
}

// Limit returns the infinite network at the study's times, how it was solved, and why C(t) is not known, if it is not.
// A C(t) for which there is no memory is an error that wraps a *memory.Error; the rows without it are returned all the
// same.
func (g *Study) Limit(ctx context.Context, progress func(share float64)) (rows []LimitRow, record ReferenceRecord, why string, err error) {
	stats := g.Reference.Stats()
	record = ReferenceRecord{Error: g.Reference.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations}
	nan := math.NaN()
	for _, row := range bench.ReferenceRows(g.Reference, g.Times) {
		rows = append(rows, LimitRow{row, nan, nan, nan, nan, nan})
	}
	means := g.Times
	if g.Reference.FluctuationMemory(g.Times, means...)-g.Reference.FluctuationMemory(g.Times) > mostMeans {
		means = means[len(means)-1:]
	}
	give, err := memory.Take(ctx, g.Reference.FluctuationMemory(g.Times, means...))
	if err != nil {
		return rows, record, "", fmt.Errorf("C(t) of %s in dimension %d: %w", g.Problem.Name(), g.Problem.Dim(), err)
	}
	defer give()
	f, failed := meanfield.Fluctuations(ctx, g.Reference, g.Times, meanfield.FluctuationOptions{Means: means, Progress: progress})
	if stop := ctx.Err(); stop != nil {
		return nil, record, "", stop
	}
	if failed != nil {
		return rows, record, failed.Error(), nil
	}
	for i := range rows {
		rows[i].Constant, rows[i].ConstantError, rows[i].Coupling = f.Constant[i], f.ConstantError[i], f.Coupling[i]
		rows[i].MeanCoupling, rows[i].MeanCouplingError = f.MeanCoupling[i], f.MeanCouplingError[i]
	}
	return rows, record, "", nil
}

// Results are a group with all its cells.
type Results struct {
	*Group
	Cells     []Cell // by width and seed
	Reference []LimitRow
	Summary   Summary
}

// NewResults summarises all cells of a group, given by width and seed.
func NewResults(g *Group, cells []Cell, reference []LimitRow) *Results {
	return &Results{Group: g, Cells: cells, Reference: reference, Summary: Summarise(g.Parameters.Widths, cells)}
}

// ResultsOf are those that a sweep has of a group of this measure.
func ResultsOf(r *bench.Result) *Results {
	g := *r.Study.(*Group)
	g.Name, g.Parameters.Widths = r.Name, r.Facts.Sizes
	cells := make([]Cell, len(r.Cells))
	for i, c := range r.Cells {
		cells[i] = cellOf(c)
	}
	return NewResults(&g, cells, limitRows(r.Limit))
}

package coding

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/portable"
	"kac/particles/coding"
)

// group is one scheme at one degree and one setting of its stragglers: all but blocks and seed is fixed.
type group struct{ Parameters }

// groupOf makes the group of parameters with one of everything but blocks.
func groupOf(ctx context.Context, p Parameters) (*group, error) {
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	if len(p.Schemes) != 1 || len(p.Degrees) != 1 || p.settings() != 1 {
		return nil, fmt.Errorf("a group of %d schemes, %d degrees and %d settings", len(p.Schemes), len(p.Degrees), p.settings())
	}
	return &group{p}, nil
}

// restored is the study of recorded parameters.
func restored(parameters json.RawMessage) (bench.Study, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	return p.again()
}

// again is the group of parameters that were checked before.
func (p Parameters) again() (*group, error) {
	f, err := readFamily(p.Graph, 0)
	if err != nil {
		return nil, err
	}
	return groupOf(context.Background(), p.withFamily(f))
}

// asked are the parameters as they were asked for.
func (g *group) asked() Parameters { return g.withFamily(g.family) }

// withFamily leaves out what the graph has of its own, which is refused if it is asked for.
func (p Parameters) withFamily(f family) Parameters {
	blocks, degree := f.sized()
	if !blocks && f.kind != "file" { // a list of edges is given as many as were recorded
		p.Blocks = nil
	}
	if !degree {
		p.Degrees = nil
	}
	return p
}

// degree of a size.
func (g *group) degree(blocks int) int {
	if d := g.Degrees[0]; d > 0 || g.family.kind == "file" {
		return d
	}
	return g.family.degree(blocks)
}

// straggle is the share of machines that is lost.
func (g *group) straggle() float64 {
	switch {
	case g.Delays == "":
		return g.Straggle[0]
	case len(g.Wait) > 0:
		return 1 - g.Wait[0]
	}
	return g.delay.Exceeds(g.Deadline[0])
}

// Facts implements bench.Study.
func (g *group) Facts() bench.Facts {
	identity := g.Parameters
	identity.Blocks, identity.Seeds, identity.Seed = nil, 0, 0
	return bench.Facts{
		Schema: Schema, Problem: g.Schemes[0], Dim: g.degree(g.Blocks[0]), Labels: []any{g.family.String(), g.straggle()},
		Sizes: g.Blocks, FirstSeed: g.Seed, Seeds: g.Seeds, Points: 1, Times: []float64{0},
		Parameters: g.Parameters, Identity: identity, Precision: bench.Float64,
	}
}

// Cost is machines times draws; least squares take about as many steps as the root of the size.
func (g *group) Cost(blocks int) bench.Cost {
	one := g.Parameters
	one.Blocks, one.Seeds = []int{blocks}, 1
	work := 30 * float64(blocks) * float64(max(g.degree(blocks), 2)) * float64(g.Draws)
	switch g.Schemes[0] {
	case "bernoulli":
		work *= 4 * math.Sqrt(float64(blocks))
	case "cyclic":
		work = 4. / 3 * portable.Pow(float64(blocks), 3) * float64(g.Draws)
	}
	return bench.Cost{Work: work, Memory: one.memory().Bytes(), State: 256}
}

// Prepare solves the limit, which is of one degree: where that follows from the size, of the first.
func (g *group) Prepare(ctx context.Context, _ func(share float64)) (bench.Runner, error) {
	limit, wrong, err := ideal(ctx, g.Schemes[0], &g.family, g.degree(g.Blocks[0]), g.straggle(), g.Tolerance)
	if err != nil {
		return nil, err
	}
	if blocks, degree := g.family.sized(); blocks && !degree { // it grows with the size
		limit, wrong = math.NaN(), math.NaN()
	}
	return &runner{g, limit, wrong}, nil
}

type runner struct {
	*group
	limit, wrong float64
}

// Limit implements bench.Limited.
func (r *runner) Limit(context.Context) (*bench.Limit, error) {
	out := &bench.Limit{Rows: [][]float64{{0, r.limit, r.wrong}}, Record: struct {
		Limit *float64 `json:"limit"`
	}{bench.Finite(r.limit)}}
	if math.IsNaN(r.limit) {
		out.Note, out.Lacks = fmt.Sprintf("no limit of many blocks is known for the scheme %s on the graph %s", r.Schemes[0], r.Graph), "the limit"
	}
	return out, nil
}

// RunCell implements bench.Runner.
func (r *runner) RunCell(ctx context.Context, blocks int, seed uint64, o bench.CellOptions) ([]float64, error) {
	g, err := r.family.make(blocks, r.degree(blocks), seed)
	if err != nil {
		return nil, err
	}
	s, err := makeScheme(r.Schemes[0], g, seed, nil)
	if err != nil {
		return nil, err
	}
	row := Row{Scheme: s.name, Blocks: blocks, Machines: s.machines, Degree: g.Degree(), Seed: seed, MeanAlpha: math.NaN(), Seconds: math.NaN()}
	if r.Rare {
		e, err := coding.RareError(ctx, g, r.Straggle[0], r.Draws, seed)
		if err != nil {
			return nil, err
		}
		row.Error = e.Value
	} else if err := r.draws(ctx, s, &row, &keeper{CellOptions: o}); err != nil {
		return nil, err
	}
	return []float64{0, row.Error, row.MeanAlpha, row.Error - r.limit, row.Seconds}, nil
}

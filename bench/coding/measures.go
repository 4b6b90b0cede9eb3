package coding

import (
	"context"
	"fmt"
	"slices"

	"kac/bench"
	"kac/particles/coding"
)

// AdversarySchema is the form of the tables of adversaries in sweeps: a seed is a search.
var AdversarySchema = &bench.Schema{
	Measure: "code-adversary", Size: "blocks", Sizes: "blocks", Letter: "n", Seeds: "seeds",
	Labels: Schema.Labels,
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0: an attack has no time"},
		{Name: "error", Meaning: "(1/n)|α − 1|² of the worst set that was found", How: bench.Averaged, Formula: "(1/*n*) |*α* − 1|^2"},
		{Name: "taken", Kind: bench.Whole, Meaning: "machines that the adversary takes"},
		{Name: "exact", Kind: bench.Whole, Meaning: "1: all sets were tried"},
		{Name: "independent", Meaning: "error of taking blocks that share no machine", How: bench.Averaged},
		{Name: "bound", Meaning: "the paper's upper bound on the error"},
	},
}

// DescendSchema is the form of the tables of coded descent in sweeps: the time is the step.
var DescendSchema = &bench.Schema{
	Measure: "code-descent", Size: "blocks", Sizes: "blocks", Letter: "n", Seeds: "seeds",
	Labels: Schema.Labels,
	Columns: []bench.Column{
		{Name: "time", Unit: "steps", Meaning: "step of the descent"},
		{Name: "distance", Meaning: "|θ − θ*|²", How: bench.Averaged, Formula: "|*θ* − *θ*^{\\*}|^2"},
		{Name: "seconds", Unit: "s", Meaning: "simulated time; steps without delays", How: bench.Averaged},
	},
}

// adversaryGroup is a scheme under an adversary.
type adversaryGroup struct {
	group
	Rounds int `json:"rounds"`
}

type adversaryParameters struct {
	Code   Parameters `json:"code"`
	Rounds int        `json:"rounds"`
}

// Facts implements bench.Study.
func (g *adversaryGroup) Facts() bench.Facts {
	f := g.group.Facts()
	f.Schema, f.Parameters = AdversarySchema, adversaryParameters{g.Parameters, g.Rounds}
	f.Identity = adversaryParameters{f.Identity.(Parameters), g.Rounds}
	return f
}

// Cost implements bench.Study.
func (g *adversaryGroup) Cost(blocks int) bench.Cost {
	c := g.group.Cost(blocks)
	c.Work *= float64(g.Rounds)
	return c
}

// Prepare implements bench.Study.
func (g *adversaryGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner. The graph is that of the first seed for every search.
func (g *adversaryGroup) RunCell(ctx context.Context, blocks int, seed uint64, o bench.CellOptions) ([]float64, error) {
	one := g.Parameters
	one.Seed, one.Seeds = seed, 1
	rows, err := one.attack(ctx, blocks, g.group.degree(blocks), g.Rounds, "", nil)
	if err != nil {
		return nil, err
	}
	r := rows[0]
	exact := 0.0
	if r.Exact {
		exact = 1
	}
	return []float64{0, r.Error, float64(r.Taken), exact, r.Independent, r.Bound}, nil
}

// descendGroup is a descent in which all but blocks and seed is fixed.
type descendGroup struct {
	DescendParameters
	code *group
}

func descendGroupOf(ctx context.Context, p DescendParameters) (*descendGroup, error) {
	code, err := groupOf(ctx, p.Code)
	if err != nil {
		return nil, err
	}
	// The checks of the verb, which read the data, are those of one size; of the others only the blocks are left to
	// check.
	p.Code = code.asked()
	if blocks, _ := code.family.sized(); blocks {
		p.Code.Blocks = code.Blocks[:1]
	}
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	for _, n := range code.Blocks[1:] {
		if err := p.checkBlocks(n); err != nil {
			return nil, err
		}
	}
	p.Code = code.Parameters
	return &descendGroup{p, code}, nil
}

// Facts implements bench.Study.
func (g *descendGroup) Facts() bench.Facts {
	f := g.code.Facts()
	identity := g.DescendParameters
	identity.Code = f.Identity.(Parameters)
	f.Schema, f.Parameters, f.Identity = DescendSchema, g.DescendParameters, identity
	f.Times = nil
	for _, step := range shown(g.Steps) {
		f.Times = append(f.Times, float64(step))
	}
	f.Points = len(f.Times)
	return f
}

// Cost implements bench.Study.
func (g *descendGroup) Cost(blocks int) bench.Cost {
	c := g.code.Cost(blocks)
	c.Work = float64(g.Steps) * (4*float64(g.Points)*float64(g.Features) + 30*float64(blocks))
	c.Memory += 8 * float64(g.Points) * float64(g.Features+4)
	c.State = 32 * float64(g.Features+8)
	return c
}

// Prepare finds theta*.
func (g *descendGroup) Prepare(ctx context.Context, _ func(share float64)) (bench.Runner, error) {
	best, err := g.objective.Optimum(ctx)
	if err != nil {
		return nil, err
	}
	return &descendRunner{g, best}, nil
}

type descendRunner struct {
	*descendGroup
	best []float64
}

// descendState is a cell's checkpoint.
type descendState struct {
	coding.State
	Rows []float64 `json:"rows"`
}

// RunCell implements bench.Runner.
func (r *descendRunner) RunCell(ctx context.Context, blocks int, seed uint64, o bench.CellOptions) ([]float64, error) {
	one := r.DescendParameters
	one.Code.Blocks = []int{blocks}
	d, _, err := one.begin(ctx, one.Code.Schemes[0], seed)
	if err != nil {
		return nil, err
	}
	var s descendState
	if o.Before != nil {
		if err := bench.ReadState(o.Before, &s); err != nil {
			return nil, err
		}
		if s.Steps > r.Steps || len(s.Rows)%3 != 0 {
			return nil, bench.StateError(fmt.Errorf("%d numbers in rows of 3 after %d steps", len(s.Rows), s.Steps))
		}
		if err := d.Continue(s.State); err != nil {
			return nil, bench.StateError(err)
		}
	}
	at := shown(r.Steps)
	keeper := o.Keeper()
	for step := s.Steps; ; step++ {
		if len(s.Rows) == 3*slices.Index(at, step) {
			s.Rows = append(s.Rows, float64(step), d.Distance(r.best), d.Seconds)
		}
		if step == r.Steps {
			return s.Rows, nil
		}
		if err := keeper.Between(ctx, float64(step)/float64(r.Steps), func() ([]byte, error) {
			s.State = d.State()
			return bench.JSON(s)
		}); err != nil {
			return nil, err
		}
		if err := d.Advance(); err != nil {
			return nil, err
		}
		if err := diverged(d, r.best, blocks, seed, step+1); err != nil {
			return nil, err
		}
	}
}

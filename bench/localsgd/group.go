package localsgd

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	"kac/particles/localsgd"
)

// group is one algorithm with one number of local steps: all but clients and seed is fixed.
type group struct{ Parameters }

// NewGroup makes a study of parameters with one algorithm and one number of local steps.
func NewGroup(ctx context.Context, p Parameters) (bench.Study, error) {
	if err := p.Check(ctx); err != nil {
		return nil, err
	}
	if len(p.Algorithms) > 1 {
		return nil, bench.Refuse("algorithm", fmt.Sprint(p.Algorithms), "a group has one algorithm; in a study file give a list")
	}
	if len(p.LocalSteps) > 1 {
		return nil, bench.Refuse("local-steps", bench.Wholes(p.LocalSteps, ","), "a group has one number of local steps")
	}
	return &group{p}, nil
}

// Restore is the study of recorded parameters.
func Restore(parameters json.RawMessage) (bench.Study, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	if p.Matrices != "" { // they say it themselves
		p.Clients = nil
	}
	return NewGroup(context.Background(), p)
}

// Groups are the studies that a measurement is in a sweep: an algorithm and a number of local steps each.
func (p *Parameters) Groups() []bench.Group {
	var out []bench.Group
	for _, name := range p.Algorithms {
		for _, steps := range p.LocalSteps {
			one := *p
			one.Algorithms, one.LocalSteps = []string{name}, []int{steps}
			out = append(out, bench.Group{Name: fmt.Sprintf("%s, K = %d", name, steps), Study: &group{one}})
		}
	}
	return out
}

// shown are the rounds of which a group has rows.
func (p *Parameters) shown() []int { return shownRounds(p.Rounds) }

// shownRounds are the rounds that are shown, from 0: all up to 64, and then about sixteen a doubling.
func shownRounds(rounds int) []int {
	list := []int{0}
	for r := 1.0; r < float64(rounds); r = math.Max(r+1, math.Floor(r*1.04)) {
		list = append(list, int(r))
	}
	return append(list, rounds)
}

// Facts implements bench.Study.
func (g *group) Facts() bench.Facts {
	parameters := g.Parameters
	parameters.solved = nil // parameters are compared, and this is none
	identity := parameters
	identity.Clients, identity.Seeds, identity.Seed = nil, 0, 0
	var times []float64
	for _, r := range g.shown() {
		times = append(times, float64(r))
	}
	return bench.Facts{
		Schema: Schema, Problem: g.Algorithms[0], Dim: g.dim(), Labels: []any{g.Word, g.LocalSteps[0], g.Eta},
		Sizes: g.Clients, FirstSeed: g.Seed, Seeds: g.Seeds, Points: len(times), Times: times,
		Parameters: parameters, Identity: identity, Precision: bench.Float64,
	}
}

// Cost implements bench.Study.
func (g *group) Cost(clients int) bench.Cost {
	one := g.Parameters
	one.Clients, one.Seeds = []int{clients}, 1
	d := float64(g.dim())
	return bench.Cost{
		Work: g.work(clients, g.LocalSteps[0]), Memory: one.memory().Bytes(),
		State: 25 * (3*d + 4*float64(len(g.shown()))),
	}
}

// Prepare computes the limit, which for clients that differ is that of the first number of them.
func (g *group) Prepare(ctx context.Context, progress func(share float64)) (bench.Runner, error) {
	c, err := g.configure(ctx, g.Algorithms[0], g.Clients[0], g.LocalSteps[0], nil, progress)
	if err != nil {
		return nil, err
	}
	r := &runner{group: g, first: c}
	return r, nil
}

type runner struct {
	*group
	first *configuration
}

// of is the configuration of a size: the limit of clients that are all equal is prepared.
func (r *runner) of(ctx context.Context, clients int) (*configuration, error) {
	return r.configure(ctx, r.Algorithms[0], clients, r.LocalSteps[0], r.first, nil)
}

// Limit implements bench.Limited.
func (r *runner) Limit(context.Context) (*bench.Limit, error) {
	out := &bench.Limit{}
	for _, round := range r.shown() {
		row := []float64{float64(round), math.NaN(), math.NaN(), math.NaN(), math.NaN()}
		if r.first.limits != nil {
			l := r.first.limits[round]
			row = []float64{float64(round), l.gap, l.gapError, l.constant, l.constError}
		}
		out.Rows = append(out.Rows, row)
	}
	if r.first.limits == nil {
		out.Note, out.Lacks = fmt.Sprintf("no limit of infinitely many clients is known for %s on %s with noise %s", r.Algorithms[0], r.Word, r.Parameters.Noise), "the limit"
	}
	return out, nil
}

// cellState is a cell's checkpoint.
type cellState struct {
	localsgd.State
	Rows []*float64 `json:"rows"` // NaN is null
}

// RunCell implements bench.Runner.
func (r *runner) RunCell(ctx context.Context, clients int, seed uint64, o bench.CellOptions) ([]float64, error) {
	c, err := r.of(ctx, clients)
	if err != nil {
		return nil, err
	}
	run := c.run(&r.Parameters, seed, max(o.Workers, 1))
	at := r.shown()
	var rows []float64
	if o.Before != nil {
		var s cellState
		if err := bench.ReadState(o.Before, &s); err != nil {
			return nil, err
		}
		if s.Round > r.Rounds || len(s.Rows)%4 != 0 || len(s.Rows) > 4*len(at) {
			return nil, bench.StateError(fmt.Errorf("%d numbers in rows of 4 after %d rounds", len(s.Rows), s.Round))
		}
		if err := run.Continue(s.State); err != nil {
			return nil, bench.StateError(err)
		}
		for _, x := range s.Rows {
			if x == nil {
				rows = append(rows, math.NaN())
				continue
			}
			rows = append(rows, *x)
		}
	}
	state := func() ([]byte, error) {
		s := cellState{State: run.State}
		for _, x := range rows {
			s.Rows = append(s.Rows, bench.Finite(x))
		}
		return bench.JSON(s)
	}
	keeper := o.Keeper()
	for {
		if k := len(rows) / 4; k < len(at) && at[k] == run.Round {
			m, err := c.observe(run)
			if err != nil {
				return nil, err
			}
			rows = append(rows, float64(run.Round), m.value, m.distance, m.gap)
		}
		if run.Round == r.Rounds {
			return rows, nil
		}
		if err := keeper.Between(ctx, float64(run.Round)/float64(r.Rounds), state); err != nil {
			return nil, err
		}
		if err := run.Advance(ctx); err != nil {
			if ctx.Err() != nil { // the round that was cut off is done again
				if failed := keeper.Keep(state); failed != nil {
					return nil, failed
				}
			}
			return nil, err
		}
	}
}

package contrast

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/bench"
	"kac/bench/store"
	ideal "kac/meanfield/contrast"
	"kac/particles/contrast"
)

// Study is the result of a measurement: the exact rows, with the means of the descents.
type Study struct {
	Parameters Parameters
	Exact
	Effects []bench.Mean // of every row: the error minus that of the first level of noise, seed by seed
	cells   [][]float64  // of every cell (level, batch, seed): times x features
}

// Cells is how many descents and flows there are.
func (p *Parameters) Cells() int {
	n := len(p.levels) * len(p.Batches) * p.Seeds
	if p.exact() {
		n += p.ExactParameters.Cells()
	}
	return n
}

// Run measures. The rows do not depend on workers: every descent's numbers are its own. Cells that are kept are not
// computed again; cells, and progress, may be nil.
func Run(ctx context.Context, p Parameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p, Exact: Exact{Parameters: p.ExactParameters}}
	n := len(p.levels) * len(p.Batches) * p.Seeds
	s.cells = make([][]float64, n)
	share := .6 // of the descents, for the progress
	err := each(ctx, n, workers, "descents", part(progress, 0, share), func(ctx context.Context, i int) error {
		level, batch, seed := i/p.Seeds/len(p.Batches), i/p.Seeds%len(p.Batches), i%p.Seeds
		var err error
		s.cells[i], err = p.follow(ctx, p.levels[level], p.Batches[batch], p.Seed+uint64(seed), cells)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.exact() {
		exact, err := RunExact(ctx, p.ExactParameters, workers, cells, part(progress, share, 1-share))
		if err != nil {
			return nil, err
		}
		s.Exact = *exact
	} else {
		s.limits()
	}
	s.summarise()
	return s, nil
}

// part is a part of a progress.
func part(progress func(share float64, what string), from, share float64) func(float64, string) {
	if progress == nil {
		return nil
	}
	return func(x float64, what string) { progress(from+share*x, what) }
}

// follow runs a descent to the end, from where it is kept, and returns its errors, times x features. One that is
// interrupted is kept as its number of steps, the errors so far and its state.
func (p *Parameters) follow(ctx context.Context, l Level, batch int, seed uint64, cells *store.Cells) ([]float64, error) {
	name := "descent " + l.cell() + fmt.Sprintf(" m %d seed %d", batch, seed)
	k := len(p.Alpha)
	all := len(p.Times) * k
	if out := cells.Get(name); len(out) == all {
		return out, nil
	}
	d, err := p.descent(l, batch, seed)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, all)
	if kept := cells.Partly(name); len(kept) > 1 && len(kept) >= 2+int(kept[1]) {
		known := 2 + int(kept[1])
		out = append(out, kept[2:known]...)
		if err := d.Continue(int(kept[0]), kept[known:]); err != nil {
			return nil, err
		}
	}
	for _, t := range p.Times[len(out)/k:] {
		for last := p.steps(t); d.Steps() < last; d.Advance() {
			if err := ctx.Err(); err != nil {
				if d.Steps() > 0 {
					cells.AddPartly(name, slices.Concat([]float64{float64(d.Steps()), float64(len(out))}, out, d.State())...)
				}
				return nil, err
			}
		}
		if err := finite(d, k, t, func() string { return where(l, batch, seed) }); err != nil {
			return nil, err
		}
		out = out[:len(out)+k]
		d.Errors(out[len(out)-k:])
	}
	return out, cells.Add(name, out...)
}

// finite refuses a descent that left the numbers.
func finite(d contrast.Descent, k int, t float64, where func() string) error {
	norms := make([]float64, k)
	d.Norms2(norms)
	for i, x := range norms {
		if err := bench.CheckTable(where(), t, []string{fmt.Sprintf("|theta_%d|^2", i+1)}, x); err != nil {
			return err
		}
	}
	return nil
}

// limits are the rows where the flow cannot be solved.
func (s *Study) limits() {
	p := &s.Parameters
	nan := math.NaN()
	for level, l := range p.levels {
		begin := p.under(l)
		for _, m := range p.Batches {
			for _, t := range p.Times {
				constants := ideal.Constants(begin, t, p.Decay)
				for k, f := range begin {
					row := ExactRow{Level: level, Batch: m, Time: t, Feature: k + 1, Flow: nan, Wrong: nan, Rate: nan, Limit: f.ErrorAt(t), Const: nan}
					if constants[k].Exists {
						row.Const = constants[k].Value
					}
					s.Rows = append(s.Rows, row)
				}
			}
		}
	}
	s.Notes = p.unsettled()
	s.Notes = append(s.Notes, fmt.Sprintf("the exact flow takes up to %d features; beside the %d here are the limit and the constant of 1/m", ideal.MaxFeatures, len(p.Alpha)))
}

// summarise averages over the seeds. Rows come by level, batch, time and feature, as the exact ones do.
func (s *Study) summarise() {
	p := &s.Parameters
	k := len(p.Alpha)
	per := len(p.Batches) * len(p.Times) * k // rows of a level
	value := func(row int) []float64 {
		level, batch, at := row/per, row%per/(len(p.Times)*k), row%(len(p.Times)*k)
		list := make([]float64, p.Seeds)
		for seed := range list {
			list[seed] = s.cells[(level*len(p.Batches)+batch)*p.Seeds+seed][at]
		}
		return list
	}
	for row := range s.Rows {
		now, first := value(row), value(row%per)
		s.Rows[row].Error = bench.MeanOf(now)
		for i := range now {
			now[i] -= first[i]
		}
		s.Effects = append(s.Effects, bench.MeanOf(now))
	}
}

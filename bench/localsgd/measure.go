package localsgd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/particles/localsgd"
)

// measured is what one seed has after a round.
type measured struct {
	value    float64 // F(x) - F*
	distance float64 // |x - x*|²
	gap      float64 // |x - x_inf|²; NaN without a reference
}

// Row is an algorithm with M clients and K local steps after a round, over the seeds.
type Row struct {
	Algorithm           string
	Clients, LocalSteps int
	Round               int
	Value               bench.Mean
	Quantiles           [3]float64 // of the value gap: .1, .5, .9
	Distance2           bench.Mean // E |x - x*|²
	Gap                 bench.Mean // E |x - x_inf|²
	limitRow
}

// Study is the result of a measurement.
type Study struct {
	Parameters Parameters
	Rows       []Row // by algorithm, local steps, clients, round
	seeds      [][]measured
}

// configuration is what all seeds share.
type configuration struct {
	name           string
	clients, steps int
	objective      localsgd.Objective
	algorithm      localsgd.Algorithm
	limits         []limitRow
}

// configure makes the objective and the limit of a configuration. before may be another number of clients, whose limit
// is the same if all clients are equal and take part.
func (p *Parameters) configure(ctx context.Context, name string, clients, steps int, before *configuration, progress func(float64)) (*configuration, error) {
	f, err := p.of(ctx, clients)
	if err != nil {
		return nil, err
	}
	c := &configuration{name: name, clients: clients, steps: steps, objective: f, algorithm: p.algorithm(name, steps)}
	if _, equal := f.(localsgd.OnLine); equal && before != nil && before.name == name && before.steps == steps && p.Participation == 1 {
		c.limits = before.limits
		return c, nil
	}
	c.limits, err = p.limits(ctx, f, &c.algorithm, clients, progress)
	return c, err
}

// run makes the run of a seed, at its start.
func (c *configuration) run(p *Parameters, seed uint64, workers int) *localsgd.Run {
	r := &localsgd.Run{Objective: c.objective, Noise: p.noise, Algorithm: c.algorithm, Clients: c.clients, Seed: seed, Workers: workers}
	r.Begin(p.start())
	return r
}

// observe measures the point after a round.
func (c *configuration) observe(r *localsgd.Run) (measured, error) {
	x := r.Point()
	m := measured{value: c.objective.Excess(x), gap: math.NaN()}
	for i, o := range c.objective.Optimum() {
		m.distance += (x[i] - o) * (x[i] - o)
	}
	if c.limits != nil {
		m.gap = 0
		for i, o := range c.limits[r.Round].x {
			m.gap += (x[i] - o) * (x[i] - o)
		}
	}
	where := fmt.Sprintf("%s, %d clients, %d local steps, seed %d", c.name, c.clients, c.steps, r.Seed)
	return m, bench.CheckTable(where, float64(r.Round), []string{"value gap", "|x - x*|^2"}, m.value, m.distance)
}

// cellName names the cell of a seed.
func (c *configuration) cellName(seed uint64) string {
	return fmt.Sprintf("%s M %d K %d seed %d", c.name, c.clients, c.steps, seed)
}

// cell runs a seed from where cells have it, and writes what is measured after every round to rows.
func (c *configuration) cell(ctx context.Context, p *Parameters, seed uint64, workers int, cells *store.Cells, rows []measured) error {
	name := c.cellName(seed)
	done := 0
	read := func(numbers []float64) {
		for ; len(numbers) >= 3 && done < len(rows); numbers, done = numbers[3:], done+1 {
			rows[done] = measured{numbers[0], numbers[1], numbers[2]}
		}
	}
	if read(cells.Get(name)); done == len(rows) {
		return nil
	}
	r := c.run(p, seed, workers)
	if kept := cells.Partly(name); len(kept) > len(r.X) {
		read(kept[len(r.X):])
		if err := r.Continue(localsgd.State{Round: done, X: kept[:len(r.X)]}); err != nil {
			return err
		}
	}
	written := func() []float64 {
		var numbers []float64
		for _, m := range rows[:done] {
			numbers = append(numbers, m.value, m.distance, m.gap)
		}
		return numbers
	}
	for ; done < len(rows); done++ {
		if err := r.Advance(ctx); err != nil {
			if done > 0 {
				cells.AddPartly(name, append(slices.Clone(r.X), written()...)...)
			}
			return err
		}
		m, err := c.observe(r)
		if err != nil {
			return err
		}
		rows[done] = m
	}
	return cells.Add(name, written()...)
}

// Cells is how many seeds are run in all.
func (p *Parameters) Cells() int {
	return len(p.Algorithms) * len(p.LocalSteps) * len(p.Clients) * p.Seeds
}

// Run measures. The rows do not depend on workers: every seed's numbers are its own. Cells that are kept are not
// run again; it, and progress, may be nil.
func Run(ctx context.Context, p Parameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p}
	var all []*configuration
	for _, name := range p.Algorithms {
		for _, steps := range p.LocalSteps {
			for _, clients := range p.Clients {
				all = append(all, &configuration{name: name, clients: clients, steps: steps})
			}
		}
	}
	total, done := 0.0, 0.0
	for _, c := range all {
		total += float64(c.clients) * float64(c.steps)
	}
	var mu sync.Mutex
	for i, c := range all {
		var before *configuration
		if i > 0 {
			before = all[i-1]
		}
		c, err := p.configure(ctx, c.name, c.clients, c.steps, before, nil)
		if err != nil {
			return nil, err
		}
		all[i] = c
		rows := make([]measured, p.Seeds*p.Rounds)
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(max(workers, 1))
		share := float64(c.clients) * float64(c.steps) / total / float64(p.Seeds)
		for k := range p.Seeds {
			group.Go(func() error {
				if err := c.cell(inner, &p, p.Seed+uint64(k), max(workers/p.Seeds, 1), cells, rows[k*p.Rounds:(k+1)*p.Rounds]); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				done += share
				if progress != nil {
					progress(math.Min(done, 1), "seeds")
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		s.seeds = append(s.seeds, rows)
		for j := range p.Rounds {
			s.Rows = append(s.Rows, c.row(&p, rows, j))
		}
	}
	return s, nil
}

// row summarises a round over the seeds.
func (c *configuration) row(p *Parameters, rows []measured, j int) Row {
	var value, distance, gap []float64
	for k := range p.Seeds {
		m := rows[k*p.Rounds+j]
		value, distance, gap = append(value, m.value), append(distance, m.distance), append(gap, m.gap)
	}
	r := Row{Algorithm: c.name, Clients: c.clients, LocalSteps: c.steps, Round: j + 1, Value: bench.MeanOf(value), Distance2: bench.MeanOf(distance), Gap: bench.MeanOf(gap)}
	r.limitRow = limitRow{gap: math.NaN(), gapError: math.NaN(), constant: math.NaN(), constError: math.NaN(), exact: math.NaN(), exactError: math.NaN()}
	if c.limits != nil {
		r.limitRow = c.limits[j+1]
	} else {
		r.Gap = bench.Mean{Value: math.NaN(), SE: math.NaN(), N: p.Seeds}
	}
	slices.Sort(value)
	for i, q := range []float64{.1, .5, .9} {
		r.Quantiles[i] = quantile(value, q)
	}
	return r
}

// quantile is between the order statistics about q (n-1).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low == len(sorted)-1 {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

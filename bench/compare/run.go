package compare

import (
	"context"
	"fmt"
	"slices"

	"kac/bench"
	"kac/meanfield/ridge"
)

// Cell is one draw of data: a dimension, a number of samples and a number of the draw. All predictors share it.
type Cell struct{ Dim, Samples, Draw int }

// Cells are all of them, in the order of compare.csv.
func (p *Parameters) Cells() (list []Cell) {
	for i, d := range p.Dims {
		for _, n := range p.sizes[i] {
			if p.rowsOf(d, n) == 0 {
				continue
			}
			for draw := range p.Draws {
				list = append(list, Cell{d, n, draw + 1})
			}
		}
	}
	return list
}

// rowsOf is how many rows a cell has.
func (p *Parameters) rowsOf(d, n int) int {
	problem, err := p.ProblemIn(d)
	solved := err == nil && p.solved(problem, n)
	rows := 0
	for _, name := range p.Predictors {
		switch {
		case name == Network:
			rows += len(p.Widths) * len(p.steps)
		case !solved:
		case name == NTK:
			_, ridges := p.kernel(problem, name, float64(n))
			rows += len(ridges)
		default:
			rows++
		}
	}
	return rows
}

// solved reports whether kernels are solved on data for n samples: not above the limit, nor where ridge 0 without noise
// finds the target exactly, as it does from the kernel's rank on.
func (p *Parameters) solved(problem *ridge.Problem, n int) bool {
	return n <= p.limit() && !p.finds(problem, n)
}

// finds reports whether n samples without noise determine the target at ridge 0, the only ridge.
func (p *Parameters) finds(problem *ridge.Problem, n int) bool {
	zero := !slices.ContainsFunc(p.ridges, func(r float64) bool { return r > 0 })
	return p.Noise == 0 && zero && float64(n) >= problem.Rank(problem.NTK())
}

// Run computes the cells that are not among those that are there, in order, and gives the rows of each to finished.
// Every cell is a function of the parameters alone. progress may be nil.
func (p *Parameters) Run(ctx context.Context, have []Row, workers int, finished func(Cell, []Row) error, progress func(share float64, what string)) error {
	cells := p.Cells()
	there := map[Cell]bool{}
	for _, r := range have {
		there[r.Cell] = true
	}
	total, done := 0.0, 0.0
	for _, c := range cells {
		total += p.work(c)
	}
	for _, c := range cells {
		if progress != nil {
			progress(done/total, fmt.Sprintf("d = %d, n = %d", c.Dim, c.Samples))
		}
		done += p.work(c)
		if there[c] {
			continue
		}
		rows, err := p.cell(ctx, c, workers)
		if err != nil {
			return fmt.Errorf("d = %d, n = %d, draw %d: %w", c.Dim, c.Samples, c.Draw, err)
		}
		if err := finished(c, rows); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parameters) cell(ctx context.Context, c Cell, workers int) ([]Row, error) {
	problem, err := p.ProblemIn(c.Dim)
	if err != nil {
		return nil, err
	}
	task, err := p.task(problem)
	if err != nil {
		return nil, err
	}
	seed := p.drawSeed(c.Dim, c.Draw)
	samples := task.Samples(c.Samples, seed, p.Noise)
	var rows []Row
	if slices.Contains(p.Predictors, Network) {
		if rows, err = p.networks(ctx, problem, task, samples, seed, workers, keeping{}); err != nil {
			return nil, err
		}
	}
	if p.solved(problem, c.Samples) {
		kernels, err := p.kernelRows(ctx, problem, samples, workers)
		if err != nil {
			return nil, err
		}
		rows = append(rows, kernels...)
	}
	for i := range rows {
		rows[i].Cell = c
		if err := bench.CheckTable(rows[i].Predictor, rows[i].Time, []string{"risk"}, rows[i].Total); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

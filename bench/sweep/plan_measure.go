package sweep

import (
	"context"
	"errors"
	"time"

	"kac/bench"
)

// How long a plan runs the cell that it measures.
const measureBudget = 2 * time.Second

// measurePlan is the plan of a measure that has none of its own: the cheapest cell is run for some seconds, and the
// others are scaled by bench.Cost.
func measurePlan(ctx context.Context, groups []bench.Group, workers int, progress func(share float64, what string)) (*bench.Plan, error) {
	out := &bench.Plan{Groups: make([]bench.GroupPlan, len(groups))}
	cheapest, least := place{}, 0.0
	for i, b := range groups {
		g := newGroup(b.Name, b.Study)
		for _, size := range g.cellSizes() {
			cost := b.Study.Cost(size)
			w := bench.SizePlan{Size: size, Cells: g.Facts.Seeds, Workers: 1, Flops: cost.Work, Memory: cost.Memory}
			if cost.Alone {
				w.Workers = workers
			}
			out.Groups[i].Sizes = append(out.Groups[i].Sizes, w)
			if cheapest.group == nil || cost.Work < least {
				cheapest, least = place{g, size}, cost.Work
			}
		}
	}
	began := time.Now()
	progress(0, "measuring "+cell{cheapest.group, cheapest.size, cheapest.group.Facts.FirstSeed}.String())
	perWork, prepare, err := cheapest.measure(ctx)
	if err != nil {
		return nil, err
	}
	for i := range out.Groups {
		out.Groups[i].Prepare = prepare
		for k := range out.Groups[i].Sizes {
			w := &out.Groups[i].Sizes[k]
			w.Seconds = perWork * w.Flops / float64(w.Workers)
			w.Measured = groups[i].Name == cheapest.group.Name && w.Size == cheapest.size
		}
	}
	out.Took = time.Since(began)
	return out, nil
}

// measure runs a cell on one worker for a while, and returns its seconds per Cost.Work, and what went before it.
func (p place) measure(ctx context.Context) (perWork, prepare float64, err error) {
	began := time.Now()
	runner, err := p.group.Study.Prepare(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	prepare = time.Since(began).Seconds()
	limited, cancel := context.WithTimeout(ctx, measureBudget)
	defer cancel()
	began = time.Now()
	share, told := 0.0, 0.0 // of the cell, and when
	_, err = runner.RunCell(limited, p.size, p.group.Facts.FirstSeed, bench.CellOptions{Workers: 1, Progress: func(s float64) {
		if s > share {
			share, told = s, time.Since(began).Seconds()
		}
	}})
	took := time.Since(began).Seconds()
	switch {
	case ctx.Err() != nil:
		return 0, 0, ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return 0, 0, err
	case err != nil && share > 0: // the time was over
		took = told / share
	case err != nil:
		took *= 100 // nothing is known but that it takes long
	}
	return took / max(p.group.Study.Cost(p.size).Work, 1), prepare, nil
}

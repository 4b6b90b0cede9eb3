package xor

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
)

// Study is the result of a measurement.
type Study struct {
	Parameters Parameters
	Cells      []bench.Cell // by width and seed
	Snapshots  []Snapshot   // by width, seed and time; of cells that were kept they are files alone
	ideal      *ideal
}

// Snapshot is a network at a time.
type Snapshot struct {
	Width int
	Seed  uint64
	Time  float64
	Rows  []float64 // (w_j, a_j)
}

// Run measures. Numbers do not depend on workers. snapshots are times of rows at which networks are kept.
func Run(ctx context.Context, p Parameters, snapshots []float64, workers int, progress func(share float64, what string)) (*Study, error) {
	kept, err := KeepStudy(&p, nil, nil)
	if err != nil {
		return nil, err
	}
	return RunKept(ctx, p, kept, snapshots, workers, progress)
}

// RunKept is Run of the cells that kept does not have, which gets them.
func RunKept(ctx context.Context, p Parameters, kept *Kept, snapshots []float64, workers int, progress func(share float64, what string)) (*Study, error) {
	return runKept(ctx, p, kept, snapshots, nil, workers, progress)
}

// runKept takes the infinite network where there is one already.
func runKept(ctx context.Context, p Parameters, kept *Kept, snapshots []float64, limit *ideal, workers int, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p, ideal: limit}
	if progress == nil {
		progress = func(float64, string) {}
	}
	var err error
	switch {
	case limit != nil:
	case p.own != nil:
		s.ideal = &ideal{}
	default:
		if s.ideal, err = p.solve(ctx, workers, func(share float64) { progress(0, fmt.Sprintf("infinite network, %.0f %%", 100*share)) }); err != nil {
			return nil, err
		}
	}
	total, done := 0.0, 0.0
	for _, m := range p.Widths {
		for k := range p.Seeds {
			c := bench.Cell{Size: m, Seed: p.Seed + uint64(k), Columns: len(Schema.Columns)}
			if c.Values = kept.of(p.place(m, c.Seed)); c.Values == nil {
				total += p.work(m)
			}
			s.Cells = append(s.Cells, c)
		}
	}
	seen := make([][]Snapshot, len(s.Cells))
	times := p.Times()
	at := min(max(workers, 1), len(s.Cells))
	each := max(workers/at, 1)
	var mu sync.Mutex
	share := make([]float64, len(s.Cells))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(at)
	// The longest first, so that no worker ends alone.
	for i := len(s.Cells) - 1; i >= 0; i-- {
		c := &s.Cells[i]
		if c.Values != nil {
			continue
		}
		group.Go(func() error {
			o := bench.CellOptions{Workers: each, Interval: 2e8, Progress: func(x float64) {
				mu.Lock()
				defer mu.Unlock()
				done += (x - share[i]) * p.work(c.Size)
				share[i] = x
				progress(done/total, "networks")
			}}
			var files []store.File
			var bins []float64
			values, err := p.cell(inner, c.Size, c.Seed, s.ideal, o, func(row int, network []float64) {
				if p.own == nil && slices.Contains(p.alignedTimes(), times[row]) {
					bins = append(bins, p.alignment(times[row], network)...)
				}
				if slices.Contains(snapshots, times[row]) {
					one := Snapshot{c.Size, c.Seed, times[row], network}
					seen[i] = append(seen[i], one)
					files = append(files, store.File{Name: one.Name(), Fill: func(w io.Writer) error { return one.Write(w, p.Dim) }})
				}
			})
			if err != nil {
				return err
			}
			c.Values = values
			o.Progress(1)
			return kept.add(p.place(c.Size, c.Seed), values, bins, files...)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.Snapshots = slices.Concat(seen...)
	return s, nil
}

// cells of a width.
func (s *Study) cells(width int) []bench.Cell {
	i := slices.Index(s.Parameters.Widths, width) * s.Parameters.Seeds
	return s.Cells[i : i+s.Parameters.Seeds]
}

// Mean is the mean of a column over the seeds of a width, at a row; column -1 is the time.
func (s *Study) Mean(width, row int, column string) bench.Mean {
	k := columnOf(column)
	var x []float64
	for _, c := range s.cells(width) {
		x = append(x, c.Value(row, k))
	}
	return bench.MeanOf(x)
}

func columnOf(name string) int {
	return slices.IndexFunc(Schema.Columns, func(c bench.Column) bool { return c.Name == name })
}

// Margin is that of the infinite network at a row, its step's part included.
func (s *Study) Margin(row int) float64 {
	if s.Parameters.own != nil {
		return math.NaN()
	}
	return s.ideal.margin(row)
}

// LimitError is the greatest error of the infinite network's margin.
func (s *Study) LimitError() float64 {
	if s.ideal == nil {
		return math.NaN()
	}
	return s.ideal.wrong()
}

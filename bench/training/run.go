package training

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kac/bench"
)

// Options steer Run; none of them changes a number.
type Options struct {
	Workers  int                              // 0: one per processor
	Progress func(share float64, what string) // may be nil
	Before   *Checkpoint                      // of the same parameters, to go on from; nil: the beginning
	// Checkpoint, if set, is called after each observation and some 200 times between them; the state is valid until it returns.
	Checkpoint func(*Checkpoint) error
}

// Prepare returns the parameters as a run would use and record them, or the bench.InputError that it would
// end with.
func (p Parameters) Prepare() (Parameters, error) {
	if _, err := p.load(); err != nil {
		return p, err
	}
	_, err := p.Check()
	return p, err
}

// Run trains networks of all widths, repeat after repeat, on the same batches, and compares
// them with the reference at every observation.
func Run(ctx context.Context, p Parameters, o Options) (*Study, error) {
	data, err := p.load()
	if err != nil {
		return nil, err
	}
	task, err := p.Check()
	if err != nil {
		return nil, err
	}
	out := &Study{Parameters: p, Task: task, data: data}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	if p.Reference == ReferenceExact {
		if out.exact, err = solveExact(ctx, task, &p); err != nil {
			return nil, err
		}
	}
	first, from := 0, o.Before
	if b := from; b != nil {
		first = b.Repeat
		out.Rows, out.Traces, out.Snapshots, out.Histogram = b.Rows, b.Traces, b.Snapshots, b.Histogram
	}
	for repeat := first; repeat < p.Runs(); repeat++ {
		if p.Precision != bench.Float64 {
			err = runRepeat[float32](ctx, out, repeat, from, o)
		} else {
			err = runRepeat[float64](ctx, out, repeat, from, o)
		}
		from = nil
		if err != nil {
			return nil, fmt.Errorf("%s, seed %d: %w", p.runName(repeat), p.Seed+uint64(repeat), err)
		}
	}
	// A run of several repeats observes them side by side.
	slices.SortStableFunc(out.Rows, func(a, b Row) int { return cmp.Compare(a.Repeat, b.Repeat) })
	return out, nil
}

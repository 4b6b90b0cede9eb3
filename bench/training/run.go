package training

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kac/bench"
	"kac/particles"
)

// Options steer Run; none of them changes a number.
type Options struct {
	Workers  int                              // 0: one per processor
	Progress func(share float64, what string) // may be nil
	Before   *Checkpoint                      // of the same parameters, to go on from; nil: the beginning
	// Checkpoint, if set, is called after each observation and some 200 times between them; the state is valid until it
	// returns.
	Checkpoint func(*Checkpoint) error
	// Final, if set, is called at the last step of each run; the state is valid until it returns.
	Final func(*Checkpoint) error
}

// Ready is a study that is checked, with its files read: each file is read once, so that a pipe serves as well.
type Ready struct {
	Parameters Parameters // as a run uses and records them
	Task       *particles.Task
	Notes      []string           // what was skipped in the user's files, or taken for numbers though it looks like names
	given      Parameters         // before Check dropped what the reference has no use for
	data       *particles.Samples // of the user; nil: drawn
	heldOut    *particles.Samples // of the user, to test on; nil: none
	initial    *bench.Network     // of the user, to start from; nil: random
}

// Ready reads the files of a study and checks it. Every error is a bench.InputError, or the context's.
func (p Parameters) Ready(ctx context.Context) (*Ready, error) { return p.ReadyWith(ctx, nil) }

// ReadyWith is Ready with files of which some may have been read.
func (p Parameters) ReadyWith(ctx context.Context, files *Files) (*Ready, error) {
	data, heldOut, err := p.load(ctx, files)
	if err != nil {
		return nil, err
	}
	s := &Ready{given: p, data: data, heldOut: heldOut}
	in := &reading{files: files}
	if s.Task, err = p.check(ctx, in); err != nil {
		return nil, err
	}
	if s.initial, err = p.readInitial(ctx, s.Task.Target().Rank()); err != nil {
		return nil, err
	}
	if s.initial != nil {
		in.notes = append(in.notes, s.initial.Notes...)
	}
	s.Parameters = p
	if data == nil {
		err = p.checkDrawn(s.Task)
	} else {
		err = p.checkOwnData(s.Task, data, [2]string{"data", p.Inputs}, [2]string{"labels", p.Labels})
	}
	if err == nil && heldOut != nil {
		err = p.checkOwnData(s.Task, heldOut, [2]string{"test-data", p.TestInputs}, [2]string{"test-labels", p.TestLabels})
	}
	if err != nil {
		return nil, err
	}
	for _, own := range []*particles.Samples{data, heldOut} {
		if own != nil {
			in.notes = append(in.notes, own.Notes...)
		}
	}
	s.Notes = in.notes
	return s, nil
}

// Prepare returns the parameters as a run would use and record them, or the bench.InputError that it would
// end with.
func (p Parameters) Prepare() (Parameters, error) {
	s, err := p.Ready(context.Background())
	if err != nil {
		return p, err
	}
	return s.Parameters, nil
}

// Run is Ready and its Run.
func Run(ctx context.Context, p Parameters, o Options) (*Study, error) {
	s, err := p.Ready(ctx)
	if err != nil {
		return nil, err
	}
	return s.Run(ctx, o)
}

// Run trains networks of all widths, repeat after repeat, on the same batches, and compares
// them with the reference at every observation.
func (s *Ready) Run(ctx context.Context, o Options) (*Study, error) {
	p, task := s.Parameters, s.Task
	var err error
	out := &Study{Parameters: p, Task: task, data: s.data, heldOut: s.heldOut, initial: s.initial, notes: s.Notes}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	if p.solvesExactly(task) {
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
		err = out.runOne(ctx, repeat, from, o)
		from = nil
		if err != nil {
			return nil, fmt.Errorf("%s, seed %d: %w", p.runName(repeat), p.Seed+uint64(repeat), err)
		}
	}
	// A run of several repeats observes them side by side.
	slices.SortStableFunc(out.Rows, func(a, b Row) int { return cmp.Compare(a.Repeat, b.Repeat) })
	return out, nil
}

// runOne runs one repeat in the study's precision, from a checkpoint of it if there is one.
func (s *Study) runOne(ctx context.Context, repeat int, from *Checkpoint, o Options) error {
	if s.Parameters.Precision != bench.Float64 {
		return runRepeat[float32](ctx, s, repeat, from, o)
	}
	return runRepeat[float64](ctx, s, repeat, from, o)
}

package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"kac/bench"
	"kac/meanfield"
)

// Group is a training of a sweep: everything but the repeat is fixed in it. The networks of one repeat, of all widths,
// are one cell, as they are trained on the same batches, and are parts of one wide network.
type Group struct{ ready *Ready }

// NewGroup is the group of a study that is ready. What repeats share, and what is not in the table, is refused or
// dropped.
func NewGroup(s *Ready) (*Group, error) {
	if s.Parameters.Shared {
		return nil, bench.Refuse("shared-reference", "true", "repeats are cells of their own in a sweep; leave it out, or use kac train")
	}
	own := *s
	own.Parameters.Traced, own.Parameters.Snapshots = 0, nil
	return &Group{&own}, nil
}

// Restore makes a group of recorded parameters. Data of the user are read by Prepare, if they are needed.
func Restore(parameters json.RawMessage) (*Group, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	given := p
	task, err := p.Check()
	if err != nil {
		return nil, err
	}
	return NewGroup(&Ready{Parameters: p, Task: task, given: given})
}

// Facts are what is known before anything is trained.
func (g *Group) Facts() bench.Facts {
	p := &g.ready.Parameters
	f := bench.Facts{
		Schema: p.schema(), Problem: g.ready.Task.Name(), Dim: p.Dim,
		Labels: []any{p.Horizon(), p.Samples, p.Batch, p.Noise, p.Eta, p.Reference, p.Precision},
		Sizes:  p.Widths, FirstSeed: p.Seed, Seeds: p.Repeats,
		Parameters: *p, Identity: p.ofCell(), Line: p.ofState(), Precision: p.Precision,
	}
	for _, step := range p.Observations() {
		f.Times = append(f.Times, bench.StepTime(step, p.Eta))
	}
	f.Points = len(f.Times)
	return f
}

// ofCell are the parameters that decide a cell's numbers. Where some of them are those of the first repeat, its seed is
// one.
func (p Parameters) ofCell() Parameters {
	if p.Repeats = 0; p.Vary == VaryBoth {
		p.Seed = 0
	}
	return p
}

// ofState are those of ofCell that a study up to a later last time has too.
func (p Parameters) ofState() Parameters {
	p = p.ofCell()
	p.Steps, p.Points = 0, 0
	return p
}

// Cost is that of one repeat: four operations for each coordinate, particle and sample.
func (g *Group) Cost(int) bench.Cost {
	p := &g.ready.Parameters
	c := bench.Cost{Work: 4 * float64(p.Dim) * p.ParticleSamples() / float64(p.Runs())}
	for _, part := range g.ready.Memory(1, false) {
		c.Memory += part.Bytes
	}
	for _, n := range plannedNetworks(p) {
		c.State += 8 * float64(p.Dim) * float64(n.Width) * float64(n.Count)
	}
	c.Final = c.State
	c.Alone = c.State > 8*largeCell
	return c
}

// Cells whose networks have more coordinates than this run one after another, each on all workers.
const largeCell = 1 << 21

// Prepare reads the data of the user, if they are not read yet, and solves an exact reference.
func (g *Group) Prepare(ctx context.Context, _ func(share float64)) (bench.Runner, error) {
	r := &runner{Ready: g.ready}
	if p := g.ready.Parameters; p.Inputs != "" && g.ready.data == nil || p.Initial != "" && g.ready.initial == nil {
		read, err := p.Ready(ctx)
		if err != nil {
			return nil, err
		}
		if read.Parameters.Sum != p.Sum || read.Parameters.TestSum != p.TestSum {
			return nil, bench.Refuse("data", p.Inputs, "its numbers are not those that the study began with")
		}
		if read.Parameters.InitialSum != p.InitialSum {
			return nil, bench.Refuse("initial", p.Initial, "its numbers are not those that the study began with")
		}
		r.Ready = read
	}
	if g.ready.Parameters.solvesExactly(r.Task) {
		var err error
		if r.exact, err = solveExact(ctx, r.Task, &g.ready.Parameters); err != nil {
			return nil, err
		}
	}
	r.Ready = &Ready{Parameters: g.ready.Parameters, Task: r.Task, given: g.ready.given, data: r.data, heldOut: r.heldOut, initial: r.initial}
	return r, nil
}

// runner trains the networks of one repeat at a time.
type runner struct {
	*Ready
	exact *meanfield.Reference
}

// RunCell trains the networks of the repeat with that seed. What stops within a step leaves networks at different
// steps, so a cancelled run goes on from the state that was saved last.
func (r *runner) RunCell(ctx context.Context, _ int, seed uint64, o bench.CellOptions) ([]float64, error) {
	p := r.Parameters
	repeat := int(seed - p.Seed)
	out := &Study{Parameters: p, Task: r.Task, data: r.data, heldOut: r.heldOut, initial: r.initial, exact: r.exact}
	options := Options{Workers: o.Workers, Progress: func(float64, string) {}}
	if o.Progress != nil { // of the whole study, of which this is one repeat
		options.Progress = func(share float64, _ string) {
			o.Progress(min(1, max(0, share*float64(p.Runs())-float64(repeat))))
		}
	}
	if o.Save != nil {
		keeper := o.Keeper()
		options.Checkpoint = func(c *Checkpoint) error {
			if !keeper.Due() {
				return nil
			}
			return keeper.Keep(c.MarshalBinary)
		}
	}
	if o.Final != nil {
		options.Final = func(c *Checkpoint) error {
			b, err := c.MarshalBinary()
			if err != nil {
				return err
			}
			return o.Final(b)
		}
	}
	var from *Checkpoint
	if o.Before != nil {
		from = new(Checkpoint)
		if err := from.UnmarshalBinary(o.Before); err != nil {
			return nil, bench.StateError(err)
		}
		head, err := p.head(repeat)
		if err != nil {
			return nil, err
		}
		if _, err := head.Check(o.Before, Schema.Size); err != nil {
			return nil, bench.StateError(fmt.Errorf("it is %w", err))
		}
		if from.Repeat != repeat || !from.fitsIn(&p) {
			return nil, bench.StateError(errors.New("it does not hold what it should"))
		}
		out.Rows, out.Histogram = from.Rows, from.Histogram
	}
	if err := out.runOne(ctx, repeat, from, options); err != nil {
		return nil, fmt.Errorf("seed %d: %w", seed, err)
	}
	return out.values(), nil
}

// values are the rows of one repeat, width after width.
func (s *Study) values() []float64 {
	p := &s.Parameters
	columns := len(p.schema().Columns)
	var out []float64
	for i := range p.Widths {
		for at := i; at < len(s.Rows); at += len(p.Widths) {
			for _, x := range s.Rows[at].numbers()[:columns] {
				out = append(out, *x)
			}
		}
	}
	return out
}

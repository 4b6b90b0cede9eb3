package training

import (
	"context"
	"encoding/json"
	"slices"

	"kac/bench"
)

// GapsGroup is the gaps of a training in a sweep: its tables hold the columns of gap.csv. One repeat, with all its
// widths, is a cell, which is computed anew if it is interrupted.
type GapsGroup struct {
	ready *Ready
	p     Parameters // with the wide network and the lattice points
}

// NewGapsGroup is the group of a study that is ready. Errors are those of Ready.CheckGaps.
func NewGapsGroup(s *Ready) (*GapsGroup, error) {
	p, err := s.checkGaps()
	if err != nil {
		return nil, err
	}
	if p.Shared {
		return nil, bench.Refuse("shared-reference", "true", "the gaps have no wide reference to share; leave it out")
	}
	p.Traced, p.Snapshots = 0, nil
	return &GapsGroup{s, p}, nil
}

// gapsParameters are those of a group as it is recorded.
type gapsParameters struct {
	Gaps     bool       `json:"gaps"`
	Training Parameters `json:"training"`
}

// RestoreAny makes a group of recorded parameters, of gaps or of trainings.
func RestoreAny(parameters json.RawMessage) (bench.Study, error) {
	var p gapsParameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	if !p.Gaps {
		return Restore(parameters)
	}
	given := p.Training
	task, err := p.Training.Check()
	if err != nil {
		return nil, err
	}
	return NewGapsGroup(&Ready{Parameters: p.Training, Task: task, given: given})
}

// GapsSchema is the form of the tables of gaps.
var GapsSchema = func() *bench.Schema {
	s := *Schema
	s.Labels = append(slices.Clone(s.Labels), bench.Column{Name: "reference_width", Kind: bench.Whole, Meaning: "width of the gaps of data and run, and of the total one"})
	s.Columns = nil
	for _, c := range gapsColumns {
		s.Columns = append(s.Columns, c.Column)
	}
	return &s
}()

// Facts implements bench.Study.
func (g *GapsGroup) Facts() bench.Facts {
	p := &g.p
	f := bench.Facts{
		Schema: GapsSchema, Problem: g.ready.Task.Name(), Dim: p.Dim,
		Labels: []any{p.Horizon(), p.Samples, p.Batch, p.Noise, p.Eta, p.Reference, p.Precision, p.Wide},
		Sizes:  p.Widths, FirstSeed: p.Seed, Seeds: p.Repeats,
		Parameters: gapsParameters{true, *p}, Identity: gapsParameters{true, p.ofCell()}, Precision: p.Precision,
	}
	for _, step := range p.Observations() {
		f.Times = append(f.Times, bench.StepTime(step, p.Eta))
	}
	f.Points = len(f.Times)
	return f
}

// Cost counts the steps of the wide network on batches; its flows and those of the widths are less where batches are
// large.
func (g *GapsGroup) Cost(int) bench.Cost {
	p := &g.p
	c := bench.Cost{Work: 4 * float64(p.Dim) * float64(p.Steps) * float64(p.Wide) * float64(p.Batch+p.Wide)}
	for _, part := range g.ready.Memory(1, true) {
		c.Memory += part.Bytes
	}
	c.Alone = float64(p.Wide*p.Dim) > largeCell
	return c
}

// Prepare reads the particles to start from, if they are not read yet, and solves the exact reference and the law.
func (g *GapsGroup) Prepare(ctx context.Context, _ func(share float64)) (bench.Runner, error) {
	shared := &Gaps{Parameters: g.p, Task: g.ready.Task, initial: g.ready.initial}
	if p := &g.ready.Parameters; p.Initial != "" && shared.initial == nil {
		read, err := p.Ready(ctx)
		if err != nil {
			return nil, err
		}
		if read.Parameters.InitialSum != p.InitialSum {
			return nil, bench.Refuse("initial", p.Initial, "its numbers are not those that the study began with")
		}
		shared.initial = read.initial
	}
	laws, err := shared.prepare(ctx)
	return &gapsRunner{shared, laws}, err
}

type gapsRunner struct {
	shared *Gaps
	laws   []GapsLaw
}

// RunCell measures the gaps of the repeat with that seed.
func (r *gapsRunner) RunCell(ctx context.Context, _ int, seed uint64, o bench.CellOptions) ([]float64, error) {
	out := &Gaps{Parameters: r.shared.Parameters, Task: r.shared.Task, exact: r.shared.exact, initial: r.shared.initial}
	p := &out.Parameters
	repeat := int(seed - p.Seed)
	options := Options{Workers: o.Workers, Progress: func(share float64, _ string) {
		if o.Progress != nil {
			o.Progress(min(1, max(0, share*float64(p.Repeats)-float64(repeat))))
		}
	}}
	if err := out.repeat(ctx, repeat, options); err != nil {
		return nil, err
	}
	for i := range out.Rows {
		out.Rows[i].Law = r.laws[i]
	}
	return out.values(out.Rows), nil
}

// values are those of the rows of one repeat, width after width.
func (g *Gaps) values(rows []GapsRow) []float64 {
	var out []float64
	for i := range g.Parameters.Widths {
		for k := range rows {
			for _, c := range gapsColumns {
				out = append(out, *c.at(&rows[k], i))
			}
		}
	}
	return out
}

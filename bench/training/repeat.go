package training

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
)

// member is one of a run's networks: its repeat, its place among the widths, and the index of its first particle in the
// wide network.
type member struct{ repeat, width, from int }

// run is one repeat, or all of those that share a wide network: the networks by repeat and width, the wide one last if
// there is one.
type run[T kernels.Float] struct {
	out      *Study // where its rows, traces and snapshots go
	repeat   int    // the first one
	members  []member
	trainer  *particles.Trainer[T]
	exactly  *comparison      // nil: on samples
	limit    meanfield.Limit  // nil: the wide network
	frame    *meanfield.Frame // of the widest network (limit only)
	tests    *particles.Samples
	testsT   []T
	heldOutT []T   // of the user's test data
	outputs  [][]T // of each network on the tests
	doubles  [][]float64
}

// runRepeat runs one repeat, from a checkpoint of it if there is one.
func runRepeat[T kernels.Float](ctx context.Context, out *Study, repeat int, from *Checkpoint, o Options) error {
	p := &out.Parameters
	r := &run[T]{out: out, repeat: repeat}
	if err := r.prepare(o.Workers); err != nil {
		return err
	}
	defer r.trainer.Close()
	if r.exactly != nil {
		defer r.exactly.field.Close()
	}
	observations, observed := p.Observations(), 0
	if from != nil {
		observed = from.Observed
		if err := r.restore(ctx, observations[:observed], from); err != nil {
			return err
		}
	} else {
		r.snapshot()
	}
	report := func() {
		share := (float64(repeat) + float64(r.trainer.Step())/float64(p.Steps)) / float64(p.Runs())
		o.Progress(share, fmt.Sprintf("%s of %d, step %d", p.runName(repeat), p.Repeats, r.trainer.Step()))
	}
	report()
	for i := observed; i < len(observations); i++ {
		step := observations[i]
		// Short strides, so that the bar moves.
		for r.trainer.Step() < step {
			now := r.trainer.Step()
			next, _ := p.nextSnapshot(now + 1)
			stride := min(step-now, max(1, int64(p.Steps)/200), next-now)
			if err := r.trainer.Advance(ctx, stride); err != nil {
				return err
			}
			r.snapshot()
			report()
			if r.trainer.Step() < step {
				if err := r.checkpoint(i, o); err != nil {
					return err
				}
			}
		}
		if err := r.observe(ctx, i, bench.StepTime(step, p.Eta)); err != nil {
			return fmt.Errorf("observing step %d: %w", step, err)
		}
		if err := r.checkpoint(i+1, o); err != nil {
			return err
		}
	}
	if o.Final == nil {
		return nil
	}
	return o.Final(r.state(len(observations)))
}

// checkpoint offers the present state, after the given number of observations.
func (r *run[T]) checkpoint(observed int, o Options) error {
	if o.Checkpoint == nil {
		return nil
	}
	return o.Checkpoint(r.state(observed))
}

// state is all from which the run goes on, after the given number of observations; valid until the next step.
func (r *run[T]) state(observed int) *Checkpoint {
	r.widen()
	return &Checkpoint{
		Parameters: r.out.Parameters, Repeat: r.repeat, Step: r.trainer.Step(), Observed: observed, Networks: r.doubles,
		Rows: r.out.Rows, Traces: r.out.Traces, Snapshots: r.out.Snapshots, Histogram: r.out.Histogram,
	}
}

// widen copies the networks to doubles.
func (r *run[T]) widen() {
	for i, net := range r.trainer.Networks() {
		for k, x := range net.W {
			r.doubles[i][k] = float64(x)
		}
	}
}

// restore puts the networks where the checkpoint's steps have led them, and the reference where it was last observed.
func (r *run[T]) restore(ctx context.Context, observed []int64, from *Checkpoint) error {
	networks := r.trainer.Networks()
	if len(from.Networks) != len(networks) {
		return fmt.Errorf("a checkpoint of %d networks for a study of %d", len(from.Networks), len(networks))
	}
	for i, net := range networks {
		if len(from.Networks[i]) != len(net.W) {
			return fmt.Errorf("a checkpoint of %d coordinates for a network of %d", len(from.Networks[i]), len(net.W))
		}
		for k, x := range from.Networks[i] {
			net.W[k] = T(x)
		}
	}
	r.trainer.Resume(from.Step)
	if r.limit == nil {
		return nil
	}
	for _, step := range observed {
		if err := r.limit.Advance(ctx, bench.StepTime(step, r.out.Parameters.Eta)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run[T]) prepare(workers int) error {
	p, task := &r.out.Parameters, r.out.Task
	seed, drawn := p.seeds(r.repeat)
	batches, err := p.batches(task, r.out.data, drawn)
	if err != nil {
		return err
	}
	networks := r.networks(seed)
	if r.trainer, err = particles.NewTrainerIn(p.precision(), p.form(), task, batches, p.Eta, networks, workers); err != nil {
		return err
	}
	for _, net := range networks {
		r.doubles = append(r.doubles, make([]float64, len(net.W)))
	}
	if p.Evaluation == EvaluationClosed {
		if r.exactly, err = compare(task, workers); err != nil {
			return err
		}
	} else {
		if r.tests = r.out.data; r.tests == nil {
			r.tests = task.TestSamples(p.Tests, drawn)
		}
		r.testsT = inPrecision[T](r.tests.X)
		for range networks {
			r.outputs = append(r.outputs, make([]T, p.Tests))
		}
	}
	if r.out.heldOut != nil {
		r.heldOutT = inPrecision[T](r.out.heldOut.X)
	}
	if p.Reference == ReferenceWide {
		return nil
	}
	// Twins start where the particles start, before these are rounded to T.
	widest := p.Widths[len(p.Widths)-1]
	w := firstParticles(r.out.initial, widest, p.Dim, seed)
	rank := task.Target().Rank()
	start := make([]float64, widest*(rank+1))
	r.exactly.Reduce(start, w, widest)
	if r.frame, err = meanfield.NewFrame(w, start, widest, p.Dim, rank); err != nil {
		return err
	}
	r.limit, err = p.newLimit(task, r.out.exact, start, seed, workers)
	return err
}

// inPrecision copies numbers to the precision of a study.
func inPrecision[T kernels.Float](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

// networks makes the run's networks and says in r.members what they are.
func (r *run[T]) networks(seed uint64) []*particles.Ensemble[T] {
	p := &r.out.Parameters
	repeats := 1
	if p.Shared {
		repeats = p.Repeats
	}
	for repeat := range repeats {
		for i := range p.Widths {
			r.members = append(r.members, member{r.repeat + repeat, i, p.Wide / repeats * repeat &^ 1})
		}
	}
	if p.Reference != ReferenceWide {
		return startingFrom[T](r.out.initial, p.Widths, p.Dim, seed)
	}
	wide := startingFrom[T](r.out.initial, []int{p.Wide}, p.Dim, seed)[0]
	var list []*particles.Ensemble[T]
	for _, b := range r.members {
		list = append(list, wide.Subset(b.from, p.Widths[b.width]))
	}
	return append(list, wide)
}

// batches returns the sequence of batches of one run.
func (p *Parameters) batches(task *particles.Task, data *particles.Samples, seed uint64) (particles.Batches, error) {
	if data != nil {
		return particles.NewMinibatches(data, p.Batch, seed)
	}
	if p.Samples == 0 {
		return particles.NewFresh(task, p.Batch, seed, p.Noise)
	}
	return particles.NewMinibatches(task.Samples(p.Samples, seed, p.Noise), p.Batch, seed)
}

package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"kac/kernels"
	"kac/particles"
)

// TrainingOptions steer RunTraining; none of them changes a number.
type TrainingOptions struct {
	Workers  int                              // 0: one per processor
	Progress func(share float64, what string) // may be nil
	Before   *TrainingCheckpoint              // of the same parameters, to go on from; nil: the beginning
	// Checkpoint, if set, is called after each observation and some 200 times between them; the state is valid until it returns.
	Checkpoint func(*TrainingCheckpoint) error
}

// Prepare returns the parameters as a run would use and record them, or the InputError that it would
// end with.
func (p TrainingParameters) Prepare() (TrainingParameters, error) {
	if _, err := p.load(); err != nil {
		return p, err
	}
	_, err := p.Check()
	return p, err
}

// RunTraining trains networks of all widths, repeat after repeat, on the same batches, and compares
// them with the reference at every observation.
func RunTraining(ctx context.Context, p TrainingParameters, o TrainingOptions) (*Training, error) {
	data, err := p.load()
	if err != nil {
		return nil, err
	}
	task, err := p.Check()
	if err != nil {
		return nil, err
	}
	out := &Training{Parameters: p, Task: task, data: data}
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
		if p.Precision != Float64 {
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
	slices.SortStableFunc(out.Rows, func(a, b TrainingRow) int { return cmp.Compare(a.Repeat, b.Repeat) })
	return out, nil
}

// member is one of a run's networks: its repeat, its place among the widths, and the index of its first particle in the wide network.
type member struct{ repeat, width, from int }

// trainingRun is one repeat, or all of those that share a wide network: the networks by repeat and width, the wide one last if there is one.
type trainingRun[T kernels.Float] struct {
	*Training
	repeat  int // the first one
	members []member
	trainer *particles.Trainer[T]
	closed  *particles.TaskPopulation // nil: on samples
	limit   limit                     // nil: the wide network
	start   []float64                 // reduced initial points of the widest network (limit only)
	frame   []float64                 // unit directions u_i of its complement, widest x (d-r)
	tests   *particles.Samples
	testsT  []T
	outputs [][]T // of each network on the tests
	doubles [][]float64
}

// runRepeat runs one repeat, from a checkpoint of it if there is one.
func runRepeat[T kernels.Float](ctx context.Context, out *Training, repeat int, from *TrainingCheckpoint, o TrainingOptions) error {
	p := &out.Parameters
	r := &trainingRun[T]{Training: out, repeat: repeat}
	if err := r.prepare(o.Workers); err != nil {
		return err
	}
	defer r.trainer.Close()
	if r.closed != nil {
		defer r.closed.Close()
		r.closed.StopWhen(ctx.Done())
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
		if err := r.observe(ctx, i, float64(step)*p.Eta); err != nil {
			return fmt.Errorf("observing step %d: %w", step, err)
		}
		if err := r.checkpoint(i+1, o); err != nil {
			return err
		}
	}
	return nil
}

// checkpoint offers the present state, after the given number of observations.
func (r *trainingRun[T]) checkpoint(observed int, o TrainingOptions) error {
	if o.Checkpoint == nil {
		return nil
	}
	r.widen()
	return o.Checkpoint(&TrainingCheckpoint{
		Parameters: r.Parameters, Repeat: r.repeat, Step: r.trainer.Step(), Observed: observed, Networks: r.doubles,
		Rows: r.Rows, Traces: r.Traces, Snapshots: r.Snapshots, Histogram: r.Histogram,
	})
}

// widen copies the networks to doubles.
func (r *trainingRun[T]) widen() {
	for i, net := range r.trainer.Networks() {
		for k, x := range net.W {
			r.doubles[i][k] = float64(x)
		}
	}
}

// restore puts the networks where the checkpoint's steps have led them, and the reference where it was last observed.
func (r *trainingRun[T]) restore(ctx context.Context, observed []int64, from *TrainingCheckpoint) error {
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
		if err := r.limit.advance(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (r *trainingRun[T]) prepare(workers int) error {
	p, task := &r.Parameters, r.Task
	seed, drawn := p.seeds(r.repeat)
	batches, err := p.batches(task, r.data, drawn)
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
		if r.closed, err = particles.NewTaskPopulation(task, workers); err != nil {
			return err
		}
	} else {
		if r.tests = r.data; r.tests == nil {
			r.tests = task.TestSamples(p.Tests, drawn)
		}
		r.testsT = make([]T, len(r.tests.X))
		for i, x := range r.tests.X {
			r.testsT[i] = T(x)
		}
		for range networks {
			r.outputs = append(r.outputs, make([]T, p.Tests))
		}
	}
	if p.Reference == ReferenceWide {
		return nil
	}
	// Twins start where the particles start, before these are rounded to T.
	widest := p.Widths[len(p.Widths)-1]
	w := particles.NewUniform(widest, p.Dim, seed).W
	rank := task.Target().Rank()
	r.start = make([]float64, widest*(rank+1))
	r.closed.Reduction().Reduce(r.start, w, widest)
	r.frame = make([]float64, widest*(p.Dim-rank))
	for i := range widest {
		scaleTo(r.frame[i*(p.Dim-rank):(i+1)*(p.Dim-rank)], w[i*p.Dim+rank:(i+1)*p.Dim], r.start[i*(rank+1)+rank])
	}
	if p.Reference == ReferenceExact {
		r.limit, err = newExactLimit(r.exact, rank, p.Eta, r.start)
	} else {
		r.limit, err = newReducedLimit(task, p, r.start, seed, workers)
	}
	return err
}

// networks makes the run's networks and says in r.members what they are.
func (r *trainingRun[T]) networks(seed uint64) []*particles.Network[T] {
	p := &r.Parameters
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
		return particles.NewNetworks[T](p.Widths, p.Dim, seed)
	}
	wide := particles.NewNetworks[T]([]int{p.Wide}, p.Dim, seed)[0]
	var list []*particles.Network[T]
	for _, b := range r.members {
		list = append(list, wide.Subset(b.from, p.Widths[b.width]))
	}
	return append(list, wide)
}

// batches returns the sequence of batches of one run.
func (p *TrainingParameters) batches(task *particles.Task, data *particles.Samples, seed uint64) (particles.Batches, error) {
	if data != nil {
		return particles.NewMinibatches(data, p.Batch, seed)
	}
	if p.Samples == 0 {
		return particles.NewFresh(task, p.Batch, seed, p.Noise)
	}
	return particles.NewMinibatches(task.Samples(p.Samples, seed, p.Noise), p.Batch, seed)
}

// observe adds one row per width, and the traced particles of the first repeat.
func (r *trainingRun[T]) observe(ctx context.Context, index int, t float64) error {
	p := &r.Parameters
	r.widen()
	referenceRisk := Mean{}
	if r.limit != nil {
		if err := r.limit.advance(ctx, r.trainer.Step()); err != nil {
			return err
		}
		var err error
		if referenceRisk, err = r.limit.risk(); err != nil {
			return err
		}
	}
	measure := r.onSamples
	if r.closed != nil {
		measure = r.inClosedForm
	}
	risks, errors, err := measure(ctx)
	if stopped := ctx.Err(); stopped != nil {
		return stopped // whatever was measured
	}
	if err != nil {
		return err
	}
	if r.limit == nil {
		referenceRisk = risks[len(r.members)]
	}
	for i, b := range r.members {
		m := p.Widths[b.width]
		deltas := r.deltas(i, m)
		sum, top := kernels.Sum(deltas)/float64(m), slices.Max(deltas)
		r.Rows = append(r.Rows, TrainingRow{
			Width: m, Repeat: b.repeat, Time: t, Step: r.trainer.Step(),
			Risk: risks[i], ReferenceRisk: referenceRisk, FunctionError: errors[i], CouplingMean: sum, CouplingMax: top,
		})
		r.count(b.width, index, deltas)
		if b.repeat == 0 {
			r.trace(i, t, deltas)
		}
	}
	return nil
}

// outputRows held-out inputs are evaluated between two looks at the context: under a second for 2^17
// neurons.
const outputRows = 4096

// onSamples measures on the held-out inputs.
func (r *trainingRun[T]) onSamples(ctx context.Context) (risks, errors []Mean, err error) {
	p := &r.Parameters
	for i, out := range r.outputs {
		for lo := 0; lo < p.Tests; lo += outputRows {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			hi := min(lo+outputRows, p.Tests)
			r.trainer.Outputs(out[lo:hi], r.testsT[lo*p.Dim:hi*p.Dim], i)
		}
	}
	wide := r.outputs[len(r.outputs)-1]
	square := make([]float64, p.Tests)
	for _, out := range r.outputs {
		for k, f := range out {
			e := r.tests.Y[k] - float64(f)
			square[k] = e * e
		}
		risks = append(risks, MeanOf(square))
		for k, f := range out {
			e := float64(f) - float64(wide[k])
			square[k] = e * e
		}
		errors = append(errors, MeanOf(square))
	}
	return risks, errors, nil
}

// inClosedForm measures by Hermite expansion, exactly.
func (r *trainingRun[T]) inClosedForm(ctx context.Context) (risks, errors []Mean, err error) {
	d, reduction := r.Parameters.Dim, r.closed.Reduction()
	last := len(r.doubles) - 1
	selves := make([]float64, len(r.doubles))
	for i, w := range r.doubles {
		m := len(w) / d
		if selves[i], err = r.closed.SelfEnergy(w, m); err != nil {
			return nil, nil, err
		}
		overlap, err := r.closed.MeanOverlap(w, m)
		if err != nil {
			return nil, nil, err
		}
		risks = append(risks, exactly(reduction.TargetNorm2()-2*overlap+selves[i]))
	}
	for i, w := range r.doubles {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		m, e := len(w)/d, exactly(0)
		switch {
		case r.limit != nil:
			z := make([]float64, m*reduction.Dim())
			reduction.Reduce(z, w, m)
			e, err = r.limit.gap(selves[i], z, m)
		case i < last:
			wide := r.doubles[last]
			e.Value, err = r.closed.CrossEnergy(w, m, selves[i], wide, len(wide)/d, selves[last])
			e.Value = selves[i] - 2*e.Value + selves[last]
		}
		if err != nil {
			return nil, nil, err
		}
		errors = append(errors, e)
	}
	return risks, errors, nil
}

func exactly(x float64) Mean { return Mean{Value: x, N: 1} }

// limitDistance is ||f_m - f_MF||^2 = mean_ij q - 2 mean_i U + int int K for m particles with reduced
// points z and self = mean_ij q.
func limitDistance(self float64, l limit, z []float64, m int) (float64, error) {
	potential, err := l.meanPotential(z, m)
	if err != nil {
		return 0, err
	}
	limitSelf, err := l.selfEnergy()
	return self - 2*potential + limitSelf, err
}

// deltas returns |Delta_i| of network number index: w_i less its twin, the particle that starts at the
// same point in the wide network, or the infinite-width particle (a, c u_i) that starts where it starts.
func (r *trainingRun[T]) deltas(index, m int) []float64 {
	d := r.Parameters.Dim
	w, out := r.doubles[index], make([]float64, m)
	if r.trainer.Step() == 0 { // a particle and its twin start at one point; what differs is rounding
		return out
	}
	if r.limit == nil {
		wide := r.doubles[len(r.doubles)-1]
		for i := range out {
			k := (r.members[index].from + i) % r.Parameters.Wide
			out[i] = apart(w[i*d:(i+1)*d], wide[k*d:(k+1)*d])
		}
		return out
	}
	rank := r.Task.Target().Rank()
	twins, twin := r.limit.twins(), make([]float64, d)
	for i := range out {
		z := twins[i*(rank+1) : (i+1)*(rank+1)]
		copy(twin, z[:rank])
		for k, u := range r.frame[i*(d-rank) : (i+1)*(d-rank)] {
			twin[rank+k] = z[rank] * u
		}
		out[i] = apart(w[i*d:(i+1)*d], twin)
	}
	return out
}

func apart(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += float64((x[i] - y[i]) * (x[i] - y[i]))
	}
	return math.Sqrt(s)
}

// trace keeps the first particles of a network.
func (r *trainingRun[T]) trace(index int, t float64, deltas []float64) {
	p := &r.Parameters
	for i := range min(p.Traced, len(deltas)) {
		w := r.doubles[index][i*p.Dim : (i+1)*p.Dim]
		a := w[0]
		if rank := r.Task.Target().Rank(); rank > 1 {
			a = norm(w[:rank])
		}
		r.Traces = append(r.Traces, TraceRow{Width: p.Widths[r.members[index].width], Particle: i, Time: t, Delta: deltas[i], Overlap: a})
	}
}

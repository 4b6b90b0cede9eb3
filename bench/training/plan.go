package training

import (
	"context"
	"time"

	"kac/bench"
	"kac/kernels"
	"kac/particles"
)

// Plan says what a training study will take, before it runs: counted, except for times, which
// are measured on a few of the study's own steps.
type Plan struct {
	Parameters Parameters
	Task       *particles.Task
	Workers    int
	Networks   []PlannedNetwork // of one run, by width; the wide one last
	Work       float64          // particle-samples of the whole study
	Draw       float64          // seconds to draw and pack one batch
	Observe    float64          // seconds of one observation of all networks
	Memory     float64          // bytes, at once
	Checkpoint float64          // bytes of a checkpoint
	Seconds    float64          // of the whole study, all else beside the reference left out
}

// PlannedNetwork is a width that Count networks of a run have.
type PlannedNetwork struct {
	Width, Count int
	Form         particles.Form
	Rate         float64 // particle-samples a second
}

// Each measurement is a step of about so many particle-samples: some tenths of a second.
const plannedWork = 1 << 26

// MakePlan measures the parts of a study for some seconds and adds them up. workers <= 0 means one
// per processor.
func MakePlan(ctx context.Context, p Parameters, workers int) (*Plan, error) {
	s, err := p.Ready(ctx)
	if err != nil {
		return nil, err
	}
	return s.Plan(ctx, workers)
}

// Plan is MakePlan of a study that is ready.
func (s *Ready) Plan(ctx context.Context, workers int) (out *Plan, err error) {
	p, data := s.Parameters, s.data
	out = &Plan{Parameters: p, Task: s.Task, Work: p.ParticleSamples(), Workers: workers}
	out.Networks = plannedNetworks(&p)
	for _, n := range out.Networks {
		out.Checkpoint += 8 * float64(p.Dim) * float64(n.Width) * float64(n.Count)
	}
	out.Memory = s.Memory(workers, false).Bytes()
	if p.Precision != bench.Float64 {
		err = planWith[float32](ctx, out, data)
	} else {
		err = planWith[float64](ctx, out, data)
	}
	return out, err
}

// plannedNetworks lists the networks of one run.
func plannedNetworks(p *Parameters) []PlannedNetwork {
	var list []PlannedNetwork
	count := 1
	if p.Shared {
		count = p.Repeats
	}
	for _, m := range p.Widths {
		list = append(list, PlannedNetwork{Width: m, Count: count})
	}
	if p.Reference == ReferenceWide {
		list = append(list, PlannedNetwork{Width: p.Wide, Count: 1})
	}
	return list
}

// plannedNumbers is the most coordinates of an array that a plan makes: what is larger is measured on a part
// of it, so that a plan of any size takes little memory and stops at once.
const plannedNumbers = 1 << 22

// part is how many of n rows of the dimension a plan measures with.
func (p *Parameters) part(n int) int { return min(n, max(64, plannedNumbers/p.Dim&^1)) }

// partBatches are the study's batches, of size rows each and out of no more samples than that takes.
func (p *Parameters) partBatches(task *particles.Task, data *particles.Samples, size int, seed uint64) (particles.Batches, error) {
	q := *p
	q.Batch = size
	if q.Samples > 0 {
		q.Samples = max(size, p.part(q.Samples))
	}
	return q.batches(task, data, seed)
}

// planWith measures in the precision of the study and sums up.
func planWith[T kernels.Float](ctx context.Context, out *Plan, data *particles.Samples) error {
	p := &out.Parameters
	_, seed := p.seeds(0)
	batch := p.part(p.Batch)
	batches, err := p.partBatches(out.Task, data, batch, seed)
	if err != nil {
		return err
	}
	if out.Draw, err = timeSteps(ctx, out, particles.Auto, batches, []*particles.Ensemble[T]{}); err != nil {
		return err
	}
	packing, err := timeSteps(ctx, out, particles.Auto, &oneBatch{Batches: batches}, []*particles.Ensemble[T]{})
	if err != nil {
		return err
	}
	out.Draw *= float64(p.Batch) / float64(batch)
	step, rate := out.Draw, map[int]float64{}
	for i := range out.Networks {
		n := &out.Networks[i]
		n.Form = out.Task.FormFor(p.form(), p.precision(), p.Batch, n.Width)
		work := plannedWork
		if n.Form == particles.MomentForm { // which takes less time, and has a part that does not grow with the width
			work *= 4
		}
		m := p.part(min(n.Width, max(64, work/batch&^1)))
		if rate[m] == 0 {
			seconds, err := timeSteps(ctx, out, n.Form, &oneBatch{Batches: batches}, particles.NewEnsembles[T]([]int{m}, p.Dim, p.Seed))
			if err != nil {
				return err
			}
			rate[m] = float64(m*batch) / max(seconds-packing, seconds/10) // a batch is packed once for all networks
		}
		n.Rate = rate[m]
		step += float64(n.Width) * float64(n.Count) * float64(p.Batch) / n.Rate
	}
	if out.Observe, err = timeObservation[T](ctx, out); err != nil {
		return err
	}
	observations := float64(len(p.Observations()))
	out.Seconds = float64(p.Runs()) * (step*float64(p.Steps) + out.Observe*observations)
	return nil
}

// oneBatch is drawn once and stays.
type oneBatch struct {
	particles.Batches
	drawn bool
}

func (b *oneBatch) Batch(step int64, x, y []float64) {
	if !b.drawn {
		b.Batches.Batch(step, x, y)
	}
	b.drawn = true
}

// timeSteps returns the seconds of a step of the networks.
func timeSteps[T kernels.Float](ctx context.Context, out *Plan, form particles.Form, batches particles.Batches, networks []*particles.Ensemble[T]) (float64, error) {
	// A step of nearly no length, so that what is measured stays where it is.
	trainer, err := particles.NewTrainerIn(out.Parameters.precision(), form, out.Task, batches, 1e-12, networks, out.Workers)
	if err != nil {
		return 0, err
	}
	defer trainer.Close()
	return meanTime(ctx, func() error { return trainer.Advance(ctx, 1) })
}

// timeObservation returns the seconds of one observation: outputs on held-out inputs, or closed forms.
func timeObservation[T kernels.Float](ctx context.Context, out *Plan) (float64, error) {
	p := &out.Parameters
	particlesOf := 0
	for _, n := range out.Networks {
		particlesOf += n.Width * n.Count
	}
	if p.Evaluation == EvaluationSamples {
		rows := p.part(min(p.Tests, outputRows))
		m := p.part(min(p.Widths[0], max(64, plannedWork/rows&^1)))
		x := make([]T, rows*p.Dim)
		for i := range x {
			x[i] = T(i%7) / 4 // any inputs take the same time, but for those of the cube
			if out.Task.Law() == particles.Boolean {
				x[i] = T(2*(i%2) - 1)
			}
		}
		f, ws := make([]T, rows), kernels.NewWorkspace[T](out.Workers)
		defer ws.Close()
		ws.StopWhen(ctx.Done())
		w := particles.NewEnsembles[T]([]int{m}, p.Dim, p.Seed)[0].W
		seconds, err := meanTime(ctx, func() error {
			kernels.Forward(f, x, w, nil, rows, m, p.Dim, out.Task.Activation().Kernel(), ws)
			return nil
		})
		return seconds * float64(p.Tests+p.TestRows) / float64(rows) * float64(particlesOf) / float64(m), err
	}
	exactly, err := compare(out.Task, out.Workers)
	if err != nil {
		return 0, err
	}
	population := exactly.field
	defer population.Close()
	m := p.part(min(p.Widths[0], 2048))
	w := particles.NewUniform(m, p.Dim, p.Seed).W
	seconds, err := meanTime(ctx, func() error {
		_, err := population.SelfEnergy(ctx, w, m)
		return err
	})
	flops := 0.0
	for i, n := range out.Networks {
		flops += float64(n.Count) * closedFlops(out.Task, n.Width)
		if p.Reference == ReferenceWide && i < len(out.Networks)-1 { // the two together
			flops += float64(n.Count) * closedFlops(out.Task, n.Width+p.Wide)
		}
	}
	return seconds / closedFlops(out.Task, m) * flops, err
}

// plannedTime is how long each part is repeated, so that other work on the machine shows in its mean.
const plannedTime = 700 * time.Millisecond

// meanTime returns the mean seconds of do over at least two calls, after one that warms up.
func meanTime(ctx context.Context, do func() error) (float64, error) {
	if err := do(); err != nil {
		return 0, err
	}
	start, calls := time.Now(), 0
	for calls < 2 || time.Since(start) < plannedTime {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := do(); err != nil {
			return 0, err
		}
		calls++
	}
	return time.Since(start).Seconds() / float64(calls), nil
}

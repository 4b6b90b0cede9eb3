package training

import (
	"context"
	"fmt"

	"kac/bench"
	"kac/kernels"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// GapsRow tells three gaps apart at one time: each is the squared distance ||f - f'||^2 of two
// networks that differ in one thing alone.
//
//	Width   finite m against infinite m: population and flow for both
//	Step    steps eta against the flow: population and infinite m for both
//	Data    batches against the population: width Wide and steps eta for both
//	Run     batches and steps against the population's flow: width Wide for both
//
// The data gap would belong to infinite width too; the widest affordable network stands for it.
type GapsRow struct {
	Repeat          int
	Time            float64
	Width           []float64 // of each width
	Data, Step, Run float64
	Total           float64 // the trained network of width Wide against the infinite flow
	Law             GapsLaw // of the row's time
}

// Gaps is what RunGaps measures.
type Gaps struct {
	Parameters Parameters
	Task       *particles.Task
	Rows       []GapsRow
	read       int                  // lines of the table
	exact      *meanfield.Reference // with ReferenceExact, solved once
	initial    *bench.Network       // of the user, to start from; nil: random
}

// RunGaps measures the three gaps of a study with Gaussian inputs, an exact or reduced reference and
// drawn data. p.Wide is the width of the data gap.
func RunGaps(ctx context.Context, p Parameters, o Options) (*Gaps, error) {
	s, err := p.Ready(ctx)
	if err != nil {
		return nil, err
	}
	return s.RunGaps(ctx, o)
}

// RunGaps is RunGaps of a study that is ready.
func (s *Ready) RunGaps(ctx context.Context, o Options) (*Gaps, error) {
	p, err := s.checkGaps()
	if err != nil {
		return nil, err
	}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	out := &Gaps{Parameters: p, Task: s.Task, initial: s.initial}
	laws, err := out.prepare(ctx)
	if err != nil {
		return nil, err
	}
	for repeat := range p.Repeats {
		if err := out.repeat(ctx, repeat, o); err != nil {
			return nil, err
		}
	}
	for i := range out.Rows {
		out.Rows[i].Law = laws[i%len(laws)]
	}
	return out, nil
}

// repeat adds the rows of a repeat.
func (g *Gaps) repeat(ctx context.Context, repeat int, o Options) error {
	run := gapsOfRepeat[float64]
	if g.Parameters.Precision != bench.Float64 {
		run = gapsOfRepeat[float32]
	}
	if err := run(ctx, g, repeat, o); err != nil {
		return fmt.Errorf("three gaps, repeat %d: %w", repeat+1, err)
	}
	return nil
}

// CheckGaps returns what the gaps depend on beside the study, or the bench.InputError that RunGaps would
// end with.
func (s *Ready) CheckGaps() (*GapsRecord, error) {
	p, err := s.checkGaps()
	return &GapsRecord{p.Wide, p.Nodes}, err
}

// checkGaps returns the parameters with the wide network and the lattice points, which a run without gaps drops.
func (s *Ready) checkGaps() (Parameters, error) {
	p, task := s.Parameters, s.Task
	p.Wide, p.Nodes = s.given.Wide, s.given.Nodes
	switch {
	case p.Inputs != "":
		return p, bench.Refuse("gaps", "true", "data from a file have no population to compare with")
	case p.Reference != ReferenceExact && p.Reference != ReferenceReduced:
		return p, bench.Refuse("gaps", "true", "the three gaps need an infinite-width flow; %s has the references %v", task.Name(), References(task))
	case p.Wide < p.Widths[len(p.Widths)-1] || p.Wide > bench.MaxWidth:
		return p, bench.Refuse("reference-width", p.Wide, "allowed are numbers from %d, the widest network, to %d", p.Widths[len(p.Widths)-1], bench.MaxWidth)
	}
	if n := s.initial; n != nil && p.Wide > n.M {
		return p, bench.Refuse("initial", p.Initial, "it has %d rows, and the data gap's network needs %d; give --reference-width", n.M, p.Wide)
	}
	if !hasLattice(task) {
		p.Nodes = 0
		return p, p.checkLongStep(task)
	}
	return p, p.checkNodes()
}

// gapsOfRepeat runs the networks of one repeat side by side.
func gapsOfRepeat[T kernels.Float](ctx context.Context, out *Gaps, repeat int, o Options) error {
	p, task := &out.Parameters, out.Task
	seed, drawn := p.seeds(repeat)
	closed, err := compare(task, o.Workers)
	if err != nil {
		return err
	}
	population := closed.field
	defer population.Close()
	flowing, stepped, err := out.limits(seed, o.Workers)
	if err != nil {
		return err
	}
	batches, err := p.batches(task, nil, drawn)
	if err != nil {
		return err
	}
	trainer, err := particles.NewTrainerIn(p.precision(), p.form(), task, batches, p.Eta, startingFrom[T](out.initial, []int{p.Wide}, p.Dim, seed), o.Workers)
	if err != nil {
		return err
	}
	defer trainer.Close()
	start := func(m int) *particles.Ensemble[float64] {
		return &particles.Ensemble[float64]{W: firstParticles(out.initial, m, p.Dim, seed), M: m, D: p.Dim}
	}
	descending, still := start(p.Wide), start(p.Wide)
	var finite []*particles.Ensemble[float64]
	for _, m := range p.Widths {
		finite = append(finite, start(m))
	}
	trained := make([]float64, p.Wide*p.Dim)
	distance := func(w []float64, m int) (float64, error) {
		z := make([]float64, m*closed.Dim())
		closed.Reduce(z, w, m)
		self, err := population.SelfEnergy(ctx, w, m)
		if err != nil {
			return 0, err
		}
		gap, err := flowing.Gap(self, z, m)
		return gap.Value, err
	}
	for _, step := range p.Observations() {
		t := []float64{bench.StepTime(step, p.Eta)}
		row := GapsRow{Repeat: repeat, Time: t[0]}
		if err := trainer.Advance(ctx, step-trainer.Step()); err != nil {
			return err
		}
		if step > 0 {
			if _, err := particles.Descend(ctx, descending, population, p.Eta, t, nil); err != nil {
				return err
			}
			for _, e := range append(finite[:len(finite):len(finite)], still) {
				if _, err := particles.Flow(ctx, e, population, particles.Tolerances{}, t, nil); err != nil {
					return err
				}
			}
		}
		for _, l := range []meanfield.Limit{flowing, stepped} {
			if err := l.Advance(ctx, t[0]); err != nil {
				return err
			}
		}
		for _, e := range finite {
			g, err := distance(e.W, e.M)
			if err != nil {
				return err
			}
			row.Width = append(row.Width, g)
		}
		for k, x := range trainer.Networks()[0].W {
			trained[k] = float64(x)
		}
		if row.Data, err = population.Distance2(ctx, trained, p.Wide, descending.W, p.Wide); err != nil {
			return err
		}
		if row.Run, err = population.Distance2(ctx, trained, p.Wide, still.W, p.Wide); err != nil {
			return err
		}
		if row.Total, err = distance(trained, p.Wide); err != nil {
			return err
		}
		if row.Step, err = stepGap(stepped, flowing); err != nil {
			return err
		}
		values := append([]float64{row.Data, row.Step, row.Run, row.Total}, row.Width...)
		names := []string{"the data gap", "the step gap", "the run gap", "the total gap"}
		for _, m := range p.Widths {
			names = append(names, fmt.Sprintf("the gap of width %d", m))
		}
		if err := bench.CheckTable("the three gaps", row.Time, names, values...); err != nil {
			return err
		}
		out.Rows = append(out.Rows, row)
		o.Progress((float64(repeat)+float64(step)/float64(p.Steps))/float64(p.Repeats), fmt.Sprintf("three gaps, repeat %d of %d", repeat+1, p.Repeats))
	}
	return nil
}

// prepare solves what the repeats share, and returns the laws of the observations.
func (g *Gaps) prepare(ctx context.Context) (laws []GapsLaw, err error) {
	if g.Parameters.Reference == ReferenceExact {
		if g.exact, err = solveExact(ctx, g.Task, &g.Parameters); err != nil {
			return nil, err
		}
	}
	return g.laws(ctx)
}

// limits are the infinite-width flow of a study and its descent, without twins.
func (g *Gaps) limits(seed uint64, workers int) (flow, descent meanfield.Limit, err error) {
	p := &g.Parameters
	if g.exact == nil {
		flow, err = reducedLimit(g.Task, p.Nodes, 0, nil, seed, workers)
	} else {
		flow, err = g.exact.NewLimit(nil)
	}
	if err != nil {
		return nil, nil, err
	}
	if g.exact != nil && !hasLattice(g.Task) {
		descent, err = g.exact.NewDescent(p.Eta, nil)
	} else {
		descent, err = reducedLimit(g.Task, p.Nodes, p.Eta, nil, seed, workers)
	}
	return flow, descent, err
}

// stepGap is ||f - f'||^2 between the descent and the flow at its time.
func stepGap(descent, flow meanfield.Limit) (float64, error) {
	switch d := descent.(type) {
	case *meanfield.Descent:
		gap, err := d.FromFlow()
		return gap.Value, err
	case *lattice.Limit:
		own, err := d.SelfEnergy()
		if err != nil {
			return 0, err
		}
		points := d.Points()
		return meanfield.Apart(own, points, len(points)/(d.Rank()+1), flow)
	}
	panic("training: a descent of another kind")
}

package main

import (
	"math"
	"slices"

	"kac/bench"
	"kac/bench/training"
	"kac/internal/progress"
	"kac/internal/quantity"
	"kac/particles"
)

// trainSizes are the sizes and times of a training, which may depend on the dimension.
type trainSizes struct {
	*trainCommand
	process *process
	files   *training.Files // of the user: what a size needs is read here, and not again
	d       int             // the dimension; 0: not known
}

// widths sets the widths of the networks and of the reference.
func (c *trainSizes) widths(p *training.Parameters) (err error) {
	if p.Widths, err = bench.WholesAt("widths", c.Widths, c.d, bench.MaxWidth); err != nil {
		return err
	}
	widest := slices.Max(p.Widths)
	if p.Wide = 8 * widest; c.ReferenceWidth != nil {
		if p.Wide, err = c.ReferenceWidth.at("reference-width", c.d); err != nil {
			return err
		}
	} else if p.Wide > bench.MaxWidth && p.Reference == training.ReferenceWide {
		return bench.Refuse("widths", widest, "the wide reference would have %d neurons, 8 times as many; allowed are %d: give its width by --reference-width, or another --reference", p.Wide, bench.MaxWidth)
	}
	return nil
}

// dimension is that of the flags, of the user's data if something depends on it, or of the named problem; 0: not known.
func (c *trainSizes) dimension(p *training.Parameters) (int, error) {
	switch {
	case p.Dim != 0:
		return p.Dim, nil
	case p.Inputs != "" && c.depend():
		return c.files.Dimension(c.process.ctx, *p)
	case p.Inputs != "" || p.Problem == "":
		return 0, nil
	}
	task, err := particles.Preset(p.Problem, 0)
	if err != nil {
		return 0, nil // said where the task is made
	}
	return task.Dim(), nil
}

// depend reports whether a size or a time contains d.
func (c *trainSizes) depend() bool {
	all := append(slices.Concat(c.Widths, c.Snapshots), quantity.Quantity(c.Horizon))
	for _, size := range []*sizeQuantity{c.Batch, c.Samples, c.TestSamples, c.ReferenceWidth} {
		if size != nil {
			all = append(all, quantity.Quantity(*size))
		}
	}
	return slices.ContainsFunc(all, func(q quantity.Quantity) bool { return q.Power != 0 })
}

// maxTrainingSteps is the limit of training.Parameters.
const maxTrainingSteps = 1e9

// steps sets the number of steps to the horizon. One that follows from the dimension or a risk moves up to a multiple
// of the step.
func (c *trainSizes) steps(p *training.Parameters) error {
	if err := bench.CheckPositive("eta", p.Eta, 1e6, "step, paper time"); err != nil {
		return err
	}
	q := []quantity.Quantity{quantity.Quantity(c.Horizon)}
	times, err := c.times(p, "horizon", q)
	if err != nil {
		return err
	}
	horizon := times[0]
	if err := bench.CheckPositive("horizon", horizon, bench.MaxTime, "paper time"); err != nil {
		return err
	}
	steps := math.Round(horizon / p.Eta)
	if bench.Computed(q) {
		steps = math.Ceil(horizon/p.Eta - 1e-9)
	} else if math.Abs(steps*p.Eta-horizon) > 1e-6*p.Eta {
		steps = 0
	}
	if steps < 1 || steps > maxTrainingSteps {
		return bench.Refuse("horizon", bench.Number(horizon), "give a multiple of the step %s, at most 1e9 of them", bench.Number(p.Eta))
	}
	p.Steps = int(steps)
	return c.snapshots(p)
}

// snapshots sets the times of the snapshots; computed ones move up to a multiple of the step, as the horizon does.
func (c *trainSizes) snapshots(p *training.Parameters) error {
	for _, q := range c.Snapshots {
		one := []quantity.Quantity{q}
		times, err := c.times(p, "snapshots", one)
		if err != nil {
			return err
		}
		for _, t := range times {
			if steps := math.Ceil(t/p.Eta - 1e-9); bench.Computed(one) && steps <= maxTrainingSteps {
				t = bench.StepTime(int64(steps), p.Eta)
			}
			p.Snapshots = append(p.Snapshots, t)
		}
	}
	return nil
}

// times are the values of a list of times; those of a risk are there for problems with an exact limit.
func (c *trainSizes) times(p *training.Parameters, key string, list []quantity.Quantity) ([]float64, error) {
	bar := progress.New(c.process.stderr, "kac train", c.Quiet)
	defer bar.Done()
	var reach func(float64) (float64, error)
	if slices.ContainsFunc(list, func(q quantity.Quantity) bool { return q.Reach > 0 }) {
		problem, err := c.exactProblem(*p)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			reach = func(risk float64) (float64, error) {
				bar.Update(0, "the time of reach "+bench.Number(risk))
				return bench.FirstTime(c.process.ctx, key, problem, 1e-10, risk)
			}
		}
	}
	return bench.TimesAt(key, list, c.d, reach)
}

// exactProblem is the problem with an exact infinite-width limit that the task is, nil if it is none, after a look at
// all other parameters.
func (c *trainSizes) exactProblem(p training.Parameters) (particles.Expectations, error) {
	if p.Inputs != "" {
		return nil, nil
	}
	p.Steps, p.Snapshots = maxTrainingSteps, nil
	task, err := p.CheckWith(c.process.ctx, c.files)
	if err != nil {
		return nil, err
	}
	found, err := task.Exact()
	if err != nil {
		return nil, nil // none
	}
	return found, nil
}

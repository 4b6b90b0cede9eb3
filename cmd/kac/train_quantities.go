package main

import (
	"errors"
	"math"
	"slices"

	"kac/bench"
	"kac/bench/training"
	"kac/internal/progress"
	"kac/internal/quantity"
	"kac/particles"
)

// widths sets the widths of the networks and of the reference.
func (c *trainCommand) widths(p *training.Parameters) (err error) {
	if p.Widths, err = bench.WholesAt("widths", c.Widths, c.dimension(p), bench.MaxWidth); err != nil {
		return err
	}
	widest := slices.Max(p.Widths)
	if p.Wide = 8 * widest; c.ReferenceWidth != nil {
		if p.Wide, err = c.ReferenceWidth.at("reference-width", c.dimension(p)); err != nil {
			return err
		}
	} else if p.Wide > bench.MaxWidth && p.Reference == training.ReferenceWide {
		return bench.Refuse("widths", widest, "the wide reference would have %d neurons, 8 times as many; allowed are %d: give its width by --reference-width, or another --reference", p.Wide, bench.MaxWidth)
	}
	return nil
}

// dimension is that of the flags or of the named problem; 0: not known before the data are read.
func (c *trainCommand) dimension(p *training.Parameters) int {
	if p.Dim != 0 || p.Inputs != "" || p.Task == "" {
		return p.Dim
	}
	task, err := particles.Preset(p.Task, 0)
	if err != nil {
		return 0 // said where the task is made
	}
	return task.Dim()
}

// maxTrainingSteps is the limit of training.Parameters.
const maxTrainingSteps = 1e9

// steps sets the number of steps to the horizon. One that follows from the dimension or a risk moves up to a multiple of the step.
func (c *trainCommand) steps(process *process, p *training.Parameters) error {
	if err := bench.CheckPositive("eta", p.Eta, 1e6, "step, paper time"); err != nil {
		return err
	}
	q := []quantity.Quantity{quantity.Quantity(c.Horizon)}
	times, err := c.times(process, p, "horizon", q)
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
	return c.snapshots(process, p)
}

// snapshots sets the times of the snapshots; computed ones move up to a multiple of the step, as the horizon does.
func (c *trainCommand) snapshots(process *process, p *training.Parameters) error {
	for _, q := range c.Snapshots {
		one := []quantity.Quantity{q}
		times, err := c.times(process, p, "snapshots", one)
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
func (c *trainCommand) times(process *process, p *training.Parameters, key string, list []quantity.Quantity) ([]float64, error) {
	bar := progress.New(process.stderr, "kac train", c.Quiet)
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
				return bench.FirstTime(process.ctx, key, problem, 1e-10, risk)
			}
		}
	}
	return bench.TimesAt(key, list, c.dimension(p), reach)
}

// exactProblem is the problem with an exact infinite-width limit that the task is, nil if it is none, after a look at all other parameters.
func (c *trainCommand) exactProblem(p training.Parameters) (particles.Expectations, error) {
	if p.Inputs != "" {
		return nil, nil
	}
	p.Steps, p.Snapshots = maxTrainingSteps, nil
	task, err := p.Check()
	if err != nil {
		return nil, err
	}
	closed, err := task.Closed()
	if errors.Is(err, particles.ErrNoClosedForm) {
		return nil, nil
	}
	return closed, err
}

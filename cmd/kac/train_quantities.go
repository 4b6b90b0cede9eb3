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
		p.Wide = int(*c.ReferenceWidth)
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
	bar := progress.New(process.stderr, "kac train", c.Quiet)
	defer bar.Done()
	var reach func(float64) (float64, error)
	if q[0].Reach > 0 {
		problem, err := c.exactProblem(*p)
		if err != nil {
			return err
		}
		if problem != nil {
			reach = func(risk float64) (float64, error) {
				bar.Update(0, "the time of "+q[0].String())
				return bench.FirstTime(process.ctx, "horizon", problem, 1e-10, risk)
			}
		}
	}
	times, err := bench.TimesAt("horizon", q, c.dimension(p), reach)
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
	return nil
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

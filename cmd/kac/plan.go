package main

import (
	"fmt"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/sweep"
	"kac/bench/theory"
	"kac/internal/progress"
	"kac/particles"
)

// planGap prints what a gap study will take, by the means of a sweep's plan; it writes no file.
func planGap(p *process, name, format string, parameters gap.Parameters, problem particles.Expectations, workers int, quiet bool) error {
	bar := progress.New(p.stderr, name, quiet)
	plan, err := sweep.OfGroups(&gap.Measure, bench.Group{Name: problem.Name(), Study: gap.OfParameters(parameters, problem)}).Plan(p.ctx, sweep.Options{Workers: workers, Progress: bar.Update})
	bar.Done()
	if err != nil {
		return err
	}
	return p.print(format, cellsPlan(name, parameters, plan))
}

// plan prints what the theory will take, and then its networks.
func (c *theoryCommand) plan(p *process, parameters theory.Parameters, problem particles.Expectations, workers int) error {
	bar := progress.New(p.stderr, "kac theory", c.Quiet)
	plan, err := theory.MakePlan(p.ctx, parameters, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	if err := plan.WriteText(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if len(parameters.Widths) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(p.stdout, "\nThe networks of --widths:\n"); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return planGap(p, "kac theory", formatText, parameters.Networks(), problem, workers, c.Quiet)
}

// plan prints what the sweep in the dimension will take.
func (c *scalingCommand) plan(p *process, parameters theory.ScalingParameters) error {
	bar := progress.New(p.stderr, "kac scaling", c.Quiet)
	plan, err := theory.MakeScalingPlan(p.ctx, parameters, func(what string) { bar.Update(0, what) })
	bar.Done()
	if err != nil {
		return err
	}
	if err := plan.WriteText(p.stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

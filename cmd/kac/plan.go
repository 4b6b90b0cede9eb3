package main

import (
	"fmt"
	"io"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/sweep"
	"kac/bench/theory"
	"kac/internal/progress"
	"kac/particles"
)

// planGap prints what a gap study will take; it writes no file.
func planGap(p *process, name, format string, parameters gap.Parameters, problem particles.Expectations, workers int, quiet bool) error {
	plan, err := gapPlan(p, name, parameters, problem, workers, quiet)
	if err != nil {
		return err
	}
	return p.print(format, cellsPlan(name, parameters, plan))
}

// gapPlan is what a gap study will take, by the means of a sweep's plan.
func gapPlan(p *process, name string, parameters gap.Parameters, problem particles.Expectations, workers int, quiet bool) (*sweep.Plan, error) {
	bar := progress.New(p.stderr, name, quiet)
	defer bar.Done()
	return sweep.OfGroups(&gap.Measure, bench.Group{Name: problem.Name(), Study: gap.OfParameters(parameters, problem)}).Plan(p.ctx, sweep.Options{Workers: workers, Progress: bar.Update})
}

// plan prints what the theory will take, and then its networks.
func (c *theoryCommand) plan(p *process, parameters theory.Parameters, problem particles.Expectations, workers int) error {
	bar := progress.New(p.stderr, "kac theory", c.Quiet)
	plan, err := theory.MakePlan(p.ctx, parameters, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	var networks *sweep.Plan
	if len(parameters.Widths) > 0 {
		if networks, err = gapPlan(p, "kac theory", parameters.Networks(), problem, workers, c.Quiet); err != nil {
			return err
		}
	}
	return p.print(c.format(formatText), theoryPlan(plan, networks))
}

// theoryPlan is the output of the plan of a theory; networks are nil without widths.
func theoryPlan(plan *theory.Plan, networks *sweep.Plan) output {
	text := func(w io.Writer) error {
		if err := plan.WriteText(w); err != nil || networks == nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "\nThe networks of --widths:\n"); err != nil {
			return err
		}
		return networks.Write(w)
	}
	summary := theorySummary{Memory: plan.Memory, Disk: plan.Disk}
	if networks != nil {
		of := summaryOf(networks)
		summary.Networks = &of
	}
	return output{program: "kac theory", parameters: plan.Parameters, csv: tableOf(theoryTable(plan, networks)), text: text, summary: summary}
}

// plan prints what the sweep in the dimension will take.
func (c *scalingCommand) plan(p *process, parameters theory.ScalingParameters) error {
	bar := progress.New(p.stderr, "kac scaling", c.Quiet)
	plan, err := theory.MakeScalingPlan(p.ctx, parameters, func(what string) { bar.Update(0, what) })
	bar.Done()
	if err != nil {
		return err
	}
	return p.print(c.Format, output{
		program: "kac scaling", parameters: plan.Parameters, csv: tableOf(scalingTable(plan)), text: plan.WriteText,
		summary: scalingSummary{plan.Seconds(), plan.Memory(), plan.Disk()},
	})
}

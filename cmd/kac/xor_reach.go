package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/xor"
	"kac/internal/progress"
)

// reachGroup is the group of the flags in one dimension.
func (c *xorCommand) reachGroup(p *process) (*xor.ReachGroup, error) {
	for _, other := range []struct {
		key   string
		given bool
	}{{"points", c.Points != nil}, {"law", c.Law != ""}, {"snapshots", c.Snapshots != nil}} {
		if other.given {
			return nil, &bench.InputError{Key: other.key, Value: "given", Reason: "has no meaning with reach"}
		}
	}
	command := *c
	if command.Horizon == nil { // far beyond what it takes
		long := realNumber(40)
		command.Horizon = &long
		if c.Eta != nil { // a multiple of the step
			long = realNumber(bench.StepTime(int64(40/float64(*c.Eta))+1, float64(*c.Eta)))
		}
	}
	parameters, err := command.parameters(p)
	if err != nil {
		return nil, err
	}
	return xor.NewReachGroup(parameters, float64(*c.Reach))
}

// reach counts samples, in one dimension or several.
func (c *xorCommand) reach(p *process, workers int) error {
	dims := []int{xor.DefaultDim}
	if c.Dim != nil {
		dims[0] = int(*c.Dim)
	}
	if c.Dims != nil {
		if c.Dim != nil {
			return &bench.InputError{Key: "dim", Value: fmt.Sprint(*c.Dim), Reason: "not together with --dims; give one of the two"}
		}
		var err error
		if dims, err = bench.WholesAt("dims", c.Dims, 0, 1<<16); err != nil {
			return err
		}
	}
	var groups []*xor.ReachGroup
	for _, command := range c.eachRate() {
		for i, d := range dims {
			if i > 0 && d <= dims[i-1] {
				return &bench.InputError{Key: "dims", Value: fmt.Sprint(d), Reason: "dimensions must increase"}
			}
			one := command
			dim := wholeNumber(d)
			one.Dim, one.Dims = &dim, nil
			g, err := one.reachGroup(p)
			if err != nil {
				if wrong := (*bench.InputError)(nil); errors.As(err, &wrong) {
					if c.Dims != nil && wrong.Key == "dim" {
						wrong.Key = "dims"
					}
					c.ofRates(wrong)
				}
				return err
			}
			groups = append(groups, g)
		}
	}
	record := struct {
		Dims  []int       `json:"dims"`
		Rates realNumbers `json:"rates,omitempty"`
		First any         `json:"parameters"`
	}{dims, c.Rates, groups[0].Facts().Parameters}
	return c.several(p, record, xor.ReachFile, xor.ReachPictureFile, func(out *store.Results) (*xor.Kept, error) {
		return xor.KeepReach(groups, out)
	}, func(kept *xor.Kept, update func(float64, string)) (severalResult, error) {
		return xor.RunScalingKept(p.ctx, groups, kept, workers, update)
	})
}

// plan says what the networks will take.
func (c *xorCommand) plan(p *process, parameters *xor.Parameters, workers int) error {
	rows, err := parameters.Plan(p.ctx)
	if err != nil {
		return err
	}
	seconds := 0.0
	for _, r := range rows {
		seconds += float64(r.Cells) * r.Seconds / float64(workers)
	}
	summary := struct {
		Seconds float64 `json:"seconds"`
		Workers int     `json:"workers"`
	}{seconds, workers}
	if err := p.print(c.Format, output{program: "kac xor", parameters: parameters, summary: summary, csv: func(w io.Writer) error { return xor.WritePlan(w, rows) }}); err != nil {
		return err
	}
	if c.Format != formatText {
		return nil
	}
	if _, err := fmt.Fprintf(p.stdout, "\nAbout %s on %d threads, as busy as this machine is now, and the infinite network's seconds.\n", progress.Duration(time.Duration(seconds*1e9)), workers); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

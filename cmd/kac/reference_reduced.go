package main

import (
	"errors"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/training"
	"kac/internal/progress"
)

// reducedFlag names a flag of --method reduced that is given, "" if none is.
func (c *referenceCommand) reducedFlag() string {
	switch {
	case c.Lattice != nil:
		return "reference-points"
	case c.Replicas != nil:
		return "replicas"
	case c.Seed != nil:
		return "seed"
	}
	return ""
}

// reducedParameters are those of the flags.
func (c *referenceCommand) reducedParameters() training.ReducedParameters {
	r := training.ReducedParameters{Points: 8192, Replicas: 8, Seed: 1}
	if c.Lattice != nil {
		r.Points = int(*c.Lattice)
	}
	if c.Replicas != nil {
		r.Replicas = int(*c.Replicas)
	}
	if c.Seed != nil {
		r.Seed = uint64(*c.Seed)
	}
	return r
}

// reduced prints the reference by lattice points.
func (c *referenceCommand) reduced(p *process) error {
	r := c.reducedParameters()
	choice, err := c.choice()
	if err != nil {
		return err
	}
	task, err := training.ReducedTask(&choice)
	if err != nil {
		return err
	}
	times, err := c.times(choice.Dim, func(string) func(float64) (float64, error) { return nil })
	if err := errors.Join(err, r.Check(), checkFormat(c.Format)); err != nil {
		return err
	}
	for _, exact := range []struct {
		key   string
		given bool
	}{{"reach", c.Reach != nil}, {"panels", c.Panels}, {"tolerance", c.Tolerance != 1e-10}} {
		if exact.given {
			return &bench.InputError{Key: exact.key, Value: "given", Reason: "it belongs to --method exact"}
		}
	}
	if err := r.Memory(task, runtime.GOMAXPROCS(0)).Check(); err != nil {
		return err
	}
	start := time.Now()
	rows, err := training.SolveReduced(p.ctx, task, times, r, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	if err := c.write(p, times, rows); err != nil {
		return err
	}
	if !c.Quiet {
		say(p.stderr, "kac reference: %d randomisations of %d points; error is the standard error of the risk, %s\n",
			r.Replicas, r.Points, progress.Duration(time.Since(start)))
	}
	return nil
}

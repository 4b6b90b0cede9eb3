package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/theory"
	"kac/internal/progress"
)

type scalingCommand struct {
	Problem string       `group:"Sweep:" default:"he4" placeholder:"NAME,..." help:"Problems by name, of rank 1. Default: he4."`
	Dims    quantities   `group:"Sweep:" default:"16,32,64,128,256" placeholder:"D,D,..." help:"Dimensions d: 16,32,64, 2^4..2^8 or 16,32,...,256, which goes on with the last ratio. Default: 16,32,64,128,256."`
	Delta   realNumber   `group:"Sweep:" default:"0.3" placeholder:"DELTA" help:"T is the first time with risk at most DELTA^2, above 0 and up to 1. Default: 0.3."`
	FitFrom *wholeNumber `group:"Sweep:" placeholder:"D" help:"Smallest dimension in the fits. Default: the third largest."`

	Tolerance     realNumber `group:"Work:" default:"1e-4" placeholder:"E" help:"Absolute error allowed in the reference's risk, at most DELTA^2/10. Default: 1e-4."`
	MaxTime       realNumber `group:"Work:" default:"2e5" placeholder:"T" help:"Longest time searched for T (paper time). Default: 2e5."`
	ConstantsTime realNumber `group:"Work:" default:"130" placeholder:"T" help:"C(t) is followed up to T only if T is at most this (paper time); its cost grows like T^2 to T^3. Default: 130."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
	Plan   bool   `group:"Work:" help:"Only say what it will take, by some seconds of the smallest dimensions."`

	outputFlags `embed:""`
}

func (c *scalingCommand) Help() string {
	return "For each problem and dimension: the time T(delta) to reach the risk delta^2, the stability constants up to it and the " +
		"largest C(t), with fitted exponents of d beside (k-2)/2, k the information exponent.\n\n" +
		"The work grows at least like T, so like d^((k-2)/2): he4 to d = 256 takes half a minute of one core at delta .3, he6 to d = 64 some " +
		"minutes, and d = 128 is not resolved: the table then ends at 64, and the exit code is 1. At delta .3 he6's slope is 2.5 there and 2 only for d in the thousands (column T/next says why); at delta .7 " +
		"it is 2 from d = 16 on, and d = 256 is reached in a minute. he3 takes delta .7: half of its particles are on the far side of the sphere, from where the " +
		"risk creeps, .27 at time 16, .15 at 1000 (d = 8); progress and --plan say how far it has come and when it may arrive.\n\n" +
		"Examples:\n\n  kac scaling --out scaling\n  kac scaling --problem he4,he6 --dims 16,32,...,256 --delta .7 --constants-time 0"
}

func (c *scalingCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	dims, err := bench.WholesAt("dims", c.Dims, 0, bench.MaxDim)
	if err != nil {
		return err
	}
	parameters := theory.ScalingParameters{
		Problems: strings.Split(c.Problem, ","), Dims: dims, Delta: float64(c.Delta), Tolerance: float64(c.Tolerance),
		MaxTime: float64(c.MaxTime), ConstantsTime: float64(c.ConstantsTime),
	}
	if c.FitFrom != nil {
		if parameters.FitFrom = int(*c.FitFrom); parameters.FitFrom < 1 {
			return &bench.InputError{Key: "fit-from", Value: fmt.Sprint(parameters.FitFrom), Reason: "give one of the dimensions"}
		}
	}
	if err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	if c.Plan {
		return c.plan(p, parameters)
	}
	out, err := c.store(p, "kac scaling", parameters, "scaling.csv", "scaling.svg")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac scaling", c.Quiet)
	scaling, err := theory.RunScaling(p.ctx, parameters, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	var undrawn error
	if out != nil {
		undrawn, err = c.finish(p, "kac scaling", out, []store.File{{Name: "scaling.csv", Fill: scaling.WriteCSV}}, []store.File{store.Picture("scaling.svg", scaling.Picture)})
		if err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac scaling", parameters: scaling.Parameters, csv: scaling.WriteCSV, text: scaling.WriteText}); err != nil {
		return err
	}
	c.note(p.stderr, "kac scaling", "%s", progress.Duration(time.Since(start)))
	return errors.Join(scaling.Incomplete(), undrawn)
}

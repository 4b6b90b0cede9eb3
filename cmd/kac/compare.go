package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kac/bench"
	"kac/bench/compare"
	"kac/bench/store"
	"kac/internal/progress"
)

type compareCommand struct {
	Problem    *string    `group:"Problem:" placeholder:"NAME" help:"Problem by name: quartic, degrees 2 and 4 with s = (1, 1) and h = (.6, .45). Default: quartic."`
	Activation string     `group:"Problem:" placeholder:"SERIES" help:"Instead of a name: activation in normalised Legendre polynomials of dimension d, such as 2:1,4:1."`
	Link       string     `group:"Problem:" placeholder:"SERIES" help:"With --activation: link of the target in the same basis, such as 2:.6,4:.45."`
	Dims       quantities `group:"Problem:" default:"10,16" placeholder:"D,D,..." help:"Dimensions d. Default: 10,16."`
	Samples    string     `group:"Problem:" default:"d^1.5..d^3:0.25" placeholder:"N,N,..." help:"Numbers of samples: 1000, d^2, or d^1.5..d^3:0.25, exponents by a step. Default: d^1.5..d^3:0.25."`
	Noise      realNumber `group:"Problem:" default:"0" placeholder:"S" help:"Standard deviation of the labels' noise. Default: 0."`

	Widths  quantities  `group:"Networks:" default:"1024" placeholder:"M,M,..." help:"Widths. Default: 1024."`
	Eta     realNumber  `group:"Networks:" default:"0.1" placeholder:"E" help:"Step of projected descent (paper time). Default: 0.1."`
	Horizon realNumber  `group:"Networks:" default:"12" placeholder:"T" help:"Last time (paper time). Default: 12."`
	Points  wholeNumber `group:"Networks:" default:"13" placeholder:"N" help:"Number of times from 0 to the horizon; their spacing is a multiple of --eta. Default: 13."`

	Predictors  string      `group:"Predictors:" default:"network,ntk,best,floor" placeholder:"NAME,..." help:"Which: network, ntk and best (kernels), floor (no kernel below). Default: all."`
	Ridges      string      `group:"Predictors:" default:"auto" placeholder:"R,R,..." help:"Ridges of ntk, relative to K(x,x) = 1; auto: the one of least equivalent risk, 0 without noise. Default: auto."`
	KernelLimit wholeNumber `group:"Predictors:" default:"8192" placeholder:"N" help:"Kernels are solved on data up to this many samples; beyond there are their equivalents. 0: only equivalents. Default: 8192."`
	Targets     string      `group:"Predictors:" default:"one" placeholder:"WHICH" help:"Of kernels on data: one, the draw's target, or mean, exactly over all directions of it and the noise; by dense matrices, up to 4000 samples. Default: one."`
	Level       string      `group:"Predictors:" placeholder:"RISK" help:"Risk whose number of samples is the crossing: 0.1, or 0.5*h4, a share of a degree's part of the target. Default: half of the highest degree's."`

	Draws       wholeNumber `group:"Work:" default:"8" placeholder:"N" help:"Draws of data and particles, which all predictors share. Default: 8."`
	Seed        seedNumber  `group:"Work:" default:"1" placeholder:"S" help:"Seed of all draws. Default: 1."`
	Equivalents bool        `group:"Work:" help:"Only the kernels' deterministic equivalents, which need no data: dim,samples,predictor,risk."`
	Plan        bool        `group:"Work:" help:"Only say what it will take, by a second of each dimension."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *compareCommand) Help() string {
	return "Risk against the number of samples n, for a target of one direction on the unit sphere (Beyond NTK, arXiv 2306.16361): trained networks, " +
		"kernel ridge regression with the network's tangent kernel (ntk) and with the best kernel there is (best), and what no kernel goes below (floor). Risks are exact: " +
		"there is no test set. Where n first brings the risk to --level is the crossing; its exponent in d tells the two apart. See docs/compare.md.\n\n" +
		"Examples:\n\n  kac compare --dims 10,16,24,32 --out beyond-ntk\n  kac compare --equivalents --dims 32 --samples d^1.5..d^4:0.25"
}

func (c *compareCommand) parameters() (compare.Parameters, error) {
	p := compare.Parameters{
		Activation: c.Activation, Link: c.Link, Noise: float64(c.Noise),
		Samples: strings.Split(c.Samples, ","), Ridges: trimmed(c.Ridges), Predictors: trimmed(c.Predictors),
		Draws: int(c.Draws), Seed: uint64(c.Seed), Eta: float64(c.Eta), Horizon: float64(c.Horizon), Points: int(c.Points), KernelLimit: int(c.KernelLimit),
	}
	if c.Targets != "one" {
		p.Targets = c.Targets
	}
	switch {
	case c.Problem != nil:
		p.Problem = *c.Problem
	case c.Activation == "" && c.Link == "":
		p.Problem = "quartic"
	}
	var err error
	if p.Dims, err = bench.WholesAt("dims", c.Dims, 0, bench.MaxDim); err != nil {
		return p, err
	}
	if p.Widths, err = bench.WholesAt("widths", c.Widths, 0, bench.MaxWidth); err != nil {
		return p, err
	}
	if err := p.Check(); err != nil {
		return p, err
	}
	p.Level, err = p.ParseLevel(c.Level)
	return p, err
}

// trimmed splits a list of words at its commas.
func trimmed(list string) []string {
	out := strings.Split(list, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

func (c *compareCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	if c.Equivalents {
		return c.equivalents(p, &parameters)
	}
	if c.Plan {
		return c.plan(p, &parameters, workers)
	}
	if err := parameters.Memory().Check(); err != nil {
		return err
	}
	return c.study(p, &parameters, workers)
}

// equivalents prints them alone; --out has no meaning there.
func (c *compareCommand) equivalents(p *process, parameters *compare.Parameters) error {
	switch {
	case c.Out != "":
		return bench.Refuse("out", c.Out, "not together with --equivalents, which are printed; without it they are in equivalent.csv")
	case c.Plan:
		return bench.Refuse("plan", "given", "--equivalents take no time")
	}
	rows, err := parameters.Equivalents()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return bench.Refuse("predictors", strings.Join(parameters.Predictors, ","), "equivalents are those of ntk, best and floor")
	}
	for _, note := range parameters.EquivalentNotes() {
		c.note(p.stderr, "kac compare", "%s", note)
	}
	return p.print(c.Format, output{program: "kac compare", parameters: parameters, csv: func(w io.Writer) error { return parameters.WriteEquivalents(w, rows) }})
}

func (c *compareCommand) plan(p *process, parameters *compare.Parameters, workers int) error {
	rows, err := parameters.Plan(p.ctx, workers)
	if err != nil {
		return err
	}
	summary := struct {
		Cells   int     `json:"cells"`
		Rows    int     `json:"rows"`
		Seconds float64 `json:"seconds"`
		Memory  float64 `json:"memory"`
	}{len(parameters.Cells()), parameters.Rows(), compare.Seconds(rows), parameters.Memory().Bytes()}
	o := output{program: "kac compare", parameters: parameters, summary: summary, csv: func(w io.Writer) error { return compare.WritePlan(w, rows) }}
	if err := p.print(c.Format, o); err != nil {
		return err
	}
	if c.Format != formatText {
		return nil
	}
	_, err = fmt.Fprintf(p.stdout, "\nAbout %s, as busy as this machine is now. Memory: about %s. Disk: about %s.\n", progress.Duration(time.Duration(summary.Seconds*1e9)),
		bench.BytesText(summary.Memory), bench.BytesText(300<<10+180*float64(summary.Rows)))
	if err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

func (c *compareCommand) study(p *process, parameters *compare.Parameters, workers int) error {
	out, err := c.store(p, "kac compare", parameters, compare.Files...)
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	cellar, err := compare.OpenCellar(parameters, out)
	if err != nil {
		return inOut(c.Out, err)
	}
	start := time.Now()
	result, err := c.run(p, parameters, cellar, out != nil && out.Complete(), workers)
	if err != nil {
		return c.keep(p, parameters, cellar, err)
	}
	var undrawn error
	if out != nil {
		undrawn, err = c.finish(p, "kac compare", out, result.Tables(), []store.File{store.Picture(compare.PictureFile, result.Picture)})
		if err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac compare", parameters: parameters, csv: result.WriteSummaryCSV, text: result.WriteText}); err != nil {
		return err
	}
	c.note(p.stderr, "kac compare", "%s", progress.Duration(time.Since(start)))
	return undrawn
}

// run computes what is missing.
func (c *compareCommand) run(p *process, parameters *compare.Parameters, cellar *compare.Cellar, complete bool, workers int) (*compare.Result, error) {
	result := &compare.Result{Parameters: parameters}
	var err error
	if result.Limits, err = parameters.Limits(p.ctx); err != nil {
		return nil, err
	}
	for _, note := range parameters.Notes(result.Limits) {
		c.note(p.stderr, "kac compare", "%s", note)
	}
	switch n := cellar.Finished(); {
	case complete:
		c.note(p.stderr, "kac compare", "all %d cells are in %s already, nothing to compute", n, c.Out)
	case n > 0:
		c.note(p.stderr, "kac compare", "going on with %d finished cells in %s", n, c.Out)
	}
	bar := progress.New(p.stderr, "kac compare", c.Quiet)
	err = parameters.Run(p.ctx, cellar.Rows(), workers, cellar.Add, bar.Update)
	bar.Done()
	if err != nil {
		return nil, err
	}
	result.Rows = cellar.Rows()
	if result.Equivalents, err = parameters.Equivalents(); err != nil {
		return nil, err
	}
	result.Crossings, err = parameters.Crossings(result.Rows)
	return result, err
}

// keep saves the finished cells after an error and says how to go on.
func (c *compareCommand) keep(p *process, parameters *compare.Parameters, cellar *compare.Cellar, err error) error {
	if failed := cellar.Save(); failed != nil {
		return errors.Join(err, inOut(c.Out, failed))
	}
	if c.Out == "" {
		return err
	}
	return afterKeeping(p, err, cellar.Finished(), len(parameters.Cells()), c.Out)
}

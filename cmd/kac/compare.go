package main

import (
	"fmt"
	"io"
	"strings"

	"kac/bench"
	"kac/bench/compare"
)

type compareCommand struct {
	Problem    *string    `group:"Problem:" placeholder:"NAME" help:"Problem by name: quartic, degrees 2 and 4 with s = (1, 1) and h = (.6, .45). Default: quartic."`
	Activation string     `group:"Problem:" placeholder:"SERIES" help:"Instead of a name: activation in normalised Legendre polynomials of dimension d, such as 2:1,4:1."`
	Link       string     `group:"Problem:" placeholder:"SERIES" help:"With --activation: link of the target in the same basis, such as 2:.6,4:.45."`
	Dims       quantities `group:"Problem:" default:"10,16" placeholder:"D,D,..." help:"Dimensions d. Default: 10,16."`
	Samples    string     `group:"Problem:" default:"d^1.5..d^3:0.25" placeholder:"N,N,..." help:"Numbers of samples: 1000, d^2, or d^1.5..d^3:0.25, exponents by a step. Default: d^1.5..d^3:0.25."`
	Noise      realNumber `group:"Problem:" default:"0" placeholder:"S" help:"Standard deviation of the labels' noise. Default: 0."`

	Predictors  string `group:"Predictors:" default:"ntk,best,floor" placeholder:"NAME,..." help:"Which: ntk, best (kernels), floor (no kernel below). Default: all."`
	Ridges      string `group:"Predictors:" default:"auto" placeholder:"R,R,..." help:"Ridges of ntk, relative to K(x,x) = 1; auto: the one of least equivalent risk, 0 without noise. Default: auto."`
	Equivalents bool   `group:"Work:" help:"Only the kernels' deterministic equivalents, which need no data: dim,samples,predictor,risk."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
}

func (c *compareCommand) Help() string {
	return "Risk of kernels against the number of samples, for a target of one direction on the unit sphere (Beyond NTK).\n\n" +
		"Examples:\n\n  kac compare --equivalents --dims 32 --samples d^1.5..d^4:0.25"
}

func (c *compareCommand) parameters() (compare.Parameters, error) {
	p := compare.Parameters{
		Activation: c.Activation, Link: c.Link, Noise: float64(c.Noise),
		Samples: strings.Split(c.Samples, ","), Ridges: trimmed(c.Ridges), Predictors: trimmed(c.Predictors),
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
	return p, p.Check()
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
	if !c.Equivalents {
		return &bench.InputError{Key: "equivalents", Value: "", Reason: "give it: only equivalents are computed"}
	}
	rows, err := parameters.Equivalents()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return bench.Refuse("predictors", strings.Join(parameters.Predictors, ","), "equivalents are those of ntk, best and floor")
	}
	for _, note := range parameters.EquivalentNotes() {
		fmt.Fprintf(p.stderr, "kac compare: %s\n", note)
	}
	return p.print(c.Format, output{program: "kac compare", parameters: parameters, csv: func(w io.Writer) error { return parameters.WriteEquivalents(w, rows) }})
}

package main

import "kac/bench"

// problemFlags choose the problem; every command that needs one embeds them.
type problemFlags struct {
	Problem    *string      `group:"Problem:" placeholder:"NAME" help:"Problem by name: he3, he4, he6, misspecified, circle (see kac problems). Default: he4."`
	Dim        *wholeNumber `group:"Problem:" placeholder:"D" help:"Dimension d of the inputs, at least rank + 2. Default: the paper's, for a problem by name."`
	Activation string       `group:"Problem:" placeholder:"SERIES" help:"Instead of a name: activation as Hermite series, degree:coefficient pairs such as 4:0.8,6:0.6."`
	Link       string       `group:"Problem:" placeholder:"SERIES" help:"With --activation: link of the target, a Hermite series."`
	Rank       *wholeNumber `group:"Problem:" placeholder:"R" help:"With --activation: 1 for target link(x_1), 2 for link averaged over the circle. Default: 1."`
}

func (f *problemFlags) choice() (bench.ProblemChoice, error) {
	c := bench.ProblemChoice{Activation: f.Activation, Link: f.Link}
	switch {
	case f.Problem != nil:
		c.Problem = *f.Problem
	case f.Activation == "" && f.Link == "":
		c.Problem = "he4"
	}
	// In bench a zero stands for the default; typed out, it is a mistake.
	if f.Dim != nil {
		if c.Dim = int(*f.Dim); c.Dim == 0 {
			return c, &bench.InputError{Key: "dim", Value: "0", Reason: "give a whole number, at least rank + 2"}
		}
	}
	if f.Rank != nil {
		if c.Rank = int(*f.Rank); c.Rank == 0 {
			return c, &bench.InputError{Key: "rank", Value: "0", Reason: "allowed are 1 and 2"}
		}
	}
	return c, nil
}

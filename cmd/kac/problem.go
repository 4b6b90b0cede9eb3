package main

import "kac/bench"

// problemFlags choose the problem; every command that needs one embeds them.
type problemFlags struct {
	Problem    *string      `group:"Problem:" placeholder:"NAME" help:"Problem by name: he3, he4, he6, misspecified, circle, relu, tanh, erf, softplus, gelu, quartic (see kac problems). Default: he4."`
	Dim        *wholeNumber `group:"Problem:" placeholder:"D" help:"Dimension d of the inputs, at least rank + 2. Default: the paper's, for a problem by name."`
	Activation string       `group:"Problem:" placeholder:"SIGMA" help:"Instead of a name: relu, tanh, sigmoid, erf, gelu, softplus:T, a series, degree:coefficient pairs such as 4:0.8,6:0.6, table:FILE of rows x,y, or expr:FORMULA in x."`
	Link       string       `group:"Problem:" placeholder:"SIGMA" help:"With --activation: link of the target, f*(x) = link(x_1), spelled likewise."`
	Basis      string       `group:"Problem:" placeholder:"WORD" help:"With --activation: polynomials of series, hermite: orthonormal for N(0,1), or legendre: those of dimension d, orthonormal on the sphere. Default: hermite."`
	Law        string       `group:"Problem:" placeholder:"WORD" help:"With --activation: law of the inputs, gaussian, or sphere: uniform, of radius sqrt d. Default: gaussian."`
	Rank       *wholeNumber `group:"Problem:" placeholder:"R" help:"With --activation: 1 for target link(x_1), 2 for link averaged over the circle. Default: 1."`
}

func (f *problemFlags) choice() (bench.ProblemChoice, error) {
	c := bench.ProblemChoice{Activation: f.Activation, Link: f.Link, Basis: f.Basis, Law: f.Law}
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

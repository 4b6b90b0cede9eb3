package main

import (
	"kac/bench"
	"kac/bench/margin"
	"kac/bench/store"
)

type marginLawCommand struct {
	Samples  quantities  `group:"Data:" placeholder:"N,N,..." help:"Points of a data set, fewer than dimensions."`
	Dim      quantities  `group:"Data:" placeholder:"D,D,..." help:"Dimensions."`
	Variance realNumbers `group:"Data:" placeholder:"S2,..." help:"Variance s2 of every coordinate of the noise."`
	Kappa    realNumbers `group:"Data:" placeholder:"K,K,..." help:"Instead: n/(d s2)."`
	Fraction realNumbers `group:"Questions:" placeholder:"RHO,..." help:"Shares of the largest margin: the largest test error among classifiers that have it."`
	Q        realNumbers `group:"Questions:" placeholder:"Q,Q,..." help:"That error at these values of q = 1' N^-1 1 and not its mean over data sets. Without --samples and --dim everything at them."`
	Format   string      `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *marginLawCommand) Help() string {
	return "Means over data sets of margin, signal and test error of the max-margin classifier of n points in d dimensions, by one integral, " +
		"beside the limit of infinitely many dimensions. Nothing is drawn. The law is that of data sets whose points are all support vectors; where some are not, margins are larger.\n\n" +
		"Examples:\n\n  kac margin law --samples 40 --dim 3000 --variance .03\n" +
		"  kac margin law --samples 40 --dim 3000 --variance .03 --fraction .97,.9 --q .8 --format csv"
}

func (c *marginLawCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if _, err := c.workers(); err != nil {
		return err
	}
	parameters := margin.LawParameters{Variances: c.Variance, Kappas: c.Kappa, Fractions: c.Fraction, Q: c.Q}
	var err error
	if parameters.Samples, err = bench.WholesAt("samples", c.Samples, 0, margin.MaxLawSamples); err != nil {
		return err
	}
	if parameters.Dims, err = bench.WholesAt("dim", c.Dim, 0, margin.MaxLawDim); err != nil {
		return err
	}
	if err := parameters.Check(); err != nil {
		return err
	}
	out, err := c.store(p, "kac margin law", parameters, "law.csv")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	law := margin.Laws(parameters)
	if out != nil {
		if _, err := c.finish(p, "kac margin law", out, []store.File{{Name: "law.csv", Fill: law.WriteCSV}}, nil); err != nil {
			return err
		}
	}
	return p.print(c.Format, output{program: "kac margin law", parameters: parameters, csv: law.WriteCSV, text: law.WriteText})
}

package main

import (
	"kac/bench"
	"kac/bench/margin"
	"kac/bench/store"
)

// marginCommand is drawn data sets, and under law their exact law.
type marginCommand struct {
	Draw marginDrawCommand `cmd:"" default:"withargs" help:"Draw data sets and their max-margin classifiers: what kac margin alone does."`
	Law  marginLawCommand  `cmd:"" help:"Exact means over data sets, by one integral, and the limit of infinitely many dimensions."`
	Xor  marginXORCommand  `cmd:"" help:"Networks of two layers on XOR: two phases, two thresholds, trained networks."`
}

func (c *marginCommand) Help() string {
	return "Max-margin classifiers of n points y mu + noise in d dimensions, beside their exact law over data sets and the limit d -> infinity at fixed kappa = n/(d s2): " +
		"margin, signal, test error, the largest test error of classifiers that have a share of the margin, and what becomes of points whose noise is flipped.\n\n" +
		"The same command with the same --out goes on where it was interrupted.\n\n" +
		"kac margin law --help has the law alone, kac margin xor --help networks of two layers.\n\n" +
		"Examples:\n\n  kac margin --samples 200 --dim 20000 --kappa .5,2 --seeds 20 --out margin\n" +
		"  kac margin law --samples 40 --dim 3000 --variance .03 --fraction .97"
}

type marginDrawCommand struct {
	Samples  *wholeNumber `group:"Data:" placeholder:"N" help:"Points of a data set, fewer than dimensions, up to 5000."`
	Dim      quantities   `group:"Data:" placeholder:"D,D,..." help:"Dimensions."`
	Kappa    realNumbers  `group:"Data:" placeholder:"K,K,..." help:"n/(d s2): points over the square of the noise."`
	Variance realNumbers  `group:"Data:" placeholder:"S2,..." help:"Instead: the variance s2 of every coordinate of the noise."`
	Draw     string       `group:"Data:" default:"vectors" placeholder:"HOW" help:"vectors: the noise vectors, in blocks of coordinates; law: their Gram matrix by its law, whatever the dimension. Default: vectors."`
	Fraction realNumber   `group:"Questions:" default:"0.95" placeholder:"RHO" help:"Share of the largest margin that the worst classifier has. Default: 0.95."`
	Seeds    wholeNumber  `group:"Work:" default:"20" placeholder:"N" help:"Data sets of each kind. Default: 20."`
	Seed     seedNumber   `group:"Work:" default:"1" placeholder:"S" help:"First seed. Default: 1."`
	Plan     bool         `group:"Output:" help:"Say what it would take, and do nothing else."`
	Format   string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *marginDrawCommand) parameters() (margin.Parameters, error) {
	p := margin.Parameters{Kappas: c.Kappa, Variances: c.Variance, Draw: c.Draw, Fraction: float64(c.Fraction), Seeds: int(c.Seeds), Seed: uint64(c.Seed)}
	if c.Samples == nil {
		return p, bench.Refuse("samples", "", "give the number of points, such as 200")
	}
	p.Samples = int(*c.Samples)
	var err error
	if p.Dims, err = bench.WholesAt("dim", c.Dim, 0, margin.MaxDim); err != nil {
		return p, err
	}
	return p, p.Check()
}

func (c *marginDrawCommand) Run(p *process) error {
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
	if c.Plan {
		plan, err := margin.MakePlan(p.ctx, parameters, workers)
		if err != nil {
			return err
		}
		return p.print(c.Format, output{program: "kac margin", parameters: parameters, csv: plan.WriteCSV, text: plan.WriteText})
	}
	return c.study(p, "kac margin", c.Format, parameters, parameters.Cells(), []string{"margin.csv", "summary.csv", "worst.svg", "margin.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		study, err := margin.Run(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "margin.csv", Fill: study.WriteCSV}, {Name: "summary.csv", Fill: study.WriteSummary}},
			pictures: []store.File{store.Picture("worst.svg", study.WorstPicture), store.Picture("margin.svg", study.MarginPicture)}, text: study.WriteText}, nil
	})
}

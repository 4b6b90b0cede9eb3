package main

import (
	"kac/bench"
	"kac/bench/contrast"
	"kac/bench/store"
)

type contrastTheoremCommand struct {
	Batches   quantities   `group:"Points:" placeholder:"M,M,..." help:"Pairs in a batch, such as 2,8,64."`
	Points    *wholeNumber `group:"Points:" placeholder:"N" help:"Random points. Default: 100."`
	Norm2     *realNumber  `group:"Points:" name:"norm2" placeholder:"R" help:"|theta|^2 of both features is below it. Default: 1.5."`
	Seed      *seedNumber  `group:"Points:" placeholder:"S" help:"Seed of the points. Default: 1."`
	Tolerance realNumber   `group:"Work:" default:"1e-5" placeholder:"E" help:"Absolute error of the rates; where they are closer, a thousandth of it. Default: 1e-5."`
	Format    string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *contrastTheoremCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	batches, err := bench.WholesAt("batches", c.Batches, 0, contrast.MaxBatch)
	if err != nil {
		return err
	}
	parameters := contrast.TheoremParameters{Batches: batches, Points: contrast.DefaultPoints, Norm2: contrast.DefaultNorm2, Seed: contrast.DefaultSeed, Tolerance: float64(c.Tolerance)}
	if c.Points != nil {
		parameters.Points = int(*c.Points)
	}
	if c.Norm2 != nil {
		parameters.Norm2 = float64(*c.Norm2)
	}
	if c.Seed != nil {
		parameters.Seed = uint64(*c.Seed)
	}
	if err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	return c.study(p, "kac contrast theorem", c.Format, parameters, parameters.Points*len(batches), []string{"theorem.csv"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		theorem, err := contrast.RunTheorem(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "theorem.csv", Fill: theorem.WriteCSV}}, text: theorem.WriteText}, nil
	})
}

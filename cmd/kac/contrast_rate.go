package main

import (
	"kac/bench"
	"kac/bench/contrast"
	"kac/bench/store"
)

type contrastRateCommand struct {
	Coupling  realNumbers `group:"Point:" placeholder:"C,C,..." help:"c = alpha (mu.theta)^2 of every feature."`
	Norm2     realNumbers `group:"Point:" name:"norm2" placeholder:"R,R,..." help:"r^2 = |theta|^2 of every feature."`
	Batches   quantities  `group:"Point:" placeholder:"M,M,..." help:"Pairs in a batch, such as 4,16,64."`
	Tolerance realNumber  `group:"Work:" default:"1e-9" placeholder:"E" help:"Absolute error of every number. Default: 1e-9."`
	Format    string      `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *contrastRateCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	batches, err := bench.WholesAt("batches", c.Batches, 0, contrast.MaxBatch)
	if err != nil {
		return err
	}
	parameters := contrast.RateParameters{Coupling: c.Coupling, Norm2: c.Norm2, Batches: batches, Tolerance: float64(c.Tolerance)}
	if err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	return c.study(p, "kac contrast rate", c.Format, parameters, len(batches), []string{"rate.csv"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		table, err := contrast.RunRate(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "rate.csv", Fill: table.WriteCSV}}, text: table.WriteText}, nil
	})
}

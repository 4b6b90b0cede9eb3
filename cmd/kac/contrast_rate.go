package main

import (
	"kac/bench"
	"kac/bench/contrast"
	"kac/bench/store"
	"kac/internal/progress"
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
	out, err := c.store(p, "kac contrast rate", parameters, "rate.csv")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	bar := progress.New(p.stderr, "kac contrast rate", c.Quiet)
	table, err := contrast.RunRate(p.ctx, parameters, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	if out != nil {
		if _, err := c.finish(p, "kac contrast rate", out, []store.File{{Name: "rate.csv", Fill: table.WriteCSV}}, nil); err != nil {
			return err
		}
	}
	return p.print(c.Format, output{program: "kac contrast rate", parameters: parameters, csv: table.WriteCSV, text: table.WriteText})
}

package main

import (
	"time"

	"kac/bench"
	"kac/bench/contrast"
	"kac/bench/store"
	"kac/internal/progress"
)

// contrastCommand follows features, and under rate looks at one point.
type contrastCommand struct {
	Follow contrastFollowCommand `cmd:"" default:"withargs" help:"Errors of features by time: what kac contrast alone does."`
	Rate   contrastRateCommand   `cmd:"" help:"Exact loss of batches of m pairs and its rates at one point."`
}

func (c *contrastCommand) Help() string {
	return "Contrastive learning of Gaussian features from batches of m pairs, and what noise on one feature does to the others: errors of the best linear probes along " +
		"the exact gradient flow of m pairs a batch, beside m = infinity and the exact constant of the 1/m law.\n\n" +
		"kac contrast rate --help has the loss and its rates at one point.\n\n" +
		"Examples:\n\n  kac contrast --exact --alpha .9,.5 --start .3:.4,.05:.3 --noise 1:1,.5,0 --batches 4,16,64 --times 1,2\n" +
		"  kac contrast rate --coupling .2,.1 --norm2 .5,.4 --batches 2,8,64"
}

type contrastFollowCommand struct {
	Exact bool `group:"What to do:" help:"Only what needs no sampling: the flow of batches of m pairs, m = infinity, and the constant of the 1/m law."`

	Alpha   realNumbers `group:"Features:" placeholder:"A,A,..." help:"Correlation of the two views along mu of every feature, from -1 to 1."`
	Start   string      `group:"Features:" placeholder:"A:B,..." help:"Where every feature begins: a = mu.theta and b = |theta - a mu|, such as .3:.4,.05:.3."`
	Noise   string      `group:"Features:" placeholder:"K:BETA,..." help:"Noise on feature K by beta from 1, none, to 0: its alpha becomes beta alpha. 1:1,.5,0 compares three levels; 1:.5,2:.3 noises two features."`
	Batches quantities  `group:"Features:" placeholder:"M,M,..." help:"Pairs in a batch, such as 4,16,64."`
	Times   quantities  `group:"Features:" placeholder:"T,T,..." help:"Times to print, increasing: t = m eta steps, of the loss summed over a batch."`
	Decay   *realNumber `group:"Features:" placeholder:"D" help:"Weight decay lambda/m, of theta per unit of time. Default: 0."`

	Tolerance realNumber `group:"Work:" default:"1e-8" placeholder:"E" help:"Absolute error of the exact errors. Default: 1e-8."`
	Format    string     `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *contrastFollowCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if !c.Exact {
		return &bench.InputError{Key: "exact", Reason: "is missing: give it for the table without sampling"}
	}
	batches, err := bench.WholesAt("batches", c.Batches, 0, contrast.MaxBatch)
	if err != nil {
		return err
	}
	times, err := bench.TimesAt("times", c.Times, 0, nil)
	if err != nil {
		return err
	}
	parameters := contrast.ExactParameters{Features: contrast.Features{Alpha: c.Alpha, Start: c.Start, Noise: c.Noise}, Batches: batches, Times: times, Tolerance: float64(c.Tolerance)}
	if c.Decay != nil {
		parameters.Decay = float64(*c.Decay)
	}
	if err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	out, err := c.store(p, "kac contrast", parameters, "exact.csv", "exact.svg")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac contrast", c.Quiet)
	exact, err := contrast.RunExact(p.ctx, parameters, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	for _, text := range exact.Notes {
		c.note(p.stderr, "kac contrast", "%s", text)
	}
	var undrawn error
	if out != nil {
		if undrawn, err = c.finish(p, "kac contrast", out, []store.File{{Name: "exact.csv", Fill: exact.WriteCSV}}, []store.File{store.Picture("exact.svg", exact.Picture)}); err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac contrast", parameters: parameters, csv: exact.WriteCSV, text: exact.WriteText}); err != nil {
		return err
	}
	c.note(p.stderr, "kac contrast", "%s", progress.Duration(time.Since(start)))
	return undrawn
}

package main

import (
	"kac/bench"
	"kac/bench/contrast"
	"kac/bench/store"
	"kac/bench/sweep"
	"kac/internal/progress"
)

// contrastCommand follows features, and under rate looks at one point.
type contrastCommand struct {
	Follow  contrastFollowCommand  `cmd:"" default:"withargs" help:"Errors of features by time: what kac contrast alone does."`
	Rate    contrastRateCommand    `cmd:"" help:"Exact loss of batches of m pairs and its rates at one point."`
	Theorem contrastTheoremCommand `cmd:"" help:"The claim that noise on feature 1 helps feature 2, at random points."`
}

func (c *contrastCommand) Help() string {
	return "Contrastive learning of Gaussian features by gradient descent on fresh batches of m pairs, and what noise on one feature does to the others: errors of the best linear " +
		"probes beside the exact gradient flow of m pairs a batch, m = infinity, and the exact constant of the 1/m law. The three gaps, of the batch, of the step and the effect of noise, are in gaps.csv.\n\n" +
		"The same command with the same --out goes on where it was interrupted.\n\n" +
		"kac contrast rate --help has the loss and its rates at one point, kac contrast theorem --help the claim that noise helps at random points.\n\n" +
		"Examples:\n\n  kac contrast --alpha .9,.5 --start .3:.4,.05:.3 --noise 1:1,.5,0 --batches 4,16,64 --time 4 --seeds 64 --dim 8 --step .025 --out contrast\n" +
		"  kac contrast --exact --alpha .9,.5 --start .3:.4,.05:.3 --batches 4,16,64 --times 1,2\n" +
		"  kac contrast rate --coupling .2,.1 --norm2 .5,.4 --batches 2,8,64"
}

type contrastFollowCommand struct {
	Exact bool `group:"What to do:" help:"Only what needs no sampling: the flow of batches of m pairs, m = infinity, and the constant of the 1/m law."`

	Alpha   realNumbers  `group:"Features:" placeholder:"A,A,..." help:"Correlation of the two views along mu of every feature, from -1 to 1."`
	Start   string       `group:"Features:" placeholder:"A:B,..." help:"Where every feature begins: a = mu.theta and b = |theta - a mu|, such as .3:.4,.05:.3."`
	Noise   string       `group:"Features:" placeholder:"K:BETA,..." help:"Noise on feature K by beta from 1, none, to 0: its alpha becomes beta alpha. 1:1,.5,0 compares three levels; 1:.5,2:.3 noises two features."`
	Batches quantities   `group:"Features:" placeholder:"M,M,..." help:"Pairs in a batch, such as 4,16,64."`
	Times   quantities   `group:"Features:" placeholder:"T,T,..." help:"Times to print, increasing: t = m eta steps, of the loss summed over a batch."`
	Time    *realNumber  `group:"Features:" placeholder:"T" help:"Instead: the last one of --points times from 0."`
	Points  *wholeNumber `group:"Features:" placeholder:"N" help:"Times up to --time. Default: 9."`
	Decay   *realNumber  `group:"Features:" placeholder:"D" help:"Weight decay lambda/m, of theta per unit of time. Default: 0."`
	Feature *wholeNumber `group:"Features:" placeholder:"K" help:"Tell only of this feature. Default: all; in a study file the last without noise."`

	Dim   *wholeNumber `group:"Descent:" placeholder:"D" help:"Dimension of every feature. Default: 8."`
	Step  *realNumber  `group:"Descent:" placeholder:"H" help:"Time of a step, m eta. Default: 0.025."`
	Form  *string      `group:"Descent:" placeholder:"FORM" help:"reduced: two numbers a pair and feature, the same law in any dimension; full: whole vectors. Default: reduced."`
	Seeds *wholeNumber `group:"Descent:" placeholder:"N" help:"Independent descents of each batch size. Default: 64."`
	Seed  *seedNumber  `group:"Descent:" placeholder:"S" help:"First seed. Default: 1."`

	Tolerance realNumber `group:"Work:" default:"1e-8" placeholder:"E" help:"Absolute error of the exact errors. Default: 1e-8."`
	Format    string     `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`
	Plan      bool       `group:"Output:" help:"Only say what the descents will take."`

	outputFlags `embed:""`
}

func (c *contrastFollowCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	if c.Exact {
		if err := c.onlyExact(); err != nil {
			return err
		}
		return c.exact(p, parameters.ExactParameters, workers)
	}
	if err := parameters.Check(workers); err != nil {
		return err
	}
	defer limitProcessors(workers)()
	if c.Plan {
		groups, err := parameters.Groups()
		if err != nil {
			return err
		}
		bar := progress.New(p.stderr, "kac contrast", c.Quiet)
		defer bar.Done()
		plan, err := sweep.OfGroups(&bench.Measure{Name: contrast.Schema.Measure}, groups...).Plan(p.ctx, sweep.Options{Workers: workers, Progress: bar.Update})
		if err != nil {
			return err
		}
		return p.print(c.Format, cellsPlan("kac contrast", parameters, plan))
	}
	return c.study(p, "kac contrast", c.Format, parameters, parameters.Cells(), []string{"contrast.csv", "gaps.csv", "seeds.csv", "contrast.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		study, err := contrast.Run(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "contrast.csv", Fill: study.WriteCSV}, {Name: "gaps.csv", Fill: study.WriteGaps}, {Name: "seeds.csv", Fill: study.WriteSeeds}},
			pictures: []store.File{store.Picture("contrast.svg", study.Picture)}, text: study.WriteText, notes: study.Notes}, nil
	})
}

// onlyExact refuses flags of the descent.
func (c *contrastFollowCommand) onlyExact() error {
	for _, f := range []struct {
		key   string
		given bool
	}{{"dim", c.Dim != nil}, {"step", c.Step != nil}, {"form", c.Form != nil}, {"seeds", c.Seeds != nil}, {"seed", c.Seed != nil}, {"feature", c.Feature != nil}, {"plan", c.Plan}} {
		if f.given {
			return &bench.InputError{Key: f.key, Value: "given", Reason: "has no meaning with --exact"}
		}
	}
	return nil
}

// parameters are those of the descent; the exact ones are a part of them.
func (c *contrastFollowCommand) parameters() (contrast.Parameters, error) {
	p := contrast.Parameters{Dim: contrast.DefaultDim, Step: contrast.DefaultStep, Form: contrast.Reduced, Seeds: contrast.DefaultSeeds, Seed: contrast.DefaultSeed}
	p.Features = contrast.Features{Alpha: c.Alpha, Start: c.Start, Noise: c.Noise}
	p.Tolerance = float64(c.Tolerance)
	for _, set := range []struct {
		from *wholeNumber
		to   *int
	}{{c.Dim, &p.Dim}, {c.Seeds, &p.Seeds}} {
		if set.from != nil {
			*set.to = int(*set.from)
		}
	}
	for _, set := range []struct {
		from *realNumber
		to   *float64
	}{{c.Step, &p.Step}, {c.Decay, &p.Decay}} {
		if set.from != nil {
			*set.to = float64(*set.from)
		}
	}
	if c.Form != nil {
		p.Form = *c.Form
	}
	if c.Seed != nil {
		p.Seed = uint64(*c.Seed)
	}
	if c.Feature != nil {
		if p.Feature = int(*c.Feature); p.Feature == 0 {
			return p, bench.Refuse("feature", 0, "features count from 1")
		}
	}
	var err error
	if p.Batches, err = bench.WholesAt("batches", c.Batches, 0, contrast.MaxBatch); err != nil {
		return p, err
	}
	p.Times, err = c.times()
	return p, err
}

// times are those of --times, or up to --time.
func (c *contrastFollowCommand) times() ([]float64, error) {
	switch {
	case c.Time == nil && c.Points != nil:
		return nil, &bench.InputError{Key: "points", Value: "given", Reason: "only with --time"}
	case c.Time == nil && c.Times == nil:
		return nil, &bench.InputError{Key: "times", Reason: "give times, such as 0,1,2, or the last one by --time"}
	case c.Time == nil:
		return bench.TimesAt("times", c.Times, 0, nil)
	case c.Times != nil:
		return nil, &bench.InputError{Key: "time", Value: bench.Number(float64(*c.Time)), Reason: "not together with --times"}
	}
	if err := bench.CheckPositive("time", float64(*c.Time), contrast.MaxTime, "m eta steps"); err != nil {
		return nil, err
	}
	points := 9
	if c.Points != nil {
		points = int(*c.Points)
		if err := bench.CheckWhole("points", points, 2, 100_001, "times up to the last one"); err != nil {
			return nil, err
		}
	}
	return bench.Grid(float64(*c.Time), points), nil
}

func (c *contrastFollowCommand) exact(p *process, parameters contrast.ExactParameters, workers int) error {
	if err := parameters.Check(); err != nil {
		return err
	}
	defer limitProcessors(workers)()
	return c.study(p, "kac contrast", c.Format, parameters, parameters.Cells(), []string{"exact.csv", "exact.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		exact, err := contrast.RunExact(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "exact.csv", Fill: exact.WriteCSV}}, pictures: []store.File{store.Picture("exact.svg", exact.Picture)}, text: exact.WriteText, notes: exact.Notes}, nil
	})
}

// contrastMeasure is kac contrast in sweeps.
func contrastMeasure() bench.Measure {
	m := bench.Measure{Name: contrast.Schema.Measure, Restore: contrast.Restore}
	lists := []string{"noise", "dim", "step", "decay", "feature", "form"}
	return verbMeasure(m, lists, []string{"exact"}, func(c *contrastFollowCommand) (bench.Study, error) {
		parameters, err := c.parameters()
		if err != nil {
			return nil, err
		}
		return contrast.NewGroup(parameters)
	})
}

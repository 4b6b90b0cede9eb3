package main

import (
	"io"
	"strings"

	"kac/bench"
	"kac/bench/coding"
	"kac/bench/store"
	"kac/internal/plotting"
)

type codeCommand struct {
	Limit     bool `group:"What to do:" help:"Table of the limit of infinitely many blocks, without sampling."`
	Adversary bool `group:"What to do:" help:"Take the share --straggle of the machines where it harms most."`
	Descend   bool `group:"What to do:" help:"Gradient descent with coded gradients."`

	Graph    *string     `group:"Code:" placeholder:"GRAPH" help:"Graph whose vertices are blocks and whose edges are machines: regular (random), lps:P,Q (primes), complete, hypercube, cycle, file:PATH (an edge a line). Default: regular."`
	Matrix   string      `group:"Code:" placeholder:"FILE" help:"Instead: an assignment of your own, blocks x machines (.npy or .csv), decoded by least squares."`
	Blocks   quantities  `group:"Code:" placeholder:"N,N,..." help:"Numbers of data blocks, such as 64,256,1024 or 2^6..2^12."`
	Degree   quantities  `group:"Code:" placeholder:"D,D,..." help:"Degrees: how many machines hold a block."`
	Schemes  string      `group:"Code:" placeholder:"NAME,..." help:"graph (optimal decoding), fixed (the same code, fixed weights), uncoded, frc (fractional repetition), bernoulli, expander, cyclic (Raviv et al.), or all. Default: graph,fixed,uncoded,frc."`
	Straggle realNumbers `group:"Stragglers:" placeholder:"P,P,..." help:"Probabilities to lose a machine (with --adversary: shares)."`
	Lose     string      `group:"Stragglers:" placeholder:"HOW" help:"bernoulli: each machine by itself; fixed: the share --straggle of them, rounded down. Default: bernoulli."`
	Delays   string      `group:"Stragglers:" placeholder:"LAW" help:"Instead: machines take time, by exponential:SHIFT,MEAN, pareto:LEAST,EXPONENT or file:PATH (measured times)."`
	Wait     realNumbers `group:"Stragglers:" placeholder:"SHARE,..." help:"With --delays: the shares of the machines that the master waits for."`
	Deadline realNumbers `group:"Stragglers:" placeholder:"T,..." help:"With --delays: times after which it waits no more."`

	Seeds  *wholeNumber `group:"Work:" placeholder:"N" help:"Independent graphs (with --adversary: searches). Default: 8."`
	Seed   *seedNumber  `group:"Work:" placeholder:"S" help:"First seed. Default: 1."`
	Draws  *wholeNumber `group:"Work:" placeholder:"N" help:"Draws of stragglers for each seed. Default: 16; with --rare 20000."`
	Rare   bool         `group:"Work:" help:"For errors too small for draws: explore the components of random blocks (importance sampling)."`
	Rounds *wholeNumber `group:"Work:" placeholder:"N" help:"With --adversary: rounds of each search. Default: 200."`

	Loss        *string      `group:"Descent:" placeholder:"LOSS" help:"square or logistic. Default: square."`
	Data        string       `group:"Descent:" placeholder:"FILE" help:"Inputs, one point a row (.npy or .csv). Default: drawn."`
	Labels      string       `group:"Descent:" placeholder:"FILE" help:"Labels of --data."`
	Points      *wholeNumber `group:"Descent:" placeholder:"N" help:"Drawn data points. Default: 960."`
	Features    *wholeNumber `group:"Descent:" placeholder:"K" help:"Their coordinates. Default: 20."`
	DataSeed    *seedNumber  `group:"Descent:" placeholder:"S" help:"Their seed. Default: 1."`
	Step        *realNumber  `group:"Descent:" placeholder:"ETA" help:"Step of gradient descent. Default: 0.1."`
	Steps       *wholeNumber `group:"Descent:" placeholder:"N" help:"Steps. Default: 100."`
	Adversarial bool         `group:"Descent:" help:"The same machines are lost in every step, those that an adversary takes."`

	Tolerance realNumber `group:"Work:" default:"1e-10" placeholder:"E" help:"Absolute error of the limit. Default: 1e-10."`
	Format    string     `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *codeCommand) Help() string {
	return "Gradient codes: data are cut into n blocks, a machine holds two of them (an edge of a graph), and some machines do not answer. " +
		"Prints the decoding error (1/n) E|alpha - 1|^2 of finite codes beside the exact limit of infinitely many blocks, " +
		"with n * (error - limit).\n\n" +
		"The same command with the same --out goes on where it was interrupted.\n\n" +
		"Examples:\n\n  kac code --limit --degree 3,4 --straggle .1,.2,.3\n" +
		"  kac code --graph regular --degree 3 --blocks 64,256,1024,4096 --straggle .3 --seeds 100\n" +
		"  kac code --adversary --graph lps:5,13 --straggle .1,.2,.3 --schemes graph,frc\n" +
		"  kac code --descend --degree 3 --blocks 16 --straggle .2 --seeds 30"
}

func (c *codeCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	if err := c.checkMode(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	switch {
	case c.Limit:
		return c.limit(p)
	case c.Adversary:
		return c.adversary(p, workers)
	case c.Descend:
		return c.descend(p, workers)
	}
	return c.measure(p, workers)
}

// checkMode refuses flags that the chosen table does not use.
func (c *codeCommand) checkMode() error {
	modes := []struct {
		name string
		on   bool
	}{{"limit", c.Limit}, {"adversary", c.Adversary}, {"descend", c.Descend}}
	chosen := ""
	for _, m := range modes {
		if m.on && chosen != "" {
			return &bench.InputError{Key: m.name, Value: "given", Reason: "not together with --" + chosen}
		}
		if m.on {
			chosen = m.name
		}
	}
	for _, f := range []struct {
		key   string
		given bool
		modes string // where it has a meaning; "measure" is none of the switches
	}{
		{"graph", c.Graph != nil, "measure adversary descend"}, {"matrix", c.Matrix != "", "measure adversary descend"}, {"blocks", c.Blocks != nil, "measure adversary descend"},
		{"schemes", c.Schemes != "", "measure adversary descend"}, {"lose", c.Lose != "", "measure descend"}, {"delays", c.Delays != "", "measure descend"},
		{"wait", c.Wait != nil, "measure descend"}, {"deadline", c.Deadline != nil, "measure descend"}, {"seeds", c.Seeds != nil, "measure adversary descend"},
		{"seed", c.Seed != nil, "measure adversary descend"}, {"draws", c.Draws != nil, "measure"}, {"rare", c.Rare, "measure"}, {"rounds", c.Rounds != nil, "adversary"},
		{"loss", c.Loss != nil, "descend"}, {"data", c.Data != "", "descend"}, {"labels", c.Labels != "", "descend"}, {"points", c.Points != nil, "descend"},
		{"features", c.Features != nil, "descend"}, {"data-seed", c.DataSeed != nil, "descend"}, {"step", c.Step != nil, "descend"}, {"steps", c.Steps != nil, "descend"},
		{"adversarial", c.Adversarial, "descend"},
	} {
		mode := chosen
		if mode == "" {
			mode = "measure"
		}
		if f.given && !strings.Contains(f.modes, mode) {
			reason := "has no meaning with --" + chosen
			if chosen == "" {
				reason = "only with --" + strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(f.modes, "measure", "")), " ", " or --")
			}
			return &bench.InputError{Key: f.key, Value: "given", Reason: reason}
		}
	}
	if c.Data != "" {
		for key, given := range map[string]bool{"points": c.Points != nil, "features": c.Features != nil, "data-seed": c.DataSeed != nil} {
			if given {
				return &bench.InputError{Key: key, Value: "given", Reason: "belongs to drawn data; with --data leave it out"}
			}
		}
	}
	return nil
}

// parameters are those of the code and its stragglers.
func (c *codeCommand) parameters() (coding.Parameters, error) {
	p := coding.Parameters{Matrix: c.Matrix, Straggle: c.Straggle, Lose: c.Lose, Delays: c.Delays, Wait: c.Wait, Deadline: c.Deadline,
		Seeds: coding.DefaultSeeds, Seed: 1, Draws: coding.DefaultDraws, Rare: c.Rare, Tolerance: float64(c.Tolerance)}
	if c.Graph != nil {
		p.Graph = *c.Graph
	}
	if c.Rare {
		p.Draws = coding.DefaultRareDraws
	}
	if c.Schemes != "" {
		p.Schemes = strings.Split(c.Schemes, ",")
	}
	if c.Seeds != nil {
		p.Seeds = int(*c.Seeds)
	}
	if c.Seed != nil {
		p.Seed = uint64(*c.Seed)
	}
	if c.Draws != nil {
		p.Draws = int(*c.Draws)
	}
	var err error
	if p.Blocks, err = bench.WholesAt("blocks", c.Blocks, 0, coding.MaxBlocks); err != nil {
		return p, err
	}
	p.Degrees, err = bench.WholesAt("degree", c.Degree, 0, 10_000)
	return p, err
}

const codeProgram = "kac code"

func (c *codeCommand) limit(p *process) error {
	degrees, err := bench.WholesAt("degree", c.Degree, 0, 10_000)
	if err != nil {
		return err
	}
	parameters := coding.LimitParameters{Degrees: degrees, Straggle: c.Straggle, Tolerance: float64(c.Tolerance)}
	if err := parameters.Check(); err != nil {
		return err
	}
	return c.study(p, codeProgram, c.Format, parameters, 0, []string{"limit.csv", "limit.svg"}, func(*store.Cells, func(float64, string)) (*studyResult, error) {
		rows, err := coding.Limits(p.ctx, parameters)
		return &studyResult{tables: []store.File{{Name: "limit.csv", Fill: func(w io.Writer) error { return coding.WriteLimits(w, rows) }}},
			pictures: []store.File{store.Picture("limit.svg", func() (*plotting.Figure, error) { return coding.LimitPicture(rows), nil })}}, err
	})
}

func (c *codeCommand) measure(p *process, workers int) error {
	parameters, err := c.parameters()
	if err == nil {
		err = parameters.Check(p.ctx)
	}
	if err != nil {
		return err
	}
	return c.study(p, codeProgram, c.Format, parameters, parameters.Cells(), []string{"code.csv", "seeds.csv", "code.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		study, err := coding.Run(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "code.csv", Fill: study.WriteCSV}, {Name: "seeds.csv", Fill: study.WriteSeeds}},
			pictures: []store.File{store.Picture("code.svg", study.Picture)}, text: study.WriteText, notes: append(study.Apart, study.Unseen...)}, nil
	})
}

func (c *codeCommand) adversary(p *process, workers int) error {
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	parameters.Draws = 1
	if err := parameters.Check(p.ctx); err != nil {
		return err
	}
	rounds := coding.DefaultRounds
	if c.Rounds != nil {
		rounds = int(*c.Rounds)
		if err := bench.CheckWhole("rounds", rounds, 1, 1_000_000, "rounds of a search"); err != nil {
			return err
		}
	}
	record := struct {
		coding.Parameters
		Rounds int `json:"rounds"`
	}{parameters, rounds}
	return c.study(p, codeProgram, c.Format, record, parameters.Cells(), []string{"adversary.csv", "adversary.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		study, err := coding.RunAdversary(p.ctx, parameters, rounds, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "adversary.csv", Fill: study.WriteCSV}}, pictures: []store.File{store.Picture("adversary.svg", study.Picture)}, text: study.WriteText}, nil
	})
}

func (c *codeCommand) descend(p *process, workers int) error {
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	parameters.Draws = 1
	d := coding.DescendParameters{Code: parameters, Loss: "square", Data: c.Data, Labels: c.Labels, Points: coding.DefaultPoints, Features: coding.DefaultFeatures, DataSeed: 1,
		Step: coding.DefaultStep, Steps: coding.DefaultSteps, Adversarial: c.Adversarial}
	if c.Loss != nil {
		d.Loss = *c.Loss
	}
	for _, set := range []struct {
		from *wholeNumber
		to   *int
	}{{c.Points, &d.Points}, {c.Features, &d.Features}, {c.Steps, &d.Steps}} {
		if set.from != nil {
			*set.to = int(*set.from)
		}
	}
	if c.DataSeed != nil {
		d.DataSeed = uint64(*c.DataSeed)
	}
	if c.Step != nil {
		d.Step = float64(*c.Step)
	}
	if err := d.Check(p.ctx); err != nil {
		return err
	}
	return c.study(p, codeProgram, c.Format, d, d.Cells(), []string{"descent.csv", "descent.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		descent, err := coding.RunDescend(p.ctx, d, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "descent.csv", Fill: descent.WriteCSV}}, pictures: []store.File{store.Picture("descent.svg", descent.Picture)}, text: descent.WriteText}, nil
	})
}

package main

import (
	"kac/bench"
	"kac/bench/decision"
	"kac/bench/store"
)

// decisionCommand is the game, and under dec the coefficients of a class of one's own.
type decisionCommand struct {
	Game gameCommand `cmd:"" default:"withargs" help:"Exact minimax gamma-regret of one-armed bandits: what kac decision alone does."`
	Dec  decCommand  `cmd:"" help:"Coefficients of a finite class, given as a table."`
}

func (c *decisionCommand) Help() string {
	return "Exact minimax gamma-regret of T rounds of a one-armed bandit, between two certificates, beside the decision-estimation coefficient: " +
		"gamma T max(safe, theta) minus the expected reward, against the worst mean theta of the risky arm.\n\n" +
		"The same command with the same --out goes on where it was interrupted.\n\n" +
		"kac decision dec --help has the coefficients of a class of your own.\n\n" +
		"Examples:\n\n  kac decision --class onearmed --gamma 1,.9,.75 --rounds 10,30,100 --out decision\n" +
		"  kac decision dec --table F.csv --reference mean --gamma .9 --eps .1,.2"
}

type gameCommand struct {
	Class  string       `group:"Game:" default:"onearmed" placeholder:"NAME" help:"onearmed: a safe arm of known mean and a risky Bernoulli arm. Default: onearmed."`
	Safe   realNumber   `group:"Game:" default:"0.5" placeholder:"MEAN" help:"Mean of the safe arm. Default: 0.5."`
	Grid   realNumber   `group:"Game:" default:"0.05" placeholder:"STEP" help:"Spacing of the risky arm's possible means 0, STEP, ..., 1. Default: 0.05."`
	Gamma  realNumbers  `group:"Game:" default:"1" placeholder:"G,G,..." help:"Shares of the best reward that are asked for. Default: 1."`
	Rounds quantities   `group:"Game:" default:"10,30,100" placeholder:"N,N,..." help:"Numbers of rounds, up to 2000. Default: 10,30,100."`
	MaxE2D *wholeNumber `group:"Game:" name:"max-e2d" placeholder:"N" help:"Follow the algorithm E2D up to so many rounds; its cost grows like their cube. Default: 100."`
	Format string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *gameCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	list, err := bench.WholesAt("rounds", c.Rounds, 0, 1<<30)
	if err != nil {
		return err
	}
	parameters := decision.Parameters{Class: c.Class, Safe: float64(c.Safe), Grid: float64(c.Grid), Gammas: c.Gamma, Rounds: list, MaxE2D: 100}
	if c.MaxE2D != nil {
		parameters.MaxE2D = int(*c.MaxE2D)
	}
	if err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	return c.study(p, "kac decision", c.Format, parameters, parameters.Cells(), []string{"regret.csv", "regret.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		study, err := decision.Run(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "regret.csv", Fill: study.WriteCSV}}, pictures: []store.File{store.Picture("regret.svg", study.Picture)}, text: study.WriteText}, nil
	})
}

type decCommand struct {
	Table     string      `group:"Class:" required:"" placeholder:"FILE" help:"Mean functions, a row each, and decisions, a column each, from 0 to 1 (.csv or .npy): up to 20 x 200."`
	Reference string      `group:"Class:" default:"mean" placeholder:"mean or PATH" help:"mean of the functions, or a file whose rows are references; the largest value is told. Default: mean."`
	Gamma     realNumbers `group:"Class:" default:"1" placeholder:"G,G,..." help:"Shares of the best mean that are asked for. Default: 1."`
	Eps       realNumbers `group:"Class:" placeholder:"E,E,..." help:"Radii: functions further than eps from the reference under p are excluded."`
	Lambda    realNumbers `group:"Class:" placeholder:"L,L,..." help:"Offset values instead, or too."`
	Format    string      `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *decCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	parameters := decision.DecParameters{Table: c.Table, Reference: c.Reference, Gammas: c.Gamma, Eps: c.Eps, Lambda: c.Lambda}
	if err := parameters.Check(p.ctx); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	return c.study(p, "kac decision dec", c.Format, parameters, parameters.Cells(), []string{"dec.csv"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		dec, err := decision.RunDec(p.ctx, parameters, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "dec.csv", Fill: dec.WriteCSV}}, text: dec.WriteText}, nil
	})
}

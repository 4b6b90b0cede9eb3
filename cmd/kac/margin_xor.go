package main

import (
	"kac/bench"
	"kac/bench/margin"
	"kac/bench/store"
)

type marginXORCommand struct {
	Power   realNumbers  `group:"Networks:" placeholder:"H,H,..." help:"Powers h of relu^h, above 1 and below 2."`
	Kappas  realNumbers  `group:"Networks:" placeholder:"K,K,..." help:"n/(d s2): points over the square of the noise."`
	Samples *wholeNumber `group:"Training:" placeholder:"N" help:"Points, a multiple of 4: with --dim the bracket of finite data sets, and what networks are trained on."`
	Dim     *wholeNumber `group:"Training:" placeholder:"D" help:"Dimensions."`
	Neurons *wholeNumber `group:"Training:" placeholder:"M" help:"Train networks of so many neurons by ascent of the soft minimum of the margin."`
	Steps   *wholeNumber `group:"Training:" placeholder:"N" help:"Steps of each of its ten stages. Default: 300."`
	Seeds   *wholeNumber `group:"Training:" placeholder:"N" help:"Data sets, each with its network. Default: 1."`
	Seed    *seedNumber  `group:"Training:" placeholder:"S" help:"First seed. Default: 1."`
	Plan    bool         `group:"Output:" help:"With --neurons: say what training would take, and do nothing else."`
	Format  string       `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *marginXORCommand) Help() string {
	return "Networks of two layers with relu^h on XOR data: the largest margin with the clusters' signal and by memory alone, the kappa from which on the first is larger, " +
		"and the kappa below which no uniform bound holds, in infinitely many dimensions; with --neurons trained networks beside them.\n\n" +
		"The same command with the same --out goes on where it was interrupted.\n\n" +
		"Examples:\n\n  kac margin xor --power 1.5 --kappas .5,1,2.5\n" +
		"  kac margin xor --power 1.5 --kappas .5,1.5,2.5 --samples 80 --dim 40000 --neurons 64 --out xor"
}

func (c *marginXORCommand) parameters() (margin.XORParameters, error) {
	p := margin.XORParameters{Powers: c.Power, Kappas: c.Kappas}
	for _, set := range []struct {
		from *wholeNumber
		to   *int
	}{{c.Samples, &p.Samples}, {c.Dim, &p.Dim}, {c.Neurons, &p.Neurons}} {
		if set.from != nil {
			*set.to = int(*set.from)
		}
	}
	if (c.Samples == nil) != (c.Dim == nil) {
		if c.Dim == nil {
			return p, bench.Refuse("dim", "", "points have dimensions; give their number, such as 40000")
		}
		return p, bench.Refuse("samples", "", "give the number of points, such as 80")
	}
	if c.Neurons == nil {
		for key, given := range map[string]bool{"plan": c.Plan, "steps": c.Steps != nil, "seeds": c.Seeds != nil, "seed": c.Seed != nil} {
			if given {
				return p, bench.Refuse(key, "given", "only with --neurons")
			}
		}
		return p, p.Check()
	}
	p.Steps, p.Seeds, p.Seed = margin.DefaultSteps, 1, 1
	if c.Steps != nil {
		p.Steps = int(*c.Steps)
	}
	if c.Seeds != nil {
		p.Seeds = int(*c.Seeds)
	}
	if c.Seed != nil {
		p.Seed = uint64(*c.Seed)
	}
	if p.Neurons < 2 {
		return p, bench.CheckWhole("neurons", p.Neurons, 2, margin.MaxNeurons, "neurons, half of them with the weight -1")
	}
	return p, p.Check()
}

func (c *marginXORCommand) Run(p *process) error {
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
		plan, err := margin.MakeXORPlan(p.ctx, parameters, workers)
		if err != nil {
			return err
		}
		return p.print(c.Format, output{program: "kac margin xor", parameters: parameters, csv: plan.WriteCSV, text: plan.WriteText})
	}
	return c.study(p, "kac margin xor", c.Format, parameters, parameters.Cells(), []string{"xor.csv", "xor.svg"}, func(cells *store.Cells, update func(float64, string)) (*studyResult, error) {
		table, err := margin.RunXOR(p.ctx, parameters, workers, cells, update)
		if err != nil {
			return nil, err
		}
		return &studyResult{tables: []store.File{{Name: "xor.csv", Fill: table.WriteCSV}}, pictures: []store.File{store.Picture("xor.svg", table.Picture)}, text: table.WriteText}, nil
	})
}

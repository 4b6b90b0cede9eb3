package main

import (
	"time"

	"kac/bench"
	"kac/bench/budget"
	"kac/bench/store"
	"kac/internal/progress"
)

type budgetCommand struct {
	problemFlags `embed:""`

	Time      *realNumber  `group:"Budget:" required:"" placeholder:"T" help:"Paper time up to which the gap is to stay below the error."`
	Error     *realNumber  `group:"Budget:" required:"" placeholder:"E" help:"Largest squared distance ||f - f_MF||^2 to the infinite-width network."`
	Noise     realNumber   `group:"Budget:" default:"0" placeholder:"S" help:"Standard deviation of the labels' noise. Default: 0."`
	Batch     *wholeNumber `group:"Budget:" placeholder:"B" help:"Samples a step. Default: chosen."`
	Samples   *wholeNumber `group:"Budget:" placeholder:"N" help:"Train on N fixed samples. Default: every step draws new ones."`
	Tolerance realNumber   `group:"Budget:" default:"1e-8" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-13 to 1e-2. Default: 1e-8."`

	Measure bool         `name:"check" group:"Check:" help:"Train networks of the sizes found, and print the measured gap beside the predicted one."`
	Seeds   *wholeNumber `group:"Check:" placeholder:"N" help:"With --check: networks. Default: 4."`
	Seed    *seedNumber  `group:"Check:" placeholder:"S" help:"With --check: first seed. Default: 1."`

	Format string `group:"Output:" default:"text" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: text."`

	outputFlags `embed:""`
}

func (c *budgetCommand) Help() string {
	return "How many neurons, samples and steps keep a network within an error of its infinite-width limit up to a time, at the least arithmetic: by the exact law\n\n" +
		"  E||f - f_MF||^2 = C/m + (C_data + tau^2 C_noise)/n + eta/B (C_sgd + tau^2 C_sgdnoise) + eta^2 C_step\n\n" +
		"whose constants are those of kac theory, held at 13 times from 0 to the last. It prints the width m, the samples n that training sees, the step eta and the batch B, the parts of the predicted gap " +
		"where it is largest, flops and the time that they take here. New samples in every step have no term in 1/n; --samples fixes their number, and rare ones are then summed up (C_data(t; n)). " +
		"--out has the table and a picture of curves of equal gap.\n\n" +
		"Columns: predicted_gap at worst_time and its parts width_gap, data_gap, batch_gap, step_gap; dominant names the largest; flops are 4 m B d a step; seconds by some steps of this machine; data_threshold is n*, which --samples has to be well above; " +
		"with --check measured_gap with its standard error, and measured_ratio to the prediction.\n\n" +
		"Example:\n\n  kac budget --problem he4 --dim 32 --time 20 --error .01 --noise .1"
}

func (c *budgetCommand) Run(p *process) error {
	if err := checkFormat(c.Format); err != nil {
		return err
	}
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	if _, err := parameters.Check(); err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	out, err := c.store(p, "kac budget", parameters, "budget.csv", "budget.svg")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac budget", c.Quiet)
	result, err := budget.Run(p.ctx, parameters, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	var undrawn error
	if out != nil {
		undrawn, err = c.finish(p, "kac budget", out, []store.File{{Name: "budget.csv", Fill: result.WriteCSV}}, []store.File{store.Picture("budget.svg", result.Picture)})
		if err != nil {
			return err
		}
	}
	if err := p.print(c.Format, output{program: "kac budget", parameters: result.Parameters, csv: result.WriteCSV, text: result.WriteText}); err != nil {
		return err
	}
	if c.Format != formatText { // whose text has them
		for _, note := range result.Law.Notes(result.Plan) {
			c.note(p.stderr, "kac budget", "%s", note)
		}
	}
	c.note(p.stderr, "kac budget", "%s", progress.Duration(time.Since(start)))
	return undrawn
}

func (c *budgetCommand) parameters() (budget.Parameters, error) {
	choice, err := c.choice()
	if err != nil {
		return budget.Parameters{}, err
	}
	p := budget.Parameters{ProblemChoice: choice, Time: float64(*c.Time), Error: float64(*c.Error), Noise: float64(c.Noise), Tolerance: float64(c.Tolerance)}
	if c.Measure {
		p.Seeds, p.Seed = 4, 1
	}
	for _, x := range []struct {
		key   string
		given *wholeNumber
		to    *int
		check bool
		what  string
	}{{"batch", c.Batch, &p.Batch, false, "samples a step"}, {"samples", c.Samples, &p.Samples, false, "training samples"}, {"seeds", c.Seeds, &p.Seeds, true, "networks"}} {
		if x.given == nil {
			continue
		}
		if *x.to = int(*x.given); *x.to < 1 {
			return p, bench.Refuse(x.key, *x.to, "give a whole number of %s, at least 1", x.what)
		}
		if x.check && !c.Measure {
			return p, bench.Refuse(x.key, *x.to, "only together with --check, whose networks it repeats")
		}
	}
	if c.Seed != nil {
		if !c.Measure {
			return p, bench.Refuse("seed", uint64(*c.Seed), "only together with --check, whose networks start from it")
		}
		p.Seed = uint64(*c.Seed)
	}
	_, err = p.Check() // fills in the dimension of a problem by name
	return p, err
}

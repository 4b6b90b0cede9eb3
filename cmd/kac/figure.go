package main

import (
	"errors"
	"fmt"
	"io"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/theory"
	"kac/internal/plotting"
	"kac/internal/progress"
)

type figureCommand struct {
	Number string `arg:"" help:"Number of the figure: 2 (local Hessian, coupling error and alignment of every neuron), 6 (self-concordance along one neuron), or 3, 4, 5, 7, 8, 9 (networks trained on samples: he4, misspecified, xor4, circle, random6, staircase). Of local steps: bias, fixed-points, crossover."`

	Width *wholeNumber `group:"Figure:" placeholder:"M" help:"Figure 2: neurons of the finite network. Default: 512."`
	Seed  *seedNumber  `group:"Figure:" placeholder:"S" help:"Figure 2: seed of its initial neurons. Default: 1."`

	Format *string `group:"Output:" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: csv for figures 2 and 6, text for the others."`

	paperFigureFlags `embed:""`
	outputFlags      `embed:""`
}

func (c *figureCommand) Help() string {
	return "Prints the numbers of figures 2 and 6 as CSV; with --out they go to a file beside the picture. " +
		"Figures of trained networks print tables and a comparison with the published values, and go to --out with pictures and checkpoints. " +
		"Time is paper time, twice the time on the paper's axes.\n\nExamples:\n\n  kac figure 2 --out figure2\n  kac figure 3 --scale laptop --out figure3"
}

// drawnFigure is a figure that has been computed.
type drawnFigure interface {
	WriteCSV(w io.Writer) error
	Picture() (*plotting.Figure, error)
}

func (c *figureCommand) Run(p *process) error {
	workers, err := c.workers()
	if err != nil {
		return err
	}
	if c.Format != nil {
		if err := checkFormat(*c.Format); err != nil {
			return err
		}
	}
	defer limitProcessors(workers)()
	if known, err := paperFigure(p, c); known {
		return err
	}
	if known, err := localFigure(p, c, workers); known {
		return err
	}
	switch c.Number {
	case "2":
		parameters, err := c.figure2()
		if err != nil {
			return err
		}
		problem, err := bench.ExactPreset(parameters.Problem, parameters.Dim)
		if err != nil {
			return err
		}
		if err := parameters.Memory(problem).Check(); err != nil {
			return err
		}
		return c.draw(p, parameters, func(report func(float64, string)) (drawnFigure, string, error) {
			f, err := theory.RunFigure2(p.ctx, parameters, workers, report)
			if err != nil {
				return nil, "", err
			}
			last := len(f.Times) - 1
			return f, fmt.Sprintf("at time %g: mean |Delta| = %.3g, potential Phi = %.3g", f.Times[last], f.MeanDelta[last], f.Phi[last]), nil
		})
	case "6":
		if c.Width != nil || c.Seed != nil {
			return &bench.InputError{Key: "width", Reason: "figure 6 has no finite network; leave --width and --seed out"}
		}
		parameters := theory.DefaultFigure6()
		return c.draw(p, parameters, func(func(float64, string)) (drawnFigure, string, error) {
			f, err := theory.RunFigure6(p.ctx, parameters)
			if err != nil {
				return nil, "", err
			}
			gap, ratio := f.Closest()
			return f, fmt.Sprintf("bound minus top eigenvalue is at least %.3g; their ratio, while positive, at most %.4g", gap, ratio), nil
		})
	}
	return noFigure(c.Number)
}

// format is the one asked for, or the default.
func (c *figureCommand) format(otherwise string) string {
	if c.Format == nil {
		return otherwise
	}
	return *c.Format
}

func (c *figureCommand) figure2() (theory.Figure2Parameters, error) {
	f := theory.DefaultFigure2()
	if c.Width != nil {
		f.Width = int(*c.Width)
	}
	if c.Seed != nil {
		f.Seed = uint64(*c.Seed)
	}
	return f, bench.CheckWhole("width", f.Width, 2, 1<<16, "neurons")
}

// draw computes the figure, and prints or saves it.
func (c *figureCommand) draw(p *process, parameters any, run func(report func(float64, string)) (drawnFigure, string, error)) error {
	name := "figure" + c.Number
	if len(c.Number) > 1 { // a word
		name = "figure-" + c.Number
	}
	out, err := c.store(p, "kac figure "+c.Number, parameters, name+".csv", name+".svg")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	bar := progress.New(p.stderr, "kac figure", c.Quiet)
	figure, note, err := run(bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	c.note(p.stderr, "kac figure", "%s", note)
	if out == nil {
		return p.print(c.format(formatCSV), output{program: "kac figure " + c.Number, parameters: parameters, csv: figure.WriteCSV})
	}
	undrawn, err := c.finish(p, "kac figure", out, []store.File{{Name: name + ".csv", Fill: figure.WriteCSV}}, []store.File{store.Picture(name+".svg", figure.Picture)})
	return errors.Join(err, undrawn)
}

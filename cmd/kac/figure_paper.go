package main

import (
	"fmt"
	"io"
	"strconv"

	"kac/bench"
	"kac/bench/training"
)

// paperFigureFlags are those of the figures of trained networks.
type paperFigureFlags struct {
	Scale *string `group:"Figure:" placeholder:"WORD" help:"Figures 3, 4, 5, 7, 8 and 9: laptop (about a minute on two cores), eighth (an eighth of the widths) or paper (as published: half an hour on two cores for figure 3, a day for 9; --plan tells). Default: laptop."`

	Precision *string      `group:"Figure:" placeholder:"WORD" help:"The same figures: float32, float64, or bf16x3 or bf16x6: float32 with velocities from products of bf16 parts, on AMX or AVX512-BF16. Default: float32."`
	Form      *string      `group:"Figure:" placeholder:"WORD" help:"The same figures: sums of velocities, pairwise, moment or auto, as in kac train. Default: auto."`
	Repeats   *wholeNumber `group:"Figure:" placeholder:"N" help:"The same figures: repeats. Default: 3, the paper's."`
	Plan      bool         `group:"Figure:" help:"The same figures: only say what they will take, by a few measured steps."`
}

// given names the first of the flags that is given, "" if none is.
func (f *paperFigureFlags) given() (key, value string) {
	switch {
	case f.Scale != nil:
		return "scale", *f.Scale
	case f.Precision != nil:
		return "precision", *f.Precision
	case f.Form != nil:
		return "form", *f.Form
	case f.Repeats != nil:
		return "repeats", strconv.Itoa(int(*f.Repeats))
	case f.Plan:
		return "plan", "true"
	}
	return "", ""
}

// paperFigure runs a figure of trained networks; known is false if the number is not one of theirs.
func paperFigure(p *process, c *figureCommand) (known bool, err error) {
	n, err := strconv.Atoi(c.Number)
	if err != nil {
		return false, nil
	}
	figure, err := training.FindPaperFigure(n)
	if err != nil {
		if key, value := c.given(); key != "" {
			return true, &bench.InputError{Key: key, Value: value, Reason: "only with the figures of trained networks, 3, 4, 5, 7, 8 and 9"}
		}
		return false, nil
	}
	if c.Width != nil || c.Seed != nil {
		return true, &bench.InputError{Key: "width", Reason: "widths and seeds belong to the scale; leave --width and --seed out, or use kac train"}
	}
	scale := training.ScaleLaptop
	if c.Scale != nil {
		scale = *c.Scale
	}
	parameters, err := figure.Parameters(scale)
	if err != nil {
		return true, err
	}
	if c.Precision != nil {
		parameters.Precision = *c.Precision
	}
	if c.Form != nil {
		parameters.Form = *c.Form
	}
	if c.Repeats != nil {
		parameters.Repeats = int(*c.Repeats)
	}
	unit, err := figure.UnitTime()
	if err != nil {
		return true, err
	}
	return true, runTraining(p, trainingRun{
		name: "kac figure", parameters: parameters, out: c.Out, workers: c.Workers, quiet: c.Quiet, plan: c.Plan, format: c.format(formatText),
		label: fmt.Sprintf("paper time *t* (the figure's axis: *t*/%s)", bench.Number(unit)),
		print: func(t *training.Study, s *training.Summary, _ *training.Gaps) error {
			return p.print(c.format(formatText), output{program: "kac figure " + c.Number, parameters: t.Parameters, csv: t.WriteCSV, text: func(w io.Writer) error {
				if err := t.WriteText(w, s); err != nil {
					return err
				}
				return figure.WriteComparison(w, t, s, scale)
			}})
		},
	})
}

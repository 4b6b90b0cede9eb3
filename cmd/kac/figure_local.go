package main

import (
	"fmt"
	"strings"

	"kac/bench"
	"kac/bench/localsgd"
)

// localFigure draws one of the figures about local steps; known is false for other names.
func localFigure(p *process, c *figureCommand, workers int) (known bool, err error) {
	if c.Width != nil || c.Seed != nil {
		return false, nil
	}
	switch c.Number {
	case "bias":
		parameters := localsgd.DefaultBiasFigure()
		return true, c.draw(p, parameters, func(report func(float64, string)) (drawnFigure, string, error) {
			f, err := localsgd.RunBiasFigure(p.ctx, parameters, workers, report)
			if err != nil {
				return nil, "", err
			}
			var said []string
			for i, r := range f.Table.Rows {
				said = append(said, fmt.Sprintf("K = %d: %.6g, measured %s", r.Steps, r.Bias.Bias, f.Means[i].Text()))
			}
			return f, "E x_K, " + strings.Join(said, "; "), nil
		})
	case "fixed-points":
		parameters, err := localsgd.DefaultFixedPointsFigure()
		if err != nil {
			return true, err
		}
		return true, c.draw(p, parameters, func(report func(float64, string)) (drawnFigure, string, error) {
			f, err := localsgd.RunFixedPoint(p.ctx, parameters, report)
			if err != nil {
				return nil, "", err
			}
			return f, fmt.Sprintf("the mean of the clients' optima is %.8f from x*", f.Heterogeneity.Shift), nil
		})
	case "crossover":
		parameters := localsgd.DefaultCrossoverFigure()
		if err := parameters.Check(p.ctx); err != nil {
			return true, err
		}
		return true, c.draw(p, parameters, func(report func(float64, string)) (drawnFigure, string, error) {
			f, err := localsgd.RunCompare(p.ctx, parameters, workers, nil, report)
			if err != nil {
				return nil, "", err
			}
			return f, "local-sgd " + f.Crossings(), nil
		})
	}
	return false, nil
}

// noFigure is the refusal of another name.
func noFigure(name string) error {
	return &bench.InputError{Key: "figure", Value: name, Reason: "no such figure; there are 2 to 9, bias, fixed-points and crossover"}
}

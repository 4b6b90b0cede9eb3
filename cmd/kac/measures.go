package main

import (
	"encoding/json"

	"kac/bench"
	"kac/bench/coding"
	"kac/bench/compare"
	"kac/bench/gap"
	"kac/bench/margin"
	"kac/bench/sweep"
	"kac/bench/training"
	"kac/bench/xor"
)

// measures are the systems that can be swept, by the word behind `measure =` in a study file; the first is that of
// files that name none.
func measures(p *process) sweep.Measures {
	all := append(sweep.Measures{gap.Measure, trainMeasure(p)}, localMeasures(p)...)
	return append(append(all, compare.Measure, contrastMeasure(), margin.Measure, xorMeasure(p), xorReachMeasure(p)), coding.Measures...)
}

// trainMeasure is kac train in sweeps.
func trainMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: training.Schema.Measure, Program: "kac train", Run: training.ReadRun, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return training.RestoreAny(parameters)
	}}
	lists := []string{"problem", "dim", "samples", "batch", "noise", "eta", "precision"}
	return verbMeasure(m, lists, []string{"shared-reference"}, func(c *trainCommand) (bench.Study, error) {
		c.Quiet = true
		files := &training.Files{}
		parameters, err := c.parameters(p, files)
		if err != nil {
			return nil, err
		}
		ready, err := parameters.ReadyWith(p.ctx, files)
		if err != nil {
			return nil, err
		}
		if c.Gaps {
			return study(training.NewGapsGroup(ready))
		}
		return study(training.NewGroup(ready))
	})
}

// xorMeasure is kac xor in sweeps.
func xorMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: xor.Schema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return study(xor.Restore(p.ctx, parameters))
	}}
	return verbMeasure(m, []string{"dim", "scale", "loss", "rate", "batch", "samples", "eta", "precision"}, []string{"reach", "dims", "rates"}, func(c *xorCommand) (bench.Study, error) {
		parameters, err := c.parameters(p)
		if err != nil {
			return nil, err
		}
		return xor.NewGroup(parameters), nil
	})
}

// xorReachMeasure is kac xor --reach in sweeps.
func xorReachMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: xor.ReachSchema.Measure, Pictures: []bench.Picture{{Name: xor.ReachPictureFile, Draw: xor.PictureOfSweep}}, Text: xor.TextOfSweep, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return study(xor.RestoreReach(p.ctx, parameters))
	}}
	return verbMeasure(m, []string{"dim", "scale", "loss", "rate", "batch", "eta", "precision"}, []string{"dims", "rates", "points", "law", "samples", "coupling", "data", "labels", "reference-width"}, func(c *xorCommand) (bench.Study, error) {
		if c.Reach == nil {
			return nil, bench.Refuse("reach", "", "give the test error to reach, such as 0.1")
		}
		return study(c.reachGroup(p))
	})
}

// study is a system's own study as bench has it; nil stays nil.
func study[S bench.Study](s S, err error) (bench.Study, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

package main

import (
	"encoding/json"
	"slices"
	"strings"

	"kac/bench"
	"kac/bench/localsgd"
	"kac/bench/sweep"
)

// localMeasures are kac local and its modes in sweeps.
func localMeasures(p *process) sweep.Measures {
	return sweep.Measures{localMeasure(p), localBiasMeasure(), localExactMeasure(p), localFixedPointMeasure(p), localCompareMeasure(p)}
}

// without are the flags that a mode does not use, and the switches.
func (c *localCommand) without(mode string) []string {
	out := []string{biasMode, exactMode, fixedPointMode}
	if mode != compareMode {
		out = append(out, compareMode)
	}
	for _, f := range c.given() {
		if !slices.Contains(strings.Fields(f.modes), mode) {
			out = append(out, f.key)
		}
	}
	return out
}

// localMeasure is kac local in sweeps.
func localMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: localsgd.Schema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return localsgd.Restore(parameters)
	}}
	lists := []string{"algorithm", "local-steps", "eta", "mu", "smoothness", "rotation", "spread", "server-step", "participation"}
	return verbMeasure(m, lists, new(localCommand).without(measureMode), func(c *localCommand) (bench.Study, error) {
		parameters, err := c.parameters()
		if err != nil {
			return nil, err
		}
		return localsgd.NewGroup(p.ctx, parameters)
	})
}

// localBiasMeasure is kac local --bias in sweeps.
func localBiasMeasure() bench.Measure {
	m := bench.Measure{Name: localsgd.BiasSchema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return localsgd.RestoreBias(parameters)
	}}
	return verbMeasure(m, []string{"eta", "start"}, new(localCommand).without(biasMode), func(c *localCommand) (bench.Study, error) {
		parameters, err := c.biasParameters()
		if err != nil {
			return nil, err
		}
		return localsgd.NewBiasGroup(parameters)
	})
}

// localExactMeasure is kac local --exact in sweeps.
func localExactMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: localsgd.ExactSchema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return localsgd.RestoreExact(p.ctx, parameters)
	}}
	lists := []string{"algorithm", "local-steps", "eta", "mu", "smoothness", "rotation", "spread", "server-step"}
	return verbMeasure(m, lists, new(localCommand).without(exactMode), func(c *localCommand) (bench.Study, error) {
		parameters, err := c.exactParameters(p.ctx)
		if err != nil {
			return nil, err
		}
		return localsgd.NewExactGroup(p.ctx, parameters)
	})
}

// localFixedPointMeasure is kac local --fixed-point in sweeps.
func localFixedPointMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: localsgd.FixedPointSchema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return localsgd.RestoreFixedPoint(p.ctx, parameters)
	}}
	lists := []string{"eta", "step-rule", "clients", "mu", "smoothness", "rotation", "spread"}
	return verbMeasure(m, lists, new(localCommand).without(fixedPointMode), func(c *localCommand) (bench.Study, error) {
		parameters, err := c.fixedPointParameters(p.ctx)
		if err != nil {
			return nil, err
		}
		return localsgd.NewFixedPointGroup(p.ctx, parameters)
	})
}

// localCompareMeasure is kac local --compare in sweeps: a group is one of the algorithms, beside the first one.
func localCompareMeasure(p *process) bench.Measure {
	m := bench.Measure{Name: localsgd.CompareSchema.Measure, Restore: func(parameters json.RawMessage, _ float64) (bench.Study, error) {
		return localsgd.RestoreCompare(p.ctx, parameters)
	}}
	without := slices.DeleteFunc(new(localCommand).without(compareMode), func(key string) bool { return key == "algorithm" })
	lists := []string{"algorithm", "mu", "smoothness", "rotation", "spread", "server-step", "participation"}
	m = verbMeasure(m, lists, without, func(c *localCommand) (bench.Study, error) {
		name := *c.Algorithm
		c.Algorithm = nil
		parameters, err := c.compareParameters(p.ctx)
		if err != nil {
			return nil, err
		}
		return localsgd.NewCompareGroup(p.ctx, parameters, name)
	})
	m.Keys = slices.DeleteFunc(m.Keys, func(key string) bool { return key == "algorithm" })
	read := m.Read
	m.Read = func(values map[string]any) (*bench.Sweep, error) {
		names, is := values[compareMode].(string)
		if !is || names == "" {
			return nil, bench.Refuse(compareMode, "", "name algorithms, such as \"local-sgd,minibatch-sgd\"")
		}
		more := map[string]any{"algorithm": names}
		for key, v := range values {
			more[key] = v
		}
		return read(more)
	}
	return m
}

package contrast

import "kac/bench"

// Schema is the form of the tables of descents in sweeps.
var Schema = &bench.Schema{
	Measure: "contrast", Size: "batch", Sizes: "batches", Letter: "m", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "noised", Kind: bench.Text, Meaning: "features with noise, joined by +; 0: none"},
		{Name: "beta", Kind: bench.Text, Meaning: "their β, joined by +"},
		{Name: "feature", Kind: bench.Whole, Meaning: "the feature that is measured, from 1"},
		{Name: "step", Meaning: "time of a step, m η"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "t = m η steps"},
		{Name: "error", Meaning: "error of the best linear probe, angle(θ, μ)/π", How: bench.Averaged, Formula: "error of the probe"},
		{Name: "gap", Meaning: "error − limit of infinite batches", How: bench.Scaled, Rests: true, Mean: "scaled_gap", Formula: "error − limit"},
		{Name: "norm2", Meaning: "|θ|²", How: bench.Averaged, Formula: "|*θ*|^2"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "t"},
		{Name: "limit_error", Meaning: "error of infinite batches"},
		{Name: "constant", Meaning: "C(t), lim m (error − limit) at infinitesimal steps; empty where there is none"},
	},
	LimitLabels: 4,
}

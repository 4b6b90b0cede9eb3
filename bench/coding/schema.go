package coding

import "kac/bench"

// Schema is the form of the tables of code studies in sweeps. A decoding has no time: it stands at 0.
var Schema = &bench.Schema{
	Measure: "code", Size: "blocks", Sizes: "blocks", Letter: "n", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "graph", Kind: bench.Text, Meaning: "the graph as it was asked for"},
		{Name: "straggle", Meaning: "probability to lose a machine; with delays the share that is not waited for"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0: a decoding has no time"},
		{Name: "error", Meaning: "mean over the draws of (1/n)|α − 1|²", How: bench.Averaged, Formula: "(1/*n*) |*α* − 1|^2"},
		{Name: "mean_alpha", Meaning: "mean of α", How: bench.Averaged, Formula: "mean *α*"},
		{Name: "gap", Meaning: "error − limit, of infinitely many blocks", How: bench.Scaled, Mean: "scaled_gap", Formula: "error − limit"},
		{Name: "seconds", Unit: "s", Meaning: "with delays: mean time that the master waits"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0"},
		{Name: "limit", Meaning: "error of infinitely many blocks"},
		{Name: "limit_error", Meaning: "how wrong it may be"},
	},
	LimitLabels: 2,
}

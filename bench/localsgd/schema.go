package localsgd

import "kac/bench"

// Schema is the form of the tables of local steps in sweeps: the time is the round.
var Schema = &bench.Schema{
	Measure: "local", Size: "clients", Sizes: "clients", Letter: "M", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "objective", Kind: bench.Text, Meaning: "what the clients minimise, as it was asked for"},
		{Name: "local_steps", Kind: bench.Whole, Meaning: "K"},
		{Name: "eta", Meaning: "the step"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "rounds that are done"},
		{Name: "value_gap", Meaning: "F(x) − F*", How: bench.Averaged, Formula: "*F*(*x*) − *F*^{\\*}"},
		{Name: "distance_square", Meaning: "|x − x*|²", How: bench.Averaged, Formula: "|*x* − *x*^{\\*}|^2"},
		{Name: "gap", Meaning: "|x − x_∞|², x_∞ infinitely many clients", How: bench.Scaled, Mean: "scaled_gap", Formula: "|*x* − *x*_∞|^2"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "rounds that are done"},
		{Name: "limit_value_gap", Meaning: "F(x_∞) − F*"},
		{Name: "limit_value_gap_error", Meaning: "how wrong it may be"},
		{Name: "constant", Meaning: "lim M E|x − x_∞|²"},
		{Name: "constant_error", Meaning: "how wrong it may be"},
	},
	LimitLabels: 3,
}

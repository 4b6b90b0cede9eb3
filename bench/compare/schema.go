package compare

import "kac/bench"

// Schema is the form of a sweep's tables: networks alone, for kernels need no seeds. A column's place here is that in
// group.rows.
var Schema = &bench.Schema{
	Measure: "compare", Size: "samples", Sizes: "samples", Letter: "n", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "width", Kind: bench.Whole, Meaning: "m, the number of particles"},
		{Name: "horizon", Unit: "paper time", Meaning: "last time"},
		{Name: "noise", Meaning: "standard deviation of the labels' noise"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "paper time t"},
		{Name: "risk", Meaning: "‖f_m − f*‖² of the network trained on n samples, over the law of the inputs", How: bench.Averaged, Formula: "‖*f*_{*m*} − *f*^{\\*}‖^2"},
		{Name: "train_risk", Meaning: "mean square of y − f_m on the n samples", How: bench.Averaged, Formula: "train risk"},
		{Name: "excess_risk", Meaning: "risk less that of the network with m = n = ∞ at the same time", How: bench.Scaled, Mean: "n_excess_risk", Formula: "risk − risk_{∞}"},
		{Name: "ntk_risk", Meaning: "deterministic equivalent of kernel ridge regression with the network's tangent kernel on n samples, at the best ridge", How: bench.Averaged, Formula: "NTK"},
		{Name: "best_risk", Meaning: "that of the best inner-product kernel", How: bench.Averaged, Formula: "best kernel"},
		{Name: "floor_risk", Meaning: "what no coefficients of a kernel's span reach", How: bench.Averaged, Formula: "floor"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "paper time t"},
		{Name: "risk", Meaning: "of the network with m = n = ∞"},
		{Name: "risk_error", Meaning: "its absolute error"},
		{Name: "lazy_risk", Meaning: "of the same network, linearised at its start"},
	},
	LimitLabels: 2,
}

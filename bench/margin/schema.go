package margin

import "kac/bench"

// Schema is the form of the tables of margin studies in sweeps. A data set has no time: it stands at 0.
var Schema = &bench.Schema{
	Measure: "margin", Size: "dimension", Sizes: "dim", Letter: "d", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "kappa", Meaning: "n/(d s2); with a fixed variance that of the first dimension"},
		{Name: "fraction", Meaning: "share of the largest margin that the worst classifier has"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0: a data set has no time"},
		{Name: "support", Kind: bench.Whole, Meaning: "support vectors", How: bench.Averaged},
		{Name: "q", Meaning: "the sum of the memoriser's multipliers, 1ᵀN⁻¹1 where all points are support vectors", How: bench.Averaged, Formula: "*q*"},
		{Name: "margin", Meaning: "largest margin", How: bench.Averaged},
		{Name: "gap", Meaning: "margin² − (1 + 1/κ), of infinitely many dimensions", How: bench.Scaled, Mean: "scaled_gap", Formula: "margin^2 − (1 + 1/*κ*)"},
		{Name: "signal", Meaning: "μ·w of the max-margin classifier", How: bench.Averaged},
		{Name: "test_error", Meaning: "its test error", How: bench.Averaged},
		{Name: "log10_test_error", Meaning: "decimal logarithm of the test error"},
		{Name: "flip_value", Meaning: "largest value on its points with flipped noise, at margin 1"},
		{Name: "flip_error", Meaning: "share of these points on the wrong side", How: bench.Averaged},
		{Name: "memoriser", Meaning: "share of the largest margin that a classifier without signal reaches", How: bench.Averaged},
		{Name: "worst_error", Meaning: "largest test error among classifiers of the given share of the margin", How: bench.Averaged},
		{Name: "residual", Meaning: "largest violation of the conditions of optimality"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "0"},
		{Name: "limit_margin", Meaning: "margin in infinitely many dimensions"},
		{Name: "limit_signal", Meaning: "signal in infinitely many dimensions"},
		{Name: "scaled_gap", Meaning: "d times the mean gap, exactly, where all points are support vectors: −n/κ"},
	},
	LimitLabels: 2,
}

package xor

import "kac/bench"

// Schema is the form of the tables of networks on XOR.
var Schema = &bench.Schema{
	Measure: "xor", Size: "width", Sizes: "widths", Letter: "m", Seeds: "seeds",
	Labels: []bench.Column{
		{Name: "scale", Meaning: "θ, initial |w| and |a|"},
		{Name: "kappa", Meaning: "κ of the loss κ log(1 + e^{−yf}); empty: the square loss"},
		{Name: "batch", Kind: bench.Whole, Meaning: "samples of a step; 2^d on the whole cube"},
		{Name: "eta", Meaning: "step η"},
		{Name: "trained_loss", Kind: bench.Text, Meaning: "logistic, κ log(1 + e^{−yf}), or square, (1 − yf)²"},
		{Name: "fixed", Kind: bench.Whole, Meaning: "fixed samples; 0: fresh ones, or the whole cube"},
		{Name: "precision", Kind: bench.Text, Meaning: "of the arithmetic"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "steps times η"},
		{Name: "samples", Kind: bench.Whole, Meaning: "samples drawn so far, steps times batch"},
		{Name: "test_error", Meaning: "part of the test inputs with yf ≤ 0", How: bench.Averaged},
		{Name: "loss", Meaning: "mean of log(1 + e^{−yf}) over the test inputs, without κ; of (1 − yf)² with the square loss", How: bench.Averaged},
		{Name: "margin", Meaning: "mean of yf", How: bench.Averaged, Formula: "E *y f*"},
		{Name: "gap", Meaning: "mean of (yf − G)², G the margin of the infinite network at the same step η", How: bench.Scaled, Mean: "m_gap", Formula: "E(*y f* − *G*)^2"},
		{Name: "coupling", Meaning: "mean of |Δ_i|² to the infinite network's neurons in R^{d+1}; empty without --coupling"},
		{Name: "energy", Meaning: "mean of |w|²", How: bench.Averaged, Formula: "E|*w*|^2"},
		{Name: "share_signal", Meaning: "share of the energy along the neurons' own diagonals", How: bench.Averaged},
		{Name: "share_opposite", Meaning: "share along the other diagonals"},
		{Name: "share_perpendicular", Meaning: "share in the coordinates 3 to d", How: bench.Averaged},
		{Name: "heavy_count", Meaning: "part of the neurons with |w_perp| + |w_opp| ≤ ζ|w_sig|", How: bench.Averaged},
		{Name: "heavy_mass", Meaning: "their share of the energy", How: bench.Averaged},
		{Name: "margin_pp", Meaning: "mean of yf where (x_1, x_2) = (+, +)"},
		{Name: "margin_pm", Meaning: "the same, (+, −)"},
		{Name: "margin_mp", Meaning: "the same, (−, +)"},
		{Name: "margin_mm", Meaning: "the same, (−, −)"},
	},
	Limit: []bench.Column{
		{Name: "time", Unit: "paper time", Meaning: "as above"},
		{Name: "tau", Meaning: "the clock"},
		{Name: "limit_margin", Meaning: "G of the infinite network under gradient flow"},
		{Name: "step_gap", Meaning: "what the step η adds to it"},
		{Name: "limit_loss", Meaning: "log(1 + e^{−G}); (1 − G)² of the square"},
		{Name: "limit_energy", Meaning: "E|w|²"},
		{Name: "limit_signal", Meaning: "share of the signal"},
		{Name: "limit_opposite", Meaning: "of the opposite diagonal"},
		{Name: "limit_perpendicular", Meaning: "of the coordinates 3 to d"},
		{Name: "limit_heavy_count", Meaning: "heavy neurons"},
		{Name: "limit_heavy_mass", Meaning: "their share of the energy"},
		{Name: "limit_independent", Meaning: "E|w|⁴/2 − G²: m times the gap while E|w|² is far below 1"},
		{Name: "limit_error", Meaning: "estimate of how wrong G is"},
	},
	LimitLabels: 5,
}

package localsgd

import (
	"context"
	"encoding/json"

	"kac/bench"
)

// BiasSchema is the form of the tables of iterate biases in sweeps; a row has neither chance nor time.
var BiasSchema = &bench.Schema{
	Measure: "local-bias", Size: "local_steps", Sizes: "local-steps", Letter: "K", Seeds: "seeds", Together: true,
	Labels: []bench.Column{
		{Name: "objective", Kind: bench.Text, Meaning: "what is minimised, as it was asked for"},
		{Name: "noise", Kind: bench.Text, Meaning: "noise of the gradients, as it was asked for"},
		{Name: "eta", Meaning: "the step"},
		{Name: "start", Meaning: "the first point"},
	},
	Columns: []bench.Column{
		{Name: "time", Unit: "rounds", Meaning: "0: there is one round"},
		{Name: "bias", Meaning: "E x_K − x_K of descent without noise, exactly", How: bench.Averaged, Formula: "E *x*_K − *x*_K^{GD}"},
		{Name: "bias_error", Meaning: "how wrong it may be"},
		{Name: "deviation", Meaning: "standard deviation of x_K", How: bench.Averaged},
		{Name: "deviation_error", Meaning: "how wrong it may be"},
		{Name: "descent", Meaning: "x_K of descent without noise"},
		{Name: "law", Meaning: "bias by the law of small steps; empty where there is none"},
		{Name: "continuous", Meaning: "mean of the stationary law of the stochastic differential equation"},
		{Name: "continuous_error", Meaning: "how wrong it may be"},
	},
}

// biasGroup is one objective, noise, step and start; all numbers of local steps are one cell.
type biasGroup struct{ BiasParameters }

// NewBiasGroup makes a study of parameters.
func NewBiasGroup(p BiasParameters) (bench.Study, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &biasGroup{p}, nil
}

// RestoreBias is the study of recorded parameters.
func RestoreBias(parameters json.RawMessage) (bench.Study, error) {
	var p BiasParameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	return NewBiasGroup(p)
}

// Facts implements bench.Study.
func (g *biasGroup) Facts() bench.Facts {
	return bench.Facts{
		Schema: BiasSchema, Problem: "bias", Dim: 1, Labels: []any{g.Objective, g.Noise, g.Eta, g.Start}, Sizes: g.LocalSteps, FirstSeed: 1, Seeds: 1, Points: 1, Times: []float64{0},
		Parameters: g.BiasParameters, Identity: g.BiasParameters, Precision: bench.Float64,
	}
}

// Cost implements bench.Study.
func (g *biasGroup) Cost(int) bench.Cost {
	last := g.LocalSteps[len(g.LocalSteps)-1]
	return bench.Cost{Work: 1e5 * float64(last), Memory: 8 * 1300 * g.deviations()}
}

// Prepare implements bench.Study: there is nothing that cells share.
func (g *biasGroup) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return g, nil
}

// RunCell implements bench.Runner.
func (g *biasGroup) RunCell(ctx context.Context, _ int, _ uint64, o bench.CellOptions) ([]float64, error) {
	t, err := RunBias(ctx, g.BiasParameters, o.Told)
	if err != nil {
		return nil, err
	}
	var out []float64
	for _, r := range t.Rows {
		out = append(out, 0, r.Bias.Bias, r.BiasError, r.Deviation, r.DeviationError, r.Descent, r.Law, r.Continuous, t.ContinuousError)
	}
	return out, nil
}

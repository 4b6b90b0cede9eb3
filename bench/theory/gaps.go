package theory

import (
	"fmt"

	"kac/bench"
	"kac/meanfield"
)

// GapRow are the constants of the gaps of data, batches and steps at one time, see meanfield.GapConstants.
type GapRow struct {
	Data, Noise, SGD, SGDNoise, Step, RiskSlope, Threshold meanfield.Estimate
}

// GapHeader follows the other columns of theory.csv.
const GapHeader = ",data_constant,data_constant_error,noise_constant,noise_constant_error,sgd_constant,sgd_constant_error," +
	"sgd_noise_constant,sgd_noise_constant_error,step_constant,step_constant_error,risk_slope,risk_slope_error,data_threshold,data_threshold_error"

func gapRow(g *meanfield.GapConstants, i int) GapRow {
	at := func(value, wrong []float64) meanfield.Estimate {
		return meanfield.Estimate{Value: value[i], Error: wrong[i], N: 1}
	}
	return GapRow{
		Data: at(g.Data, g.DataError), Noise: at(g.Noise, g.NoiseError), SGD: at(g.SGD, g.SGDError), SGDNoise: at(g.SGDNoise, g.SGDNoiseError),
		Step: at(g.Step, g.StepError), RiskSlope: at(g.RiskSlope, g.RiskSlopeError), Threshold: at(g.Threshold, g.ThresholdError),
	}
}

func (g *GapRow) values() []float64 {
	var list []float64
	for _, x := range []meanfield.Estimate{g.Data, g.Noise, g.SGD, g.SGDNoise, g.Step, g.RiskSlope, g.Threshold} {
		list = append(list, x.Value, x.Error)
	}
	return list
}

// GapText says up to the last time how the gaps follow from sizes, in one sentence.
func (th *Study) GapText() string {
	asked := th.Asked()
	r := asked[len(asked)-1]
	if r.Time == 0 {
		return ""
	}
	g := &r.Gaps
	text := fmt.Sprintf("at t = %s, m neurons, n samples, batches of B, steps of eta and label noise tau keep within %.4g/m + (%.4g + %.4g tau^2)/n + eta/B (%.4g + %.4g tau^2) + %.4g eta^2 of the limit",
		bench.Number(r.Time), r.Constant, g.Data.Value, g.Noise.Value, g.SGD.Value, g.SGDNoise.Value, g.Step.Value)
	return text + fmt.Sprintf("; the term of n holds for n well above data_threshold = %.3g", g.Threshold.Value)
}

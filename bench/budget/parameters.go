package budget

import (
	"kac/bench"
	"kac/particles"
)

// Parameters say everything that determines a budget.
type Parameters struct {
	bench.ProblemChoice
	Time      float64 `json:"time"`              // paper time up to which the gap is to stay below the error
	Error     float64 `json:"error"`             // of ||f - f_MF||^2
	Noise     float64 `json:"noise"`             // standard deviation of the label noise
	Batch     int     `json:"batch,omitempty"`   // samples a step; 0: chosen
	Samples   int     `json:"samples,omitempty"` // fixed training samples; 0: every step draws new ones
	Tolerance float64 `json:"tolerance"`         // of the reference
	Seeds     int     `json:"seeds,omitempty"`   // networks of --check; 0: none
	Seed      uint64  `json:"seed,omitempty"`    // their first
}

// MaxBatch and MaxSamples bound a plan.
const (
	MaxBatch   = 1 << 20
	MaxSamples = 1 << 26
)

// Check returns the problem. Every error is a bench.InputError that names the parameter by its key.
func (p *Parameters) Check() (particles.Expectations, error) {
	problem, err := p.ProblemChoice.Make()
	if err != nil {
		return nil, err
	}
	if problem.Rank() > 1 {
		key, value := "problem", p.Problem
		if p.Problem == "" {
			key, value = "rank", "2"
		}
		return nil, bench.Refuse(key, value, "the law of the gaps needs a single-index target (rank 1), this one has rank %d; "+
			"available for it are the measured gaps (kac gap, kac train --gaps) and the risk (kac reference)", problem.Rank())
	}
	for _, err := range []error{
		bench.CheckPositive("time", p.Time, bench.MaxTime, "paper time"),
		bench.CheckPositive("error", p.Error, bench.MaxTime, "squared distance to the limit"),
		bench.CheckNumber("noise", p.Noise, 0, 1e6, "standard deviation of the labels' noise"),
		bench.CheckTolerance(p.Tolerance),
	} {
		if err != nil {
			return nil, err
		}
	}
	if p.Batch != 0 {
		if err := bench.CheckWhole("batch", p.Batch, 1, MaxBatch, "samples a step"); err != nil {
			return nil, err
		}
	}
	if p.Samples != 0 {
		if err := bench.CheckWhole("samples", p.Samples, 1, MaxSamples, "training samples"); err != nil {
			return nil, err
		}
		if p.Batch > p.Samples {
			return nil, bench.Refuse("batch", p.Batch, "a batch is drawn from the %d samples; allowed are 1 to %d", p.Samples, p.Samples)
		}
	}
	if p.Seeds != 0 {
		if err := bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "networks"); err != nil {
			return nil, err
		}
	}
	return problem, nil
}

package training

import (
	"math"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// Trainings of activations without a finite Hermite series beside their exact limit: risks in closed form are those on
// held-out inputs, the reference's those of the solved flow, and steps eta on large batches stay near it.
func TestExactOfAnyActivation(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *Parameters)
	}{
		{"relu", func(p *Parameters) { p.Problem = "relu" }},
		{"tanh on the sphere", func(p *Parameters) {
			p.ProblemChoice = bench.ProblemChoice{Dim: 6, Activation: "tanh", Link: "tanh", Law: "sphere"}
		}},
		{"too many coordinates for a lattice", func(p *Parameters) {
			p.ProblemChoice = bench.ProblemChoice{Dim: 12, Activation: "2", Link: "2", Rank: 9}
		}},
		{"gelu learns relu", func(p *Parameters) { p.ProblemChoice = bench.ProblemChoice{Dim: 6, Activation: "gelu", Link: "relu"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Parameters{
				ProblemChoice: bench.ProblemChoice{Dim: 6}, Widths: []int{512}, Samples: 0, Batch: 2048, Eta: .05, Steps: 40, Points: 3, Repeats: 1, Seed: 3,
				Reference: ReferenceExact, Precision: bench.Float64,
			}
			c.change(&p)
			exact, err := Run(t.Context(), p, Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			p.Reference, p.Wide, p.Evaluation, p.Tests = ReferenceWide, 512, EvaluationSamples, 1<<15
			sampled, err := Run(t.Context(), p, Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			closed, err := exact.Task.Exact()
			if err != nil {
				t.Fatal(err)
			}
			ref, err := meanfield.Solve(t.Context(), closed, 2, meanfield.Options{Tolerance: 1e-8})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range exact.Rows {
				if want := ref.Risk(row.Time); math.Abs(row.ReferenceRisk.Value-want) > 2e-8 {
					t.Errorf("t = %g: the reference has risk %.10g, want %.10g", row.Time, row.ReferenceRisk.Value, want)
				}
				if by := sampled.Rows[i].Risk; !(math.Abs(row.Risk.Value-by.Value) < 5*by.SE+1e-9) {
					t.Errorf("t = %g: risk %.8g in closed form, %.8g +- %.2g on samples", row.Time, row.Risk.Value, by.Value, by.SE)
				}
				if e := row.FunctionError.Value; !(e >= 0) || e > 4./512 {
					t.Errorf("t = %g: function error %g of 512 neurons", row.Time, e)
				}
				if i > 0 && !(row.CouplingMean > 0 && row.CouplingMean < .2) {
					t.Errorf("t = %g: %g from the twins", row.Time, row.CouplingMean)
				}
			}
		})
	}
}

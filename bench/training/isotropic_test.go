package training

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
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

// TestOwnFunctions: formulas and tables are trained as the functions that they are, samples and closed forms alike,
// with a reference in steps; another table under the old name is another study.
func TestOwnFunctions(t *testing.T) {
	var b strings.Builder
	for i := -24; i <= 24; i++ {
		fmt.Fprintf(&b, "%g,%.17g\n", float64(i)/4, math.Tanh(float64(i)/4))
	}
	path := filepath.Join(t.TempDir(), "tanh.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Parameters{
		Widths: []int{16}, Samples: 64, Batch: 64, Eta: .125, Steps: 8, Points: 2, Repeats: 1, Seed: 2,
		Reference: ReferenceDescent, Precision: bench.Float64, ProblemChoice: bench.ProblemChoice{Activation: "tanh", Link: "tanh", Dim: 5},
	}
	exactly, err := Run(t.Context(), p, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.Reference, p.Wide, p.Tests, p.Evaluation = ReferenceWide, 32, 64, EvaluationSamples
	sampled, err := Run(t.Context(), p, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		activation, link string
		bound            float64
	}{{"expr:tanh(x)", "tanh", 1e-12}, {"tanh", "expr:tanh(x)", 1e-12}, {"table:" + path, "table:" + path, 2e-3}} {
		t.Run(c.activation[:4]+","+c.link[:4], func(t *testing.T) {
			want := exactly
			if p = want.Parameters; c.bound > 1e-5 { // its expansion takes seconds
				want = sampled
				p = want.Parameters
			}
			p.ProblemChoice = bench.ProblemChoice{Activation: c.activation, Link: c.link, Dim: 5}
			got, err := Run(t.Context(), p, Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range got.Rows {
				by := want.Rows[i]
				for _, x := range [][2]float64{{row.Risk.Value, by.Risk.Value}, {row.ReferenceRisk.Value, by.ReferenceRisk.Value},
					{row.FunctionError.Value, by.FunctionError.Value}, {row.CouplingMean, by.CouplingMean}} {
					if !(math.Abs(x[0]-x[1]) < c.bound) {
						t.Errorf("%s, %s, t = %g: %.12g, want %.12g", c.activation, c.link, row.Time, x[0], x[1])
					}
				}
			}
			if table := strings.HasPrefix(c.activation, "table:"); table != (got.Parameters.TablesSum != "") {
				t.Errorf("%s: digest %q", c.activation, got.Parameters.TablesSum)
			}
		})
	}
	first, err := p.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(b.String(), "-5.75,", "-5.76,", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if second, err := p.Prepare(); err != nil || first.TablesSum == second.TablesSum {
		t.Errorf("another table has the digest %s (%v)", second.TablesSum, err)
	}
}

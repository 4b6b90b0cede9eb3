package gap

import (
	"context"
	"math"
	"testing"

	"kac/bench"
	"kac/meanfield"
)

// TestGapOfAnyActivation: m times the function error of networks that are integrated falls on C(t), which knows nothing
// of them; and at the start it is q(1) - q_0 exactly in the mean.
func TestGapOfAnyActivation(t *testing.T) {
	const m, seeds = 96, 96
	for _, activation := range []string{"relu", "tanh"} {
		p := Parameters{
			ProblemChoice: bench.ProblemChoice{Activation: activation, Link: activation, Dim: 8}, Widths: []int{m}, Seeds: seeds, Seed: 1,
			Horizon: 2, Points: 3, Dynamics: DynamicsFlow, Tolerance: 1e-6, FlowTolerance: 1e-7, Form: "auto",
		}
		g, err := Solve(context.Background(), p, nil)
		if err != nil {
			t.Fatal(err)
		}
		var cells []Cell
		if err := g.Run(context.Background(), RunOptions{Finished: func(c Cell) error { cells = append(cells, c); return nil }}); err != nil {
			t.Fatal(err)
		}
		f, err := meanfield.Fluctuations(context.Background(), g.Reference, g.Times, meanfield.FluctuationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range g.Times {
			sum, square := 0.0, 0.0
			for _, c := range cells {
				x := m * c.Rows[i].FunctionError
				sum, square = sum+x/seeds, square+x*x/seeds
			}
			se := math.Sqrt((square - sum*sum) / (seeds - 1))
			t.Logf("%s at %g: m gap %.4f +- %.4f, C %.4f +- %.1g", activation, at, sum, se, f.Constant[i], f.ConstantError[i])
			if !(math.Abs(sum-f.Constant[i]) < 4*se+f.Constant[i]*6/m) { // the next order in 1/m is a few times C/m
				t.Errorf("%s at %g: m gap %.5f +- %.5f, C(t) = %.5f", activation, at, sum, se, f.Constant[i])
			}
		}
	}
}

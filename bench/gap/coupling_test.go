package gap

import (
	"math"
	"testing"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/meanfield"
)

// Both statistics of the coupling against the particles' displacements themselves; and the mean square is never below
// the square of the mean.
func TestCouplingStatistics(t *testing.T) {
	const m, horizon = 24, 1.5
	for _, choice := range geometries() {
		_, o, e := observerAt(t, choice, m, horizon)
		// Particles that stay where they started, so that they are far from their twins.
		if err := o.Limit.Advance(t.Context(), horizon); err != nil {
			t.Fatal(err)
		}
		mean, largest, square := o.coupling(e.W)
		delta, at := make([]float64, len(e.W)), make([]float64, len(e.W))
		if err := o.Displacements(t.Context(), horizon, e.W, delta, at); err != nil {
			t.Fatal(err)
		}
		sum, sum2, top := 0.0, 0.0, 0.0
		for i := range m {
			norm2 := 0.0
			for _, x := range delta[i*e.D : (i+1)*e.D] {
				norm2 += x * x
			}
			sum, sum2, top = sum+math.Sqrt(norm2), sum2+norm2, math.Max(top, math.Sqrt(norm2))
		}
		name := o.problem.Name()
		benchtest.Near(t, name+": mean", mean, sum/m, 1e-13)
		benchtest.Near(t, name+": mean square", square, sum2/m, 1e-13)
		benchtest.Near(t, name+": largest", largest, top, 1e-13)
		if !(mean > 1e-3) || !(square >= mean*mean) {
			t.Errorf("%s: mean %g, mean square %g", name, mean, square)
		}
	}
}

// The summary has both under their own names.
func TestSummaryHasBothCouplings(t *testing.T) {
	var cells []Cell
	for _, m := range []int{4, 16} {
		for seed := range uint64(2) {
			z := 1 + float64(seed)/4
			cells = append(cells, Cell{Width: m, Seed: seed, Rows: []Row{{Time: 1, CouplingMean: z / float64(m), CouplingSquare: 9 * z / float64(m)}}})
		}
	}
	s := Summarise([]int{4, 16}, cells)
	benchtest.Near(t, "squared mean", s.Coupling.Mean[0][1].Value, (1+1.25*1.25)/2/16, 1e-14)
	benchtest.Near(t, "mean square", s.Square.Mean[0][1].Value, 9*1.125, 1e-14)
	benchtest.Near(t, "exponent of the squared mean", s.Coupling.Exponents[0].Value, -2, 1e-12)
	benchtest.Near(t, "exponent of the mean square", s.Square.Exponents[0].Value, -1, 1e-12)
	names := map[string]int{}
	for _, r := range s.records() {
		names[r.Quantity]++
	}
	if names[QuantityCoupling] != 2 || names[QuantitySquare] != 2 || names[QuantityFunction] != 2 {
		t.Errorf("records %v", names)
	}
}

// The exact limit of the theory is that of the mean square, and not of the squared mean, which is lower by many
// standard errors.
func TestCouplingLimitIsOfTheMeanSquare(t *testing.T) {
	p := small()
	p.ProblemChoice, p.Widths, p.Seeds, p.Horizon, p.Points = bench.ProblemChoice{Problem: "he4", Dim: 8}, []int{1024}, 24, 1, 2
	g := solve(t, p)
	f, err := meanfield.Fluctuations(t.Context(), g.Reference, []float64{p.Horizon}, meanfield.FluctuationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := Summarise(p.Widths, runAll(t, g, 2))
	square, mean := s.Square.Mean[1][0], s.Coupling.Mean[1][0]
	t.Logf("limit %.5f, m mean|Delta|^2 %s, m (mean|Delta|)^2 %s", f.Coupling[0], square.Text(), mean.Text())
	if !(math.Abs(square.Value-f.Coupling[0]) < 3*square.SE) || !(square.SE < .1*square.Value) {
		t.Errorf("m mean|Delta|^2 %s, limit %g", square.Text(), f.Coupling[0])
	}
	if !(mean.Value < f.Coupling[0]-3*mean.SE) {
		t.Errorf("m (mean|Delta|)^2 %s is not told apart from the limit of the other, %g", mean.Text(), f.Coupling[0])
	}
}

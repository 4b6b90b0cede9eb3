package gap

import (
	"slices"
	"testing"

	"kac/bench"
)

// A study takes more widths and seeds: the cells that are there stay, whatever is new is named, and nothing else may
// differ.
func TestGrows(t *testing.T) {
	there := Parameters{ProblemChoice: bench.ProblemChoice{Problem: "he4", Rank: 1, Dim: 6}, Widths: []int{8, 16}, Seeds: 2, Seed: 5, Horizon: 1, Points: 3, Dynamics: DynamicsFlow, Tolerance: 1e-8, FlowTolerance: 1e-8, Form: "auto", Precision: "float64"}
	for name, c := range map[string]struct {
		change func(p *Parameters)
		what   string
		ok     bool
	}{
		"the same":     {func(*Parameters) {}, "", true},
		"seeds":        {func(p *Parameters) { p.Seeds = 3 }, "3 seeds, not 2", true},
		"before":       {func(p *Parameters) { p.Seed, p.Seeds = 3, 4 }, "4 seeds, not 2", true},
		"widths":       {func(p *Parameters) { p.Widths = []int{4, 8, 16, 32} }, "widths 4,32", true},
		"both":         {func(p *Parameters) { p.Widths, p.Seeds = []int{8, 12, 16}, 9 }, "widths 12, 9 seeds, not 2", true},
		"fewer seeds":  {func(p *Parameters) { p.Seeds = 1 }, "", false},
		"other seeds":  {func(p *Parameters) { p.Seed = 6 }, "", false},
		"fewer widths": {func(p *Parameters) { p.Widths = []int{8, 32} }, "", false},
		"tolerance":    {func(p *Parameters) { p.Seeds, p.FlowTolerance = 3, 1e-7 }, "", false},
		"horizon":      {func(p *Parameters) { p.Horizon = 2 }, "", false},
		"snapshots":    {func(p *Parameters) { p.Snapshots = []float64{1} }, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := there
			asked.Widths = slices.Clone(there.Widths)
			c.change(&asked)
			if what, ok := grows(&there, &asked); what != c.what || ok != c.ok {
				t.Errorf("%q, %v; want %q, %v", what, ok, c.what, c.ok)
			}
		})
	}
}

package gap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kac/bench"
)

// What stands in the way of a later last time alone is said, with the number of points that would do.
func TestNotLater(t *testing.T) {
	there := Parameters{Widths: []int{8}, Seeds: 2, Horizon: 1, Points: 3}
	for _, c := range []struct {
		horizon float64
		points  int
		what    string
	}{{2, 3, "with --points 5 it would go on to 2"}, {2.1, 3, "multiples of 0.5"}, {2, 5, ""}, {.5, 2, ""}} {
		t.Run(c.what, func(t *testing.T) {
			asked := there
			asked.Horizon, asked.Points = c.horizon, c.points
			if got := notLater(&there, &asked); (c.what == "") != (got == "") && c.points != 5 || !strings.Contains(got, c.what) {
				t.Errorf("%v: %q", c, got)
			}
		})
	}
}

// So are snapshots that the networks that are there have not kept.
func TestNotLaterSnapshots(t *testing.T) {
	for _, c := range []struct {
		there, asked []float64
		horizon      float64
		points       int
		what         string
	}{
		{nil, []float64{0, 2}, 2, 5, "up to there are none"},
		{[]float64{0, .5}, []float64{0}, 1, 3, "up to there are 0,0.5 and"},
		{[]float64{0, .5}, []float64{2}, 2, 5, "up to there are 0,0.5 and"},
		{[]float64{0, .5}, []float64{0, .5, 2}, 2, 7, ""},
	} {
		t.Run(fmt.Sprint(c.asked), func(t *testing.T) {
			there := Parameters{Widths: []int{8}, Seeds: 2, Horizon: 1, Points: 3, Snapshots: c.there}
			asked := there
			asked.Horizon, asked.Points, asked.Snapshots = c.horizon, c.points, c.asked
			if got := notLater(&there, &asked); !strings.Contains(got, c.what) || c.what == "" && strings.Contains(got, "snapshots") {
				t.Errorf("%v: %q", c, got)
			}
		})
	}
}

// A study takes more widths, seeds and times: the cells that are there stay, whatever is new is named, and nothing else
// may differ.
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
		"later":        {func(p *Parameters) { p.Horizon, p.Points = 2, 5 }, "the times up to 2, not 1", true},
		"later, more":  {func(p *Parameters) { p.Horizon, p.Points, p.Seeds = 1.5, 4, 3 }, "the times up to 1.5, not 1, 3 seeds, not 2", true},
		"other times":  {func(p *Parameters) { p.Horizon, p.Points = 2, 6 }, "", false},
		"earlier":      {func(p *Parameters) { p.Horizon, p.Points = .5, 2 }, "", false},
		"kept later":   {func(p *Parameters) { p.Horizon, p.Points, p.Snapshots = 2, 5, []float64{1.2} }, "the times up to 2, not 1", true},
		"kept before":  {func(p *Parameters) { p.Horizon, p.Points, p.Snapshots = 2, 5, []float64{.7} }, "", false},
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

package coding

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func checked(t *testing.T, p Parameters) Parameters {
	t.Helper()
	if p.Seeds == 0 {
		p.Seeds = 4
	}
	if p.Draws == 0 {
		p.Draws = 8
	}
	p.Tolerance = 1e-10
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func table(t *testing.T, s *Study) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteSeeds(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// No number depends on the workers, and a seed's numbers do not depend on the others.
func TestWorkersDoNotMatter(t *testing.T) {
	for name, p := range map[string]Parameters{
		"all schemes": {Blocks: []int{16, 64}, Degrees: []int{4}, Straggle: []float64{.1, .4}, Schemes: []string{"all"}},
		"fixed":       {Blocks: []int{30}, Degrees: []int{3}, Straggle: []float64{.2}, Lose: LoseFixed},
		"rare":        {Blocks: []int{64}, Degrees: []int{5}, Straggle: []float64{.1}, Rare: true, Draws: 300},
		"delays":      {Blocks: []int{32}, Degrees: []int{3}, Delays: "pareto:1,3", Wait: []float64{.5, 1}, Deadline: []float64{1.5}},
		"lps":         {Graph: "lps:5,13", Straggle: []float64{.3}, Schemes: []string{"graph"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := checked(t, p)
			one, err := Run(t.Context(), p, 1, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			many, err := Run(t.Context(), p, 7, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := table(t, one), table(t, many); a != b {
				t.Errorf("one worker\n%sseven\n%s", a, b)
			}
			first := p
			first.Seeds = 1
			alone, err := Run(t.Context(), first, 1, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range alone.Rows {
				if got := one.Rows[i*p.Seeds]; fmt.Sprint(got) != fmt.Sprint(r) {
					t.Errorf("seed %d alone %v, with others %v", r.Seed, r, got)
				}
			}
		})
	}
}

// The measured error is the limit's within four standard errors where n is large, for every scheme with a limit.
func TestErrorTendsToTheLimit(t *testing.T) {
	p := checked(t, Parameters{Blocks: []int{4096}, Degrees: []int{4}, Straggle: []float64{.25, .4}, Schemes: []string{"graph", "fixed", "uncoded", "frc", "expander"}, Seeds: 8})
	s, err := Run(t.Context(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Summary {
		if math.Abs(r.Error.Value-r.Limit) > 4*r.Error.SE || math.IsNaN(r.Limit) {
			t.Errorf("%s, p = %v: %v +- %v, limit %v", r.Scheme, r.Straggle, r.Error.Value, r.Error.SE, r.Limit)
		}
		if r.Scheme == "graph" && math.Abs(r.MeanAlpha.Value-(1-r.Error.Value)) > 1e-12 {
			t.Errorf("mean alpha %v, error %v", r.MeanAlpha.Value, r.Error.Value)
		}
	}
	if len(s.Apart) > 0 {
		t.Error(s.Apart)
	}
}

// A fixed share of the machines is lost exactly, and a master that waits for all loses none.
func TestSharesOfMachines(t *testing.T) {
	p := checked(t, Parameters{Blocks: []int{30}, Degrees: []int{3}, Straggle: []float64{.5}, Lose: LoseFixed, Schemes: []string{"uncoded"}})
	s, err := Run(t.Context(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Summary[0]; r.Straggle != .5 || math.Abs(r.Error.Value-1) > 1e-12 || r.Error.SE > 1e-12 { // half of alpha is 2, half 0
		t.Errorf("%+v", r)
	}
	p = checked(t, Parameters{Blocks: []int{30}, Degrees: []int{3}, Delays: "exponential:1,2", Wait: []float64{1}})
	if s, err = Run(t.Context(), p, 2, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Summary {
		if r.Straggle != 0 || r.Error.Value > 1e-25 || !(r.Seconds > 1) {
			t.Errorf("%s: %+v", r.Scheme, r)
		}
	}
}

// Small sparse graphs may fall apart, and that is said.
func TestGraphsApartAreNamed(t *testing.T) {
	p := checked(t, Parameters{Blocks: []int{40}, Degrees: []int{2}, Straggle: []float64{.1}, Schemes: []string{"graph"}, Seeds: 10})
	s, err := Run(t.Context(), p, 2, nil, nil)
	if err != nil || len(s.Apart) == 0 || !strings.Contains(s.Apart[0], "is not connected") {
		t.Errorf("%q, %v", s.Apart, err)
	}
}

// Draws that saw no error do not pretend to know it.
func TestUnseenErrorsHaveNoStandardError(t *testing.T) {
	p := checked(t, Parameters{Blocks: []int{64}, Degrees: []int{8}, Straggle: []float64{.05}, Schemes: []string{"graph"}})
	s, err := Run(t.Context(), p, 2, nil, nil)
	if err != nil || len(s.Unseen) != 1 || !math.IsNaN(s.Summary[0].Error.SE) || s.Summary[0].Error.Value != 0 {
		t.Errorf("%v, %v, %v", s.Unseen, s.Summary, err)
	}
}

// Pictures of every kind can be drawn.
func TestPictures(t *testing.T) {
	for name, p := range map[string]Parameters{
		"blocks":   {Blocks: []int{16, 64}, Degrees: []int{3}, Straggle: []float64{.3}},
		"straggle": {Blocks: []int{16}, Degrees: []int{3}, Straggle: []float64{0, .3}},
		"degree":   {Blocks: []int{16}, Degrees: []int{3, 4}, Straggle: []float64{.3}},
		"wait":     {Blocks: []int{16}, Degrees: []int{3}, Delays: "exponential:1,1", Wait: []float64{.5, 1}},
		"one":      {Blocks: []int{16}, Degrees: []int{3}, Straggle: []float64{.3}, Seeds: 1, Draws: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Run(t.Context(), checked(t, p), 2, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			f, err := s.Picture()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := f.Write(&b, "svg"); err != nil || strings.Contains(b.String(), "NaN") {
				t.Errorf("%v, or NaN in the picture", err)
			}
		})
	}
}

// Descent under the optimal decoder ends nearer than with fixed weights, and an adversary leaves a floor above random
// loss.
func TestDescent(t *testing.T) {
	run := func(adversarial bool) map[string]float64 {
		p := DescendParameters{Code: Parameters{Blocks: []int{16}, Degrees: []int{3}, Straggle: []float64{.2}, Seeds: 6, Draws: 1, Tolerance: 1e-10, Schemes: []string{"graph", "fixed"}},
			Loss: "square", Points: 480, Features: 8, DataSeed: 1, Step: .2, Steps: 100, Adversarial: adversarial}
		if err := p.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		d, err := RunDescend(t.Context(), p, 2, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := map[string]float64{}
		for _, r := range d.Rows {
			last[r.Scheme] = r.Distance.Value
		}
		again, err := RunDescend(t.Context(), p, 1, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Rows, again.Rows) {
			t.Error("the descents depend on the workers")
		}
		return last
	}
	random, adversary := run(false), run(true)
	if !(random["graph"] < random["fixed"]) || !(adversary["graph"] > 10*random["graph"]) {
		t.Errorf("random %v, adversary %v", random, adversary)
	}
}

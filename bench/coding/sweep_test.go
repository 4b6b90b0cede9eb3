package coding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kac/bench"
)

func sweepOf(t *testing.T, values map[string]any) *bench.Sweep {
	t.Helper()
	s, err := Measures[0].Read(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	for _, s := range []*bench.Schema{Schema, AdversarySchema, DescendSchema} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}

// A sweep's cells are the rows of kac code, and a study comes back from its record.
func TestCellsAreTheVerbsRows(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"regular":   {"degree": []any{int64(3), int64(4)}, "blocks": []any{int64(16), int64(40)}, "straggle": []any{.1, .3}, "schemes": "all", "seeds": int64(2), "draws": int64(5)},
		"hypercube": {"graph": "hypercube", "blocks": "16,64", "straggle": .2, "schemes": "graph,frc", "seeds": int64(2)},
		"lps":       {"graph": "lps:5,13", "straggle": .3, "schemes": "graph", "seeds": int64(1), "draws": int64(2)},
		"delays":    {"degree": int64(3), "blocks": int64(20), "delays": "exponential:1,1", "wait": .7, "deadline": int64(2), "seeds": int64(2)},
		"rare":      {"degree": int64(5), "blocks": int64(64), "straggle": .1, "rare": true, "draws": int64(50), "seeds": int64(2)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, entry := range sweepOf(t, values).Groups {
				p := entry.Study.(*group).Parameters
				whole, err := Run(t.Context(), p, 2, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				data, err := json.Marshal(entry.Study.Facts().Parameters)
				if err != nil {
					t.Fatal(err)
				}
				back, err := Measures[0].Restore(data, 0)
				if err != nil {
					t.Fatal(err)
				}
				r, err := back.Prepare(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range whole.Rows {
					got, err := r.RunCell(t.Context(), row.Blocks, row.Seed, bench.CellOptions{})
					if err != nil {
						t.Fatal(err)
					}
					limit := whole.Summary[0].Limit
					if p.family.kind == "hypercube" {
						limit = math.NaN() // it has another degree at every size
					}
					want := []float64{0, row.Error, row.MeanAlpha, row.Error - limit, row.Seconds}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%s, %d blocks, seed %d: %v, want %v", entry.Name, row.Blocks, row.Seed, got, want)
					}
				}
			}
		})
	}
}

// A cell that is stopped after every draw and goes on has the bits of one that is not.
func TestACellGoesOn(t *testing.T) {
	for _, scheme := range []string{"graph", "bernoulli", "expander"} {
		t.Run(scheme, func(t *testing.T) {
			s := sweepOf(t, map[string]any{"degree": int64(3), "blocks": int64(32), "straggle": .3, "schemes": scheme, "draws": int64(6)})
			r, err := s.Groups[0].Study.Prepare(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := r.RunCell(t.Context(), 32, 1, bench.CellOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var state []byte
			stops := 0
			for {
				ctx, cancel := context.WithCancel(t.Context())
				saves := 0
				got, err := r.RunCell(ctx, 32, 1, bench.CellOptions{Before: state, Save: func(b []byte) error {
					state = append([]byte(nil), b...)
					if saves++; saves == 1 {
						cancel()
					}
					return nil
				}})
				cancel()
				if errors.Is(err, context.Canceled) {
					stops++
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if fmt.Sprint(got) != fmt.Sprint(want) || stops < 4 {
					t.Errorf("%v after %d stops, want %v", got, stops, want)
				}
				break
			}
			if _, err := r.RunCell(t.Context(), 32, 1, bench.CellOptions{Before: []byte("{")}); !errors.Is(err, bench.ErrCellState) {
				t.Error(err)
			}
		})
	}
}

func TestSweepRefuses(t *testing.T) {
	for _, c := range []struct {
		values  map[string]any
		says    string
		measure int
	}{
		{map[string]any{"blocks": int64(16), "straggle": .1}, "degree", 0},
		{map[string]any{"blocks": int64(15), "degree": int64(3), "straggle": .1}, "odd", 0},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": 1.5}, "below 1", 0},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "rare": "yes"}, "true or false", 0},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "schemes": []any{"graph", "tree"}}, "no scheme", 0},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": "d^.5"}, "straggle", 0},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "rounds": int64(0)}, "above 0", 1},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "loss": "hinge"}, "square and logistic", 2},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "points": int64(5), "data": "x.csv"}, "drawn data", 2},
		{map[string]any{"blocks": []any{int64(16), int64(4096)}, "degree": int64(3), "straggle": .1}, "960 points", 2},
	} {
		t.Run(c.says, func(t *testing.T) {
			if _, err := Measures[c.measure].Read(c.values); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v: %v", c.values, err)
			}
		})
	}
}

// Adversaries and descents in sweeps are the verb's, and come back from their records.
func TestOtherMeasures(t *testing.T) {
	base := map[string]any{"degree": int64(3), "blocks": int64(16), "straggle": .2, "schemes": "graph,frc", "seeds": int64(2)}
	for k, extra := range []map[string]any{{"rounds": int64(8)}, {"points": int64(64), "features": int64(3), "steps": int64(9), "adversarial": true}} {
		values := map[string]any{}
		for key, v := range base {
			values[key] = v
		}
		for key, v := range extra {
			values[key] = v
		}
		sw, err := Measures[1+k].Read(values)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range sw.Groups {
			facts := g.Study.Facts()
			data, err := json.Marshal(facts.Parameters)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Measures[1+k].Restore(data, 0)
			if err != nil {
				t.Fatal(err)
			}
			again := back.Facts()
			a, _ := facts.IdentitySum()
			if b, _ := again.IdentitySum(); a != b {
				t.Errorf("%s: another identity from its record", g.Name)
			}
			r, err := back.Prepare(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := r.RunCell(t.Context(), 16, 1, bench.CellOptions{})
			if err != nil || len(want) != facts.Points*len(facts.Schema.Columns) {
				t.Fatalf("%d numbers, %v", len(want), err)
			}
			var state []byte
			for range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				got, err := r.RunCell(ctx, 16, 1, bench.CellOptions{Before: state, Save: func(b []byte) error {
					state = append([]byte(nil), b...)
					cancel()
					return nil
				}})
				cancel()
				if errors.Is(err, context.Canceled) {
					continue
				}
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: %v, %v, want %v", g.Name, got, err, want)
				}
				break
			}
		}
	}
	p := DescendParameters{Code: Parameters{Blocks: []int{16}, Degrees: []int{3}, Straggle: []float64{.2}, Seeds: 1, Draws: 1, Tolerance: 1e-10, Schemes: []string{"graph"}},
		Loss: "square", Points: 64, Features: 3, DataSeed: 1, Step: 1e5, Steps: 100}
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	var diverged *bench.NonFiniteError
	if _, err := RunDescend(t.Context(), p, 1, nil, nil); !errors.As(err, &diverged) {
		t.Error(err)
	}
}

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
	s, err := Measure.Read(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	if err := Schema.Check(); err != nil {
		t.Error(err)
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
				whole, err := Run(t.Context(), p, 2, nil)
				if err != nil {
					t.Fatal(err)
				}
				data, err := json.Marshal(entry.Study.Facts().Parameters)
				if err != nil {
					t.Fatal(err)
				}
				back, err := Measure.Restore(data, 0)
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
		values map[string]any
		says   string
	}{
		{map[string]any{"blocks": int64(16), "straggle": .1}, "degree"},
		{map[string]any{"blocks": int64(15), "degree": int64(3), "straggle": .1}, "odd"},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": 1.5}, "below 1"},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "rare": "yes"}, "true or false"},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": .1, "schemes": []any{"graph", "tree"}}, "no scheme"},
		{map[string]any{"blocks": int64(16), "degree": int64(3), "straggle": "d^.5"}, "straggle"},
	} {
		if _, err := Measure.Read(c.values); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.values, err)
		}
	}
}

package compare

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"kac/bench"
)

func TestSchema(t *testing.T) {
	if err := Schema.Check(); err != nil {
		t.Error(err)
	}
}

// TestCellsAreTheVerbs: networks of a sweep's seed k are those of the verb's draw k, bit by bit, also of a study made
// of its record.
func TestCellsAreTheVerbs(t *testing.T) {
	verb := small(t, func(p *Parameters) {
		p.Dims, p.Predictors, p.Widths, p.Noise = []int{6, 8}, []string{Network}, []int{8, 16}, .1
	})
	rows := result(t, verb, nil, 1).Rows
	sweep, err := read(map[string]any{
		"dims": []any{int64(6), int64(8)}, "samples": "60,120", "widths": []any{int64(8), int64(16)}, "seeds": int64(3), "horizon": int64(2), "points": int64(3), "noise": .1,
	})
	if err != nil || len(sweep.Groups) != 4 {
		t.Fatal(sweep, err)
	}
	for _, g := range sweep.Groups {
		facts := g.Study.Facts()
		recorded, err := json.Marshal(facts.Parameters)
		if err != nil {
			t.Fatal(err)
		}
		again, err := restore(recorded, 0)
		if err != nil || !reflect.DeepEqual(again.Facts().Parameters, facts.Parameters) {
			t.Fatalf("%s: restored %+v, %v; want %+v", g.Name, again.Facts().Parameters, err, facts.Parameters)
		}
		runner, err := again.Prepare(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range facts.Sizes {
			for k := range facts.Seeds {
				values, err := runner.RunCell(t.Context(), n, facts.FirstSeed+uint64(k), bench.CellOptions{Workers: 2})
				if err != nil || len(values) != facts.Points*len(Schema.Columns) {
					t.Fatal(len(values), err)
				}
				i := 0
				for _, r := range rows {
					if r.Dim == facts.Dim && r.Samples == n && r.Draw == k+1 && r.Width == facts.Labels[0] {
						if row := values[i*len(Schema.Columns):]; row[0] != r.Time || row[1] != r.Total || row[2] != r.TrainRisk {
							t.Errorf("%s, n = %d, seed %d: %v, the verb has %+v", g.Name, n, k+1, row[:3], r)
						}
						i++
					}
				}
				if i != facts.Points {
					t.Errorf("%s, n = %d: the verb has %d rows, not %d", g.Name, n, i, facts.Points)
				}
			}
		}
		if _, err := runner.RunCell(t.Context(), 60, 1, bench.CellOptions{Before: []byte{1}}); !errors.Is(err, bench.ErrCellState) {
			t.Errorf("a state, though cells have none: %v", err)
		}
	}
}

func TestSweepRefuses(t *testing.T) {
	for key, values := range map[string]map[string]any{
		"dims":       {"samples": "60"},
		"samples":    {"dims": int64(8)},
		"widths":     {"dims": int64(8), "samples": "60", "widths": "8,8"},
		"problem":    {"dims": int64(8), "samples": "60", "problem": "he4"},
		"link":       {"dims": int64(8), "samples": "60", "activation": "2:1"},
		"eta":        {"dims": int64(8), "samples": "60", "eta": .7},
		"noise":      {"dims": int64(8), "samples": "60", "noise": -1.},
		"horizon":    {"dims": int64(8), "samples": "60", "horizon": "soon"},
		"activation": {"dims": int64(8), "samples": "60", "activation": "relu", "link": "2:1"},
	} {
		_, err := read(values)
		var input *bench.InputError
		if !errors.As(err, &input) || input.Key != key {
			t.Errorf("%v: %v, want an error of %s", values, err, key)
		}
	}
}

package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

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
	}
}

// TestCellsGoOn: a cell that goes on from the state after any step, or from the one that an interruption leaves, has
// the same bits; states of other cells and damaged ones are refused.
func TestCellsGoOn(t *testing.T) {
	sweep, err := read(map[string]any{"dims": int64(6), "samples": "60,120", "widths": int64(8), "seeds": int64(2), "horizon": 1., "points": int64(3), "noise": .1})
	if err != nil {
		t.Fatal(err)
	}
	runner, err := sweep.Groups[0].Study.Prepare(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, n int, o bench.CellOptions) ([]float64, error) {
		o.Workers = 2
		return runner.RunCell(ctx, n, 1, o)
	}
	var states [][]byte
	save := func(state []byte) error { states = append(states, bytes.Clone(state)); return nil }
	want, err := run(t.Context(), 60, bench.CellOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := run(t.Context(), 60, bench.CellOptions{Save: save}); err != nil || !slices.Equal(got, want) || len(states) != 9 {
		t.Fatalf("%d states, %v", len(states), err)
	}
	for i, state := range states {
		if got, err := run(t.Context(), 60, bench.CellOptions{Before: state}); err != nil || !slices.Equal(got, want) {
			t.Errorf("from state %d: %v, %v, want %v", i, got, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var last []byte
	_, err = run(ctx, 60, bench.CellOptions{Before: states[4], Interval: time.Hour, Save: func(state []byte) error { last = bytes.Clone(state); return nil }, Progress: func(float64) { t.Error("told too often") }})
	if err != nil || last != nil {
		t.Fatal(err)
	}
	_, err = run(ctx, 60, bench.CellOptions{Before: states[1], Save: func(state []byte) error { last = bytes.Clone(state); cancel(); return nil }})
	if !errors.Is(err, context.Canceled) || last == nil {
		t.Fatal(err)
	}
	if got, err := run(t.Context(), 60, bench.CellOptions{Before: last}); err != nil || !slices.Equal(got, want) {
		t.Errorf("after an interruption: %v, %v", got, err)
	}
	for name, state := range map[string][]byte{
		"none": {}, "of other bytes": []byte("what is this"), "cut": last[:len(last)-1], "empty": []byte("{}"),
		"of another step":    bytes.Replace(last, []byte(`"step":`), []byte(`"step":1`), 1),
		"of other particles": bytes.Replace(last, []byte(`"networks":[[`), []byte(`"networks":[[1,`), 1),
		"of other rows":      bytes.Replace(last, []byte(`"risks":[[`), []byte(`"risks":[[1,`), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := run(t.Context(), 60, bench.CellOptions{Before: state}); !errors.Is(err, bench.ErrCellState) {
				t.Errorf("a state %s: %v", name, err)
			}
		})
	}
	if _, err := run(t.Context(), 120, bench.CellOptions{Before: last}); !errors.Is(err, bench.ErrCellState) {
		t.Errorf("a state of other samples: %v", err)
	}
	if _, err := runner.RunCell(t.Context(), 60, 2, bench.CellOptions{Before: last}); !errors.Is(err, bench.ErrCellState) {
		t.Errorf("a state of another seed: %v", err)
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
		t.Run(key, func(t *testing.T) {
			_, err := read(values)
			var input *bench.InputError
			if !errors.As(err, &input) || input.Key != key {
				t.Errorf("%v: %v, want an error of %s", values, err, key)
			}
		})
	}
}

package training

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"kac/bench"
)

func TestSchema(t *testing.T) {
	for _, s := range []*bench.Schema{Schema, WithTests, GapsSchema} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	if names := bench.Names(WithTests.Columns); len(names) != len(new(Row).numbers()) {
		t.Errorf("%d columns, %d numbers", len(names), len(new(Row).numbers()))
	}
}

// group is a small study of a sweep.
func group(t *testing.T, change func(*Parameters)) *Group {
	t.Helper()
	p := Parameters{ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 6}, Samples: 64, Batch: 16, Eta: .05, Steps: 20, Points: 4, Widths: []int{4, 8}, Reference: ReferenceWide, Wide: 32,
		Tests: 64, Repeats: 3, Seed: 7, Precision: bench.Float64}
	if change != nil {
		change(&p)
	}
	ready, err := p.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGroup(ready)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func runCell(t *testing.T, g *Group, seed uint64, o bench.CellOptions) ([]float64, error) {
	t.Helper()
	r, err := g.Prepare(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.RunCell(t.Context(), 0, seed, o)
}

// A cell is a repeat of the study, and goes on from every state it saves with the same bits; references and precisions
// that keep more.
func TestCellsAreRepeats(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"wide":      nil,
		"exact":     func(p *Parameters) { p.Reference = ReferenceExact },
		"descent":   func(p *Parameters) { p.Reference, p.Nodes = ReferenceDescent, 64 },
		"float32":   func(p *Parameters) { p.Precision = bench.Float32 },
		"fresh":     func(p *Parameters) { p.Samples = 0 },
		"particles": func(p *Parameters) { p.Vary = VaryParticles },
	} {
		t.Run(name, func(t *testing.T) {
			g := group(t, change)
			whole, err := g.ready.Run(t.Context(), Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			f := g.Facts()
			n := f.Points * len(f.Sizes)
			for repeat := range f.Seeds {
				one := &Study{Parameters: whole.Parameters, Rows: whole.Rows[repeat*n : (repeat+1)*n]}
				want := one.values()
				var states [][]byte
				got, err := runCell(t, g, f.FirstSeed+uint64(repeat), bench.CellOptions{Workers: 2, Save: func(b []byte) error {
					states = append(states, bytes.Clone(b))
					return nil
				}})
				if err != nil || !equalBits(got, want) {
					t.Fatalf("repeat %d: %v; %v, not %v", repeat, err, got, want)
				}
				if len(states) < 20 {
					t.Errorf("only %d states", len(states))
				}
				for i, state := range states {
					got, err := runCell(t, g, f.FirstSeed+uint64(repeat), bench.CellOptions{Workers: 1, Before: state})
					if err != nil || !equalBits(got, want) {
						t.Fatalf("repeat %d from state %d: %v", repeat, i, err)
					}
				}
			}
		})
	}
}

func equalBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// States of another repeat, of other parameters, or cut, are refused.
func TestStateOfAnotherRepeat(t *testing.T) {
	g := group(t, nil)
	var state []byte
	stop := errors.New("stop")
	if _, err := runCell(t, g, 8, bench.CellOptions{Save: func(b []byte) error { state = bytes.Clone(b); return stop }}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	other := group(t, func(p *Parameters) { p.Eta = .1 })
	for what, c := range map[string]struct {
		g     *Group
		seed  uint64
		state []byte
	}{"repeat": {g, 7, state}, "parameters": {other, 8, state}, "half": {g, 8, state[:len(state)/2]}, "nothing": {g, 8, []byte{}}} {
		t.Run(what, func(t *testing.T) {
			if _, err := runCell(t, c.g, c.seed, bench.CellOptions{Before: c.state}); !errors.Is(err, bench.ErrCellState) {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
}

// Recorded parameters make the same study again.
func TestRestoreGroup(t *testing.T) {
	g := group(t, func(p *Parameters) { p.Vary = VaryData })
	f := g.Facts()
	data, err := json.Marshal(f.Parameters)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Restore(data)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := f.IdentitySum()
	own := again.Facts()
	b, err2 := own.IdentitySum()
	if err1 != nil || err2 != nil || a != b || !slices.Equal(f.Times, own.Times) {
		t.Errorf("%v %v: %x and %x", err1, err2, a, b)
	}
	if cost := again.Cost(0); cost != g.Cost(0) || !(cost.Work > 0) || !(cost.Memory > 0) || !(cost.State > 0) {
		t.Errorf("cost %+v, not %+v", cost, g.Cost(0))
	}
	if _, err := NewGroup(&Ready{Parameters: Parameters{Shared: true}}); err == nil {
		t.Error("a shared reference is taken")
	}
}

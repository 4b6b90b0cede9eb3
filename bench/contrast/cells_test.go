package contrast

import (
	"context"
	"testing"

	"kac/bench/internal/cutoff"
	"kac/bench/store"
)

// Studies that are cut off go on, also within a descent, and give the same bytes.
func TestCutOff(t *testing.T) {
	p := Parameters{ExactParameters: ExactParameters{Features: Features{Alpha: []float64{.6, .3, .2, .1}, Start: ".3:.2,.1:.2,.1:.1,.1:.1", Noise: "1:1,.3"}, Batches: []int{8, 16}, Times: []float64{0, .5, 1}, Tolerance: 1e-5},
		Dim: 8, Step: .001, Seeds: 2, Seed: 1} // four features have no flow, whose cells are not left half done
	for _, form := range []string{Reduced, Full} {
		p.Form = form
		if err := p.Check(2); err != nil {
			t.Fatal(err)
		}
		t.Run(form, func(t *testing.T) {
			cutoff.Run(t, true, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
				s, err := Run(ctx, p, 2, cells, nil)
				if err != nil {
					return nil, err
				}
				return []store.File{{Name: "a.csv", Fill: s.WriteCSV}, {Name: "b.csv", Fill: s.WriteGaps}, {Name: "c.csv", Fill: s.WriteSeeds}}, nil
			})
		})
	}
	e := ExactParameters{Features: Features{Alpha: []float64{.6}, Start: ".3:.2", Noise: "1:1,.3"}, Batches: []int{8, 32}, Times: []float64{0, .2}, Tolerance: 1e-3}
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	t.Run("exact", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			x, err := RunExact(ctx, e, 2, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: x.WriteCSV}}, nil
		})
	})
	t.Run("rate", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			r, err := RunRate(ctx, RateParameters{[]float64{.2}, []float64{.5}, []int{2, 3, 4, 8, 16, 64}, 1e-8}, 1, cells, nil)
			return []store.File{{Name: "a.csv", Fill: r.WriteCSV}}, err
		})
	})
	t.Run("theorem", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			r, err := RunTheorem(ctx, TheoremParameters{[]int{2, 8}, 6, .5, 1, 1e-5}, 1, cells, nil)
			return []store.File{{Name: "a.csv", Fill: r.WriteCSV}}, err
		})
	})
}

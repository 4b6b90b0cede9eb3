package coding

import (
	"context"
	"testing"

	"kac/bench/internal/cutoff"
	"kac/bench/store"
)

// Codes, attacks and descents that are cut off go on, and give the same bytes.
func TestCutOff(t *testing.T) {
	p := checked(t, Parameters{Blocks: []int{32, 64}, Degrees: []int{3}, Straggle: []float64{.2, .3}, Schemes: []string{"graph", "fixed", "frc"}, Seeds: 4, Seed: 1, Draws: 40, Tolerance: 1e-8})
	t.Run("codes", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := Run(ctx, p, 2, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}, {Name: "b.csv", Fill: s.WriteSeeds}}, nil
		})
	})
	t.Run("attacks", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := RunAdversary(ctx, p, 20, 2, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}}, nil
		})
	})
	d := DescendParameters{Code: Parameters{Blocks: []int{16}, Degrees: []int{3}, Straggle: []float64{.2}, Schemes: []string{"graph", "frc"}, Seeds: 2, Seed: 1, Draws: 1, Tolerance: 1e-8},
		Loss: "square", Points: 96, Features: 4, DataSeed: 1, Step: .1, Steps: 3000}
	if err := d.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("descents", func(t *testing.T) {
		cutoff.Run(t, true, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := RunDescend(ctx, d, 2, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}}, nil
		})
	})
}

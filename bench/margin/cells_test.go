package margin

import (
	"context"
	"strings"
	"testing"

	"kac/bench/internal/cutoff"
	"kac/bench/store"
)

// Data sets and networks that are cut off go on, also within one, and give the same bytes.
func TestCutOff(t *testing.T) {
	p := Parameters{Samples: 30, Dims: []int{4000, 20_000}, Kappas: []float64{.5, 2}, Fraction: .95, Draw: DrawVectors, Seeds: 2, Seed: 1}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	t.Run("draw", func(t *testing.T) {
		cutoff.Run(t, true, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := Run(ctx, p, 2, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}, {Name: "b.csv", Fill: s.WriteSummary}}, nil
		})
	})
	x := XORParameters{Powers: []float64{1.5}, Kappas: []float64{1, 3}, Samples: 16, Dim: 400, Neurons: 16, Steps: 60, Seeds: 2, Seed: 1}
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	t.Run("xor", func(t *testing.T) {
		cutoff.Run(t, true, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := RunXOR(ctx, x, 2, cells, nil)
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}}, err
		})
	})
}

// The plan of networks counts them, and its seconds are about those of a training.
func TestXORPlan(t *testing.T) {
	p := XORParameters{Powers: []float64{1.5, 1.2}, Kappas: []float64{1, 3}, Samples: 16, Dim: 400, Neurons: 16, Steps: 60, Seeds: 3, Seed: 1}
	plan, err := MakeXORPlan(t.Context(), p, 5)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Networks != 12 || !(plan.Each > 0) || plan.Seconds != 3*plan.Each || plan.Memory != p.memory().Bytes() {
		t.Errorf("%+v", plan)
	}
	p.Steps *= 1000
	if more, err := MakeXORPlan(t.Context(), p, 5); err != nil || more.Each < 50*plan.Each {
		t.Errorf("a thousand times the steps take %v seconds instead of %v: %v", more.Each, plan.Each, err)
	}
	var text, table strings.Builder
	if err := plan.WriteText(&text); err != nil || !strings.HasPrefix(text.String(), "12 networks") {
		t.Errorf("%q: %v", text.String(), err)
	}
	if err := plan.WriteCSV(&table); err != nil || !strings.Contains(table.String(), "\n16,400,16,12,") {
		t.Errorf("%q: %v", table.String(), err)
	}
}

package decision

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"kac/bench/internal/cutoff"
	"kac/bench/store"
)

// Games and coefficients that are cut off go on with those that are finished, and give the same bytes.
func TestCutOff(t *testing.T) {
	p := Parameters{Class: OneArmed, Safe: .5, Grid: .05, Gammas: []float64{1, .9}, Rounds: []int{4, 6, 8, 10}, MaxE2D: 4}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	t.Run("games", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			s, err := Run(ctx, p, 2, cells, nil)
			return []store.File{{Name: "a.csv", Fill: s.WriteCSV}}, err
		})
	})
	table := filepath.Join(t.TempDir(), "F.csv")
	write := func(text string) DecParameters {
		if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d := DecParameters{Table: table, Reference: "mean", Gammas: []float64{1, .75}, Eps: []float64{.1, .2, .25, .3, .4}, Lambda: []float64{1, 4}}
		if err := d.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := write("0,.3,.6,.9,.1\n.7,0,.4,.8,.1\n.3,.8,.2,.7,.1\n1,.5,0,.6,.1\n.6,.2,.9,.5,.1\n.2,1,.7,.4,.1\n")
	t.Run("coefficients", func(t *testing.T) {
		cutoff.Run(t, false, func(ctx context.Context, cells *store.Cells) ([]store.File, error) {
			r, err := RunDec(ctx, d, cells, nil)
			if err != nil {
				return nil, err
			}
			return []store.File{{Name: "a.csv", Fill: r.WriteCSV}}, nil
		})
	})
}

package localsgd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// Studies that are cut off go on with their finished cells, and within a seed, and give the same bytes; what was kept
// is gone then.
func TestCutOff(t *testing.T) {
	measured := Parameters{Objective: Objective{Word: KinkWord}, Noise: "gaussian:.3", Algorithms: []string{"local-sgd", "local-adam"}, Clients: []int{4, 32}, LocalSteps: []int{16}, Rounds: 150, Eta: .1,
		ServerStep: 1, Momentum: .9, Lambda: .1, Participation: 1, Start: .5, Seeds: 3, Seed: 1}
	if err := measured.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	compared := CompareParameters{Parameters: measured, Grid: 5, TuningSeeds: 2}
	compared.Clients, compared.Rounds, compared.Algorithms = []int{16}, 4, []string{"local-sgd", "minibatch-sgd", "local-adam", "local-sgdm"}
	if err := compared.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	type result interface{ WriteCSV(w io.Writer) error }
	for name, run := range map[string]func(ctx context.Context, c *store.Cells, progress func(float64, string)) (result, error){
		"measure": func(ctx context.Context, c *store.Cells, progress func(float64, string)) (result, error) {
			return Run(ctx, measured, 2, c, progress)
		},
		"compare": func(ctx context.Context, c *store.Cells, progress func(float64, string)) (result, error) {
			return RunCompare(ctx, compared, 1, c, progress)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want, got bytes.Buffer
			straight, err := run(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := straight.WriteCSV(&want); err != nil {
				t.Fatal(err)
			}
			dir, finished, cuts := filepath.Join(t.TempDir(), "o"), 0, 0
			for share := .2; ; share += .3 {
				out, err := store.OpenResults(disk.Real, dir, "kac local", struct{}{}, bench.Session{}, "local.csv", store.Unfinished)
				if err != nil {
					t.Fatal(err)
				}
				c, err := store.OpenCells(out)
				if err != nil {
					t.Fatal(err)
				}
				if c.Finished() < finished {
					t.Errorf("%d finished cells, there were %d", c.Finished(), finished)
				}
				ctx, stop := context.WithCancel(t.Context())
				r, err := run(ctx, c, func(done float64, _ string) {
					if done >= share {
						stop()
					}
				})
				if stop(); errors.Is(err, context.Canceled) {
					if cuts, finished = cuts+1, c.Finished(); finished == 0 {
						t.Error("no cell was finished")
					}
					if err := c.Save(); err != nil {
						t.Fatal(err)
					}
					out.Close()
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if err := r.WriteCSV(&got); err != nil {
					t.Fatal(err)
				}
				if err := out.Finish([]store.File{{Name: "local.csv", Fill: r.WriteCSV}}, nil); err != nil {
					t.Fatal(err)
				}
				out.Close()
				break
			}
			if cuts == 0 || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("after %d cuts the table is another one", cuts)
			}
			if _, err := os.Stat(filepath.Join(dir, store.Unfinished)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there: %v", store.Unfinished, err)
			}
			if out, err := store.OpenResults(disk.Real, dir, "kac local", struct{}{}, bench.Session{}, "local.csv", store.Unfinished); err != nil || !out.Complete() {
				t.Errorf("the directory is not complete: %v", err)
			} else {
				out.Close()
			}
		})
	}
}

// Package cutoff tests studies that keep their cells.
package cutoff

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
)

// Run runs a study that keeps its cells, cut off again and again after some time and with other processes' cells
// read back, until it is done, and compares its tables with those of a run that was not cut off. Cells that can be left
// half done are told by partly: some of them must have been.
func Run(t *testing.T, partly bool, run func(ctx context.Context, cells *store.Cells) ([]store.File, error)) {
	t.Helper()
	began := time.Now()
	want := tables(t, run, nil)
	after := max(time.Since(began)/4, time.Millisecond)
	for attempt := 0; ; attempt++ {
		dir := filepath.Join(t.TempDir(), "o")
		cuts, half := 0, false
		for {
			var stopped bool
			open(t, dir, func(out *store.Results) {
				cells, err := store.OpenCells(out)
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithTimeout(t.Context(), after)
				defer stop()
				files, err := run(ctx, cells)
				if stopped = errors.Is(err, context.DeadlineExceeded); stopped {
					cuts, after = cuts+1, after+after/4 // in the end there is time enough
					if err := cells.Save(); err != nil {
						t.Fatal(err)
					}
					half = half || bytes.Contains(kept(t, dir), []byte(store.Partly))
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				for i, f := range files {
					var got bytes.Buffer
					if err := f.Fill(&got); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(got.Bytes(), want[i]) {
						t.Errorf("after %d cuts %s is another one", cuts, f.Name)
					}
				}
				if err := out.Finish(files, nil); err != nil {
					t.Fatal(err)
				}
			})
			if !stopped {
				break
			}
		}
		if kept(t, dir) != nil {
			t.Errorf("%s is still there", store.Unfinished)
		}
		if cuts > 1 && (half || !partly) {
			return
		}
		if attempt == 8 {
			t.Fatalf("%d cuts, of which one half way: %v", cuts, half)
		}
		after = max(after/3, 200*time.Microsecond)
	}
}

func tables(t *testing.T, run func(ctx context.Context, cells *store.Cells) ([]store.File, error), cells *store.Cells) [][]byte {
	t.Helper()
	files, err := run(t.Context(), cells)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, f := range files {
		var b bytes.Buffer
		if err := f.Fill(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Bytes())
	}
	return out
}

func open(t *testing.T, dir string, with func(*store.Results)) {
	t.Helper()
	out, err := store.OpenResults(disk.Real, dir, "kac", struct{}{}, bench.Session{}, "a.csv", "b.csv", "c.csv", store.Unfinished)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	with(out)
}

func kept(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, store.Unfinished))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return data
}

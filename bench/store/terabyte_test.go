package store

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/internal/disk"
)

// A file of a finished run, its record too, that was extended to a terabyte of zeros is named at once and
// in little memory; the same command refuses the record and makes everything else again.
func TestTerabyteFiles(t *testing.T) {
	for _, name := range []string{"a.csv", "b.csv", "a.svg", RunFile} {
		dir := filepath.Join(t.TempDir(), "out")
		run := func() error {
			r, err := OpenResults(disk.Real, dir, "kac test", struct{}{}, bench.Session{}, "a.csv", "b.csv", "a.svg")
			if err != nil {
				return err
			}
			defer r.Close()
			return r.Finish([]File{text("a.csv", "table\n"), text("b.csv", "1\n")}, []File{text("a.svg", "<svg/>")})
		}
		if err := run(); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), 1<<40); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		checked, err := Check(disk.Real, dir, RunFile)
		if err != nil || len(checked.Bad) != 1 || checked.Bad[0].Path != name || strings.Contains(checked.Bad[0].Problem, "\n") {
			t.Errorf("%s: check says %+v, %v", name, checked, err)
		}
		err = run()
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<27 || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %d bytes were allocated in %v", name, used, time.Since(start))
		}
		if name == RunFile {
			if err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if checked, again := Check(disk.Real, dir, RunFile); err != nil || again != nil || len(checked.Bad) > 0 {
			t.Errorf("%s: made again: %v; check says %+v, %v", name, err, checked, again)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// C(t) is refused with both numbers where there is no memory for it, when a sweep's tables are made; the cells stay,
// and the same command makes the tables where there is more. A report goes without it, and says why.
func TestMemoryOfConstants(t *testing.T) {
	dir := t.TempDir()
	study := "problem = 'he4'\ndim = 16\nwidths = [8, 16]\nseeds = 2\nhorizon = 2\npoints = 3\ntolerance = 1e-4\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, words("sweep s.toml --out o --shard 1/1 -q")...)
	merge := words("sweep s.toml --out o --merge -q")
	r := limited(t, dir, "data", 180<<20, merge...) // nothing is left above what the program is
	form := regexp.MustCompile(`C\(t\) of he4 in dimension 16: needs about [0-9.]+ [KM]iB of memory, and 0 B are left`)
	if r.code != 1 || r.stdout != "" || !form.MatchString(r.stderr) || !strings.Contains(r.stderr, "the cells are kept in o; go on with: ") {
		t.Errorf("exit code %d, %q, %q", r.code, r.stdout, r.stderr)
	}
	if _, err := os.Lstat(filepath.Join(dir, "o", "table.csv")); err == nil {
		t.Error("a table was written")
	}
	good(t, dir, merge...)
	good(t, dir, words("gap --problem he4 --dim 16 --widths 8,16 --seeds 2 --horizon 2 --points 3 --tolerance 1e-4 --out g -q")...)
	if r := limited(t, dir, "data", 180<<20, words("report g -q")...); r.code != 0 || !regexp.MustCompile(`No <i>C</i>.*needs about`).Match(content(t, dir, "g/report/report.html")) {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
}

// A finished run is printed again, whatever its computation would take; one that is not finished is refused as a new
// one.
func TestMemoryOfFinishedRuns(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte("problem = 'he4'\ndim = 512\nwidths = [512]\nseeds = 1\nhorizon = 0.01\npoints = 2\ntolerance = 1e-2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"gap --problem he4 --dim 512 --widths 512 --seeds 1 --horizon .01 --points 2 --tolerance 1e-2 -q --out g",
		"train --problem he4 --dim 64 --samples 4096 --batch 32 --widths 32 --horizon .02 --points 2 --repeats 1 -q --out t",
		"sweep s.toml -q --out s",
	} {
		first := good(t, dir, words(arguments)...)
		again := limited(t, dir, "data", 180<<20, words(arguments)...)
		if again.code != 0 || again.stdout != first.stdout {
			t.Errorf("%s: exit code %d, %q", arguments, again.code, again.stderr)
		}
		other := limited(t, dir, "data", 180<<20, words(arguments+"2")...)
		if other.code != 2 || !strings.Contains(other.stderr, "needs about") {
			t.Errorf("%s2: exit code %d, %q", arguments, other.code, other.stderr)
		}
	}
	// A directory whose run was interrupted.
	if err := os.Remove(filepath.Join(dir, "g", "gap.csv")); err != nil {
		t.Fatal(err)
	}
	r := limited(t, dir, "data", 180<<20, words("gap --problem he4 --dim 512 --widths 512 --seeds 1 --horizon .01 --points 2 --tolerance 1e-2 -q --out g")...)
	if r.code != 2 || !strings.Contains(r.stderr, "needs about") {
		t.Errorf("without its table: exit code %d, %q", r.code, r.stderr)
	}
}

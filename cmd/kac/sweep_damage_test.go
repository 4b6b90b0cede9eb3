//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// damageStudy is one group of two cells: one is soon finished, one has checkpoints for long enough to
// be stopped among them.
const damageStudy = `problem = "he4"
dim = 6
widths = [8, 800]
seeds = 1
horizon = 3
points = 4
tolerance = 1e-6
dynamics = "descent"
eta = 0.01
`

// The real program goes on with a study of which one file, a checkpoint, the one before it, a finished
// cell or study.json, was changed in one bit, cut, or filled with zeros: check names the file, the run
// says so wherever it wanted to read it, and the tables are those of a study that nothing happened to.
// KAC_DAMAGES says how often (make test-durability: 400).
func TestSweepDamaged(t *testing.T) {
	damages := 8
	if text := os.Getenv("KAC_DAMAGES"); text != "" {
		var err error
		if damages, err = strconv.Atoi(text); err != nil {
			t.Fatalf("KAC_DAMAGES: %v", err)
		}
	}
	dir := t.TempDir()
	study := studyFile(t, dir, damageStudy)
	good(t, dir, "sweep", study, "--out", "straight", "-q")
	want := sweepTables(t, filepath.Join(dir, "straight"))
	stopped := stoppedStudy(t, dir, study)
	files := stoppedFiles(t, stopped)
	random := rand.New(rand.NewPCG(8, 9))
	count := map[string]int{}
	for i := range damages {
		name := files[0] // more often than the rest: it is what a run goes on from
		if i%2 == 1 {
			name = files[random.IntN(len(files))]
		}
		out := fmt.Sprintf("damaged%d", i)
		if err := os.CopyFS(filepath.Join(dir, out), os.DirFS(stopped)); err != nil {
			t.Fatal(err)
		}
		whole := content(t, stopped, name)
		what, bad := damage(random, whole)
		if err := os.WriteFile(filepath.Join(dir, out, name), bad, 0o644); err != nil {
			t.Fatal(err)
		}
		count[what]++
		what = fmt.Sprintf("%d: %s in %s", i, what, name)
		if r := kac(t, dir, "check", out); r.code != 1 || !strings.HasPrefix(r.stdout, name+": ") || strings.Count(r.stdout, "\n") != 1 {
			t.Fatalf("%s: check ends with %d and %q", what, r.code, r.stdout)
		}
		r := good(t, dir, "sweep", study, "--out", out, "-q")
		// A generation before a good one is not needed, and nobody looks at it.
		if !strings.Contains(r.stderr, filepath.Join(out, name)) && !strings.HasSuffix(name, ".prev") {
			t.Fatalf("%s: nothing was said: %q", what, r.stderr)
		}
		equalTables(t, what, sweepTables(t, filepath.Join(dir, out)), want)
		good(t, dir, "check", out)
		if err := os.RemoveAll(filepath.Join(dir, out)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d damages, all noticed: %v", damages, count)
}

// damage changes one bit, mostly, cuts the file or fills a block with zeros.
func damage(random *rand.Rand, whole []byte) (what string, bad []byte) {
	bad = bytes.Clone(whole)
	at := random.IntN(len(bad))
	switch random.IntN(10) {
	case 0:
		return "truncation", bad[:at]
	case 1:
		clear(bad[at:min(at+512, len(bad))])
		if bytes.Equal(bad, whole) {
			bad = make([]byte, len(whole))
		}
		return "zeros", bad
	default:
		bad[at] ^= 1 << random.IntN(8)
		return "bit flip", bad
	}
}

// stoppedStudy is the directory of a study that was stopped when one cell was finished and the other
// had two checkpoints.
func stoppedStudy(t *testing.T, dir, study string) string {
	t.Helper()
	// Machines differ, and how busy they are: the first limit is too short for any.
	for try, limit := 0, 0.02; try < 60; try, limit = try+1, 1.15*limit {
		out := fmt.Sprintf("stopped%d", try)
		kac(t, dir, "sweep", study, "--out", out, "-q", "--workers", "2", "--checkpoint", "0.005", "--max-time", fmt.Sprint(limit))
		if files := stoppedFiles(t, filepath.Join(dir, out)); len(files) == 4 {
			return filepath.Join(dir, out)
		}
	}
	t.Fatal("no stop left a cell and two checkpoints")
	return ""
}

// stoppedFiles are the files under a checksum of their own, the newest checkpoint first.
func stoppedFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"cells/*/*.ckpt", "cells/*/*.ckpt.prev", "cells/*/*.cell", "study.json"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name, err := filepath.Rel(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(name))
		}
	}
	return out
}

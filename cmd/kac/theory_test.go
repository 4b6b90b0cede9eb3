package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// C(t) of he4, d = 16, known to four digits (at t = 40 it takes seconds, and is in meanfield's tests).
func TestTheoryKnownConstants(t *testing.T) {
	r := good(t, "", words("theory --problem he4 --dim 16 --times 0,5,10 -q")...)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	if err != nil || len(rows) != 4 || r.stderr != "" {
		t.Fatalf("%d lines, error %v, standard error %q", len(rows), err, r.stderr)
	}
	if got := strings.Join(rows[0][:5], ","); got != "time,risk,risk_error,gap_constant,gap_constant_error" {
		t.Errorf("header %q", got)
	}
	for i, want := range []float64{.9896, .6052, .4627} {
		got, err := strconv.ParseFloat(rows[i+1][3], 64)
		e, err2 := strconv.ParseFloat(rows[i+1][4], 64)
		if err != nil || err2 != nil || math.Abs(got-want) > 6e-5 || !(e > 0 && e < 1e-6) {
			t.Errorf("time %s: C = %s with error %s, known %.4f", rows[i+1][0], rows[i+1][3], rows[i+1][4], want)
		}
	}
}

func TestTheoryScalingAndFiguresWriteTheirFiles(t *testing.T) {
	dir := t.TempDir()
	for out, command := range map[string]string{
		"theory":  "theory --problem he4 --dim 6 --times 0,1 --tolerance 1e-6 --widths 8,16 --seeds 2",
		"scaling": "scaling --problem he4 --dims 6,8,10 --delta .5 --constants-time 3",
		"figure2": "figure 2 --width 8",
		"figure6": "figure 6",
	} {
		t.Run(out, func(t *testing.T) {
			good(t, dir, append(words(command), "--out", out, "-q")...)
			for _, name := range []string{out + ".csv", out + ".svg", "run.json"} {
				if data, err := os.ReadFile(filepath.Join(dir, out, name)); err != nil || len(data) < 50 {
					t.Errorf("%s: %s has %d bytes, error %v", command, name, len(data), err)
				}
			}
			if data, _ := os.ReadFile(filepath.Join(dir, out, "run.json")); !strings.Contains(string(data), `"complete": true`) {
				t.Errorf("%s: run.json is not complete:\n%s", command, data)
			}
		})
	}
	// A directory with other parameters is refused, whole and untouched.
	before := tree(t, dir)
	r := kac(t, dir, words("scaling --problem he4 --dims 6,8 --delta .5 --out scaling")...)
	if r.code != 2 || !strings.Contains(r.stderr, "--out scaling") || tree(t, dir) != before {
		t.Errorf("code %d, %q", r.code, r.stderr)
	}
}

// A tolerance at which rounding leaves the front unresolved is an error that names the panel, and no
// number.
func TestTheoryUnresolved(t *testing.T) {
	r := kac(t, "", words("theory --activation 4:10 --link 4:10 --dim 8 --times .01 --tolerance 1e-12 -q")...)
	if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "not resolved to tolerance 1e-12") || !strings.Contains(r.stderr, "panel: a_0 in [") {
		t.Errorf("code %d, standard output %q, standard error %q", r.code, r.stdout, r.stderr)
	}
}

// Behind a separatrix that no numbers resolve, stability matrices are an error that says where and what would do, and
// no number, though the risk is resolved.
func TestTheoryUnresolvedStability(t *testing.T) {
	command := "--activation 1:.3,3:1 --link 1:-.3,3:1 --dim 6 --tolerance 1e-2 -q"
	r := kac(t, "", words("theory --times 60 "+command)...)
	if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "particles around a_0 = 0.18") || !strings.Contains(r.stderr, "an earlier last time is resolved") {
		t.Errorf("code %d, standard output %q, standard error %q", r.code, r.stdout, r.stderr)
	}
	if r := good(t, "", words("theory --times 6 "+command)...); strings.Count(r.stdout, "\n") != 2 {
		t.Errorf("up to 6: %q", r.stdout)
	}
}

func TestTheoryBadInput(t *testing.T) {
	for _, c := range []struct{ command, names, says string }{
		{"theory --problem circle --times 1", "--problem circle", "available for it are"},
		{"theory --activation 4:1 --link 4:1 --rank 2 --dim 8 --times 1", "--rank 2", "available for it are"},
		{"theory --problem he4", "--times", "missing"},
		{"theory --problem he4 --times 2,1", "--times 2,1", "increase"},
		{"theory --problem he4 --times -1,1", "--times -1,1", "not allowed"},
		{"theory --problem he4 --times NaN", "--times NaN", "give numbers"},
		{"theory --problem he5 --times 1", "--problem he5", "known are"},
		{"theory --problem he4 --times 1 --tau 0", "--tau 0", "above 0"},
		{"theory --problem he4 --times 1 --tau 7", "--tau 7", "up to 1"},
		{"theory --problem he4 --times 1 --tolerance 1", "--tolerance 1", "allowed are"},
		{"theory --problem he4 --times 1 --widths 0", "--widths 0", "whole numbers"},
		{"theory --problem he4 --times 1 --widths 8 --seeds 0", "--seeds 0", "allowed are"},
		{"theory --problem he4 --times 1 --seeds 4", "--seeds 4", "only together with --widths"},
		{"theory --problem he4 --times 1 --workers 0", "--workers 0", "allowed are"},
		{"scaling --problem he4,he4", "--problem he4,he4", "twice"},
		{"scaling --problem he4,circle", "--problem he4,circle (circle)", "available for it are"},
		{"scaling --dims 32", "--dims 32", "two dimensions"},
		{"scaling --dims 16,32,...,200", "--dims 16,32,...,200", "ratio"},
		{"scaling --dims 16,...,64", "--dims 16,...,64", "stand between two numbers"},
		{"scaling --dims 16,32,...,x", "--dims 16,32,...,x", "whole numbers"},
		{"scaling --dims 2,32", "--dims 2", "dimension from 3"},
		{"scaling --delta 0", "--delta 0", "above 0"},
		{"scaling --dims 8,16 --fit-from 16", "--fit-from 16", "fewer than two"},
		{"figure", "figure", "number"},
		{"figure 1", "1", "there are"},
		{"figure two", "two", "there are"},
		{"figure 2 --width 1", "--width 1", "allowed are"},
		{"figure 6 --width 8", "--width", "no finite network"},
	} {
		t.Run(c.command, func(t *testing.T) {
			dir := t.TempDir()
			r := kac(t, dir, words(c.command)...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("kac %s: code %d, standard output %q, standard error %q; want one line with %q and %q", c.command, r.code, r.stdout, r.stderr, c.names, c.says)
			}
		})
	}
}

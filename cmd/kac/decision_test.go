package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Values of other programs: the game by another double oracle, coefficients by enumeration.
func TestDecision(t *testing.T) {
	rows := codeRows(t, "decision --class onearmed --gamma 1,.75 --rounds 10,30")
	for i, want := range []float64{.582003890, 1.008478146, -.841837619, -3.077821288} {
		low, high := float(t, rows[i]["lower"]), float(t, rows[i]["upper"])
		if math.Abs(low-want) > 2e-9 || math.Abs(high-want) > 2e-9 || low > high+1e-12 {
			t.Errorf("gamma %s, %s rounds: [%.10g, %.10g], want %.10g", rows[i]["gamma"], rows[i]["rounds"], low, high, want)
		}
	}
	table := filepath.Join(t.TempDir(), "F.csv")
	if err := os.WriteFile(table, []byte("0,.3,.6,.9,.1\n.7,0,.4,.8,.1\n.3,.8,.2,.7,.1\n1,.5,0,.6,.1\n.6,.2,.9,.5,.1\n.2,1,.7,.4,.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rows = codeRows(t, "decision dec --table "+table+" --reference mean --gamma 1 --eps .1,.4 --lambda 1")
	if len(rows) != 3 || rows[0]["eps"] != "0.1" || rows[2]["lambda"] != "1" {
		t.Fatal(rows)
	}
	for _, r := range rows {
		sum := 0.0
		for _, x := range strings.Fields(r["p"]) {
			sum += float(t, x)
		}
		if math.Abs(sum-1) > 1e-9 || r["active"] == "" {
			t.Errorf("%v", r)
		}
	}
}

func TestDecisionWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "F.csv"), []byte("0,.5,1\n1,.5,0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for out, c := range map[string]struct{ command, files string }{
		"game": {"decision --gamma 1,.8 --rounds 3,9,20", "regret.csv regret.svg"},
		"dec":  {"decision dec --table F.csv --eps .1,.3 --gamma 1", "dec.csv"},
	} {
		t.Run(out, func(t *testing.T) {
			first := good(t, dir, append(words(c.command), "--out", out, "-q")...).stdout
			for _, name := range append(words(c.files), "run.json") {
				if data, err := os.ReadFile(filepath.Join(dir, out, name)); err != nil || len(data) < 50 {
					t.Errorf("%s has %d bytes, error %v", name, len(data), err)
				}
			}
			if again := good(t, dir, append(words(c.command), "--out", out, "-q", "--workers", "1")...).stdout; again != first {
				t.Error("the same command with one worker prints something else")
			}
			good(t, dir, "check", out)
		})
	}
}

func TestDecisionBadInput(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, large, wrong := put("F.csv", "0,.5\n1,.5\n"), put("large.csv", strings.Repeat("0,1\n", 21)), put("wrong.csv", "0,.5\n1,1.5\n")
	for _, c := range []struct{ command, names, says string }{
		{"decision --class linear", "--class linear", "allowed is onearmed"},
		{"decision --safe 2", "--safe 2", "from 0 to 1"},
		{"decision --grid .3", "--grid .3", "divides 1"},
		{"decision --grid 0", "--grid 0", "divides 1"},
		{"decision --gamma 0", "--gamma 0", "above 0"},
		{"decision --gamma 1.1", "--gamma 1.1", "up to 1"},
		{"decision --gamma 1,1", "--gamma 1,1", "twice"},
		{"decision --rounds 0", "--rounds 0", "whole numbers"},
		{"decision --rounds 5000", "--rounds 5000", "to 2000"},
		{"decision --max-e2d -1", "--max-e2d -1", "whole numbers"},
		{"decision dec", "--table", "missing"},
		{"decision dec --table " + wrong + " --eps .1", wrong, "row 2, column 2 is 1.5"},
		{"decision dec --table " + large + " --eps .1", large, "21 functions"},
		{"decision dec --table " + good, "--eps", "is missing"},
		{"decision dec --table " + good + " --eps -1", "--eps -1", "from 0 on"},
		{"decision dec --table " + good + " --eps .1 --gamma 2", "--gamma 2", "up to 1"},
		{"decision dec --table " + good + " --eps .1 --reference " + large + "x", large + "x", "no such file"},
		{"decision dec --table nowhere.csv --eps .1", "nowhere.csv", "no such file"},
	} {
		t.Run(c.command, func(t *testing.T) {
			out := t.TempDir()
			r := kac(t, out, append(words(c.command), "--out", "o")...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, standard output %q, standard error %q; want one line with %q and %q", r.code, r.stdout, r.stderr, c.names, c.says)
			}
			if _, err := os.Stat(filepath.Join(out, "o")); err == nil {
				t.Error("the output directory was made")
			}
		})
	}
}

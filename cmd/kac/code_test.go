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

// codeRows runs a table and returns its rows by column.
func codeRows(t *testing.T, command string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(good(t, t.TempDir(), append(words(command), "--format", "csv", "-q")...).stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for k, name := range rows[0] {
			m[name] = row[k]
		}
		out = append(out, m)
	}
	return out
}

func float(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The limit as another program found it by iterating series.
func TestCodeLimit(t *testing.T) {
	rows := codeRows(t, "code --limit --degree 3,6 --straggle .1,.3")
	want := []float64{1.009129576e-03, 2.887143e-02, math.NaN(), 7.2911997e-04}
	if len(rows) != 4 {
		t.Fatal(rows)
	}
	for i, r := range rows {
		if got := float(t, r["error"]); !math.IsNaN(want[i]) && math.Abs(got/want[i]-1) > 2e-7 {
			t.Errorf("degree %s, straggle %s: %v, want %v", r["degree"], r["straggle"], got, want[i])
		}
	}
}

func TestCodeTable(t *testing.T) {
	rows := codeRows(t, "code --graph regular --degree 3 --blocks 1024 --straggle .3 --seeds 20")
	schemes := []string{}
	for _, r := range rows {
		schemes = append(schemes, r["scheme"])
		if r["blocks"] != "1024" {
			t.Errorf("%v", r)
		}
		e, se, limit := float(t, r["error"]), float(t, r["error_se"]), float(t, r["limit"])
		if !(se > 0) || math.Abs(e-limit) > 4*se {
			t.Errorf("%s: %v +- %v, limit %v", r["scheme"], e, se, limit)
		}
	}
	if strings.Join(schemes, ",") != "graph,fixed,uncoded,frc" {
		t.Error(schemes)
	}
}

func TestCodeWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "edges.txt"), []byte("0 1\n1 2\n2 0\n2 3\n3 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "A.csv"), []byte("1,0,1\n1,1,0\n0,1,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "delays.csv"), []byte("1\n1.5\n4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for out, c := range map[string]struct{ command, files string }{
		"limit":     {"code --limit --degree 3,4 --straggle .1,.2", "limit.csv limit.svg"},
		"measure":   {"code --degree 3 --blocks 16,32 --straggle .2 --seeds 2", "code.csv seeds.csv code.svg"},
		"file":      {"code --graph file:edges.txt --straggle .2 --seeds 2 --schemes graph,fixed,uncoded", "code.csv code.svg"},
		"matrix":    {"code --matrix A.csv --straggle .2 --seeds 2", "code.csv code.svg"},
		"delays":    {"code --degree 4 --blocks 16 --delays file:delays.csv --wait .5,.9 --seeds 2", "code.csv code.svg"},
		"adversary": {"code --adversary --degree 3 --blocks 16 --straggle .125,.25 --rounds 10 --seeds 1", "adversary.csv adversary.svg"},
		"descend":   {"code --descend --degree 3 --blocks 8 --straggle .2 --seeds 2 --points 64 --features 4 --steps 20", "descent.csv descent.svg"},
	} {
		t.Run(out, func(t *testing.T) {
			first := good(t, dir, append(words(c.command), "--out", out, "-q")...).stdout
			for _, name := range append(words(c.files), "run.json") {
				if data, err := os.ReadFile(filepath.Join(dir, out, name)); err != nil || len(data) < 50 {
					t.Errorf("%s has %d bytes, error %v", name, len(data), err)
				}
			}
			before := tree(t, filepath.Join(dir, out))
			if again := good(t, dir, append(words(c.command), "--out", out, "-q", "--workers", "1")...).stdout; again != first || tree(t, filepath.Join(dir, out)) != before {
				t.Error("the same command with one worker prints or writes something else")
			}
			good(t, dir, "check", out)
		})
	}
}

func TestCodeBadInput(t *testing.T) {
	files := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	loop, unknown := put("loop.txt", "0 1\n1 1\n"), put("alone.txt", "0 2\n")
	empty := put("empty.csv", "1,1\n0,0\n")
	negative, none := put("negative.csv", "1\n-2\n"), put("none.csv", "")
	labels, inputs := put("labels.csv", "1\n2\n3\n"), put("inputs.csv", "1\n2\n4\n")
	for _, c := range []struct{ command, names, says string }{
		{"code", "--blocks", "is missing"},
		{"code --blocks 16 --straggle .1", "--degree", "is missing"},
		{"code --blocks 16 --degree 3", "--straggle", "is missing"},
		{"code --blocks 15 --degree 3 --straggle .1", "--degree 3", "odd"},
		{"code --blocks 4 --degree 4 --straggle .1", "--degree 4", "1 to 3"},
		{"code --blocks 16 --degree 3 --straggle 1", "--straggle 1", "below 1"},
		{"code --blocks 16 --degree 3 --straggle -.1", "--straggle -.1", "at least 0"},
		{"code --blocks 16 --degree 3 --straggle .1,.1", "--straggle .1,.1", "twice"},
		{"code --blocks 16,16 --degree 3 --straggle .1", "--blocks 16,16", "twice"},
		{"code --limit --degree 3 --straggle 1.5", "--straggle 1.5", "below 1"},
		{"code --limit --degree 0 --straggle .5", "--degree 0", "whole numbers"},
		{"code --limit --straggle .5", "--degree", "is missing"},
		{"code --limit --degree 3", "--straggle", "is missing"},
		{"code --limit --degree 3 --straggle .5 --blocks 4", "--blocks 4", "has no meaning with --limit"},
		{"code --graph lps:7,13 --straggle .1", "--graph lps:7,13", "near it are 5,13"},
		{"code --graph lps:5 --straggle .1", "--graph lps:5", "two primes"},
		{"code --graph lps:5,13 --degree 3 --straggle .1", "--degree 3", "leave it out"},
		{"code --graph lps:5,13 --blocks 8 --straggle .1", "--blocks 8", "2184"},
		{"code --graph ring --blocks 8 --straggle .1", "--graph ring", "allowed are"},
		{"code --graph hypercube --blocks 12 --straggle .1", "--blocks 12", "power of two"},
		{"code --graph cycle --blocks 12 --degree 3 --straggle .1", "--degree 3", "even degree"},
		{"code --graph file:" + loop + " --straggle .1", loop, "line 2: vertex 1 is joined with itself"},
		{"code --graph file:" + unknown + " --straggle .1", unknown, "vertex 1 has no edge"},
		{"code --graph file:" + unknown + " --blocks 2 --straggle .1", unknown, "line 1: vertex 2 is unknown; the vertices are 0 to 1"},
		{"code --graph file:nowhere --straggle .1", "nowhere", "no such file"},
		{"code --matrix " + empty + " --straggle .1", empty, "block 1 (row 2) is on no machine"},
		{"code --matrix " + empty + " --blocks 2 --straggle .1", empty, "leave out"},
		{"code --blocks 16 --degree 3 --delays exponential:-1,1 --wait .5", "--delays exponential:-1,1", "at least 0"},
		{"code --blocks 16 --degree 3 --delays exponential:1 --wait .5", "--delays exponential:1", "two numbers"},
		{"code --blocks 16 --degree 3 --delays gauss:1,2 --wait .5", "--delays gauss:1,2", "allowed are"},
		{"code --blocks 16 --degree 3 --delays file:" + negative + " --wait .5", negative, "delay 2 is -2"},
		{"code --blocks 16 --degree 3 --delays file:" + none + " --wait .5", none, "empty"},
		{"code --blocks 16 --degree 3 --delays pareto:1,2", "--wait", "is missing"},
		{"code --blocks 16 --degree 3 --delays pareto:1,2 --wait 1.5", "--wait 1.5", "at most 1"},
		{"code --blocks 16 --degree 3 --delays pareto:1,2 --wait .5 --straggle .1", "--straggle .1", "wait or deadline"},
		{"code --blocks 16 --degree 3 --straggle .1 --wait .5", "--delays", "is missing"},
		{"code --blocks 16 --degree 3 --straggle .1 --schemes graph,tree", "--schemes graph,tree", `"tree" is no scheme`},
		{"code --blocks 16 --degree 3 --straggle .1 --schemes cyclic", "--schemes cyclic", "both even or both odd"},
		{"code --blocks 16 --degree 3 --straggle .1 --lose half", "--lose half", "allowed are"},
		{"code --blocks 16 --degree 3 --straggle .1 --seeds 0", "--seeds 0", "allowed are"},
		{"code --blocks 16 --degree 3 --straggle .1 --rare --schemes frc", "--schemes frc", "graph"},
		{"code --blocks 16 --degree 3 --straggle .1 --steps 3", "--steps 3", "only with --descend"},
		{"code --limit --adversary --degree 3 --straggle .1", "--adversary", "not together"},
		{"code --adversary --blocks 16 --degree 3 --straggle .1 --rounds 0", "--rounds 0", "allowed are"},
		{"code --descend --blocks 16,32 --degree 3 --straggle .1", "--blocks 16,32", "one number"},
		{"code --descend --blocks 16 --degree 3 --straggle .1,.2", "--straggle .1,.2", "one probability"},
		{"code --descend --blocks 16 --degree 3 --straggle .1 --loss hinge", "--loss hinge", "square and logistic"},
		{"code --descend --blocks 16 --degree 3 --straggle .1 --step 0", "--step 0", "above 0"},
		{"code --descend --blocks 64 --degree 3 --straggle .1 --points 32", "--blocks 64", "32 points"},
		{"code --descend --blocks 2 --degree 1 --straggle .1 --data " + inputs, "--data", "labels too"},
		{"code --descend --blocks 2 --degree 1 --straggle .1 --loss logistic --data " + inputs + " --labels " + labels, labels, "3 different values"},
		{"code --descend --blocks 16 --degree 3 --straggle .1 --data " + inputs + " --labels " + labels + " --points 4", "--points 4", "leave it out"},
	} {
		t.Run(c.command, func(t *testing.T) {
			dir := t.TempDir()
			r := kac(t, dir, append(words(c.command), "--out", "o")...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, standard output %q, standard error %q; want one line with %q and %q", r.code, r.stdout, r.stderr, c.names, c.says)
			}
			if _, err := os.Stat(filepath.Join(dir, "o")); err == nil {
				t.Error("the output directory was made")
			}
		})
	}
}

// Codes, adversaries and descents are swept, checked, told the state of, reported, and go on after the end without
// computing.
func TestCodeSweeps(t *testing.T) {
	for measure, more := range map[string]string{"code": "draws = 3\n", "code-adversary": "rounds = 4\n", "code-descent": "points = 64\nfeatures = 3\nsteps = 8\n"} {
		t.Run(measure, func(t *testing.T) {
			dir := t.TempDir()
			text := "measure = \"" + measure + "\"\ndegree = [3, 4]\nblocks = [16, 32]\nstraggle = 0.2\nschemes = [\"graph\", \"frc\"]\nseeds = 2\n" + more
			if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			good(t, dir, "sweep", "s.toml", "--out", "o", "-q")
			table := content(t, dir, "o", "table.csv")
			if got := good(t, dir, "check", "o").stdout; !strings.Contains(got, "in order") {
				t.Errorf("check: %q", got)
			}
			if got := good(t, dir, "status", "o").stdout; !strings.Contains(got, "graph-d3") {
				t.Errorf("status: %q", got)
			}
			good(t, dir, "report", "o", "-q")
			good(t, dir, "sweep", "s.toml", "--out", "o", "-q", "--workers", "1")
			if string(content(t, dir, "o", "table.csv")) != string(table) {
				t.Error("the table changed")
			}
		})
	}
}

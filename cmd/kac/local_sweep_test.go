package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The modes of kac local in sweeps: tables have the numbers of the verb, checks find them in order, and a sweep that
// goes on writes the same bytes.
func TestLocalModesSweep(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		study, verb  string
		keys, values string // columns that tell rows apart in the table and in the verb's, and those that are equal
	}{
		{"measure = \"local-bias\"\nobjective = \"kink\"\nnoise = \"gaussian:.1\"\neta = [0.01, 0.1]\nlocal-steps = \"2,8\"\n",
			"local --bias --objective kink --noise gaussian:.1 --eta .01 --local-steps 2,8", "local_steps", "bias bias_error deviation descent law continuous"},
		{"measure = \"local-exact\"\nalgorithm = [\"minibatch-sgd\", \"local-sgdm\", \"local-sgd\"]\nclients = \"3,6\"\nlocal-steps = 4\nrounds = 3\neta = 0.1\nspread = [0, 2]\n",
			"local --exact --algorithm local-sgd --clients 3,6 --local-steps 4 --rounds 3 --eta .1 --spread 2", "clients round", "value_gap value_gap_error value_gap_mean distance"},
		{"measure = \"local-fixed-point\"\nclients = [3, 4]\nlocal-steps = \"2,5\"\neta = 0.1\nstep-rule = [\"inverse\", \"fixed\"]\n",
			"local --fixed-point --clients 4 --local-steps 2,5 --eta .1", "local_steps", "eta distance bound bound_direct contraction value_gap"},
		{"measure = \"local-compare\"\ncompare = \"local-sgd,minibatch-sgd\"\nobjective = \"quadratic\"\nclients = 3\nlocal-steps = 4\ngrid = 9\nrotation = [0, 1]\n",
			"local --compare local-sgd,minibatch-sgd --objective quadratic --clients 3 --local-steps 4 --grid 9 --rotation 0,1", "algorithm rotation", "tau zeta eta_low value_gap ratio"},
		{"measure = \"local-compare\"\ncompare = \"local-sgd,local-adam\"\nclients = 3\nlocal-steps = \"2,4\"\nbudget = 8\ngrid = 5\nseeds = 3\ntuning-seeds = 2\nstart = 0.5\n",
			"local --compare local-sgd,local-adam --clients 3 --local-steps 2,4 --budget 8 --grid 5 --seeds 3 --tuning-seeds 2 --start .5", "algorithm local_steps", "value_gap value_gap_se ratio at_edge"},
	} {
		name, _, _ := strings.Cut(c.study[len("measure = "):], "\n")
		t.Run(name, func(t *testing.T) {
			out := strings.Trim(name, "\"") + "-out"
			if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(c.study), 0o644); err != nil {
				t.Fatal(err)
			}
			os.RemoveAll(filepath.Join(dir, out))
			good(t, dir, "sweep", "s.toml", "--out", out, "-q")
			good(t, dir, "check", out)
			table := content(t, dir, out, "table.csv")
			good(t, dir, "sweep", "s.toml", "--out", out, "-q", "--workers", "1")
			if again := content(t, dir, out, "table.csv"); string(again) != string(table) {
				t.Error("going on changes the table")
			}
			rows, err := csv.NewReader(strings.NewReader(string(table))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			// The table's own names of the verb's columns.
			rename := map[string]string{"round": "time", "algorithm": "problem"}
			column := map[string]int{}
			for k, name := range rows[0] {
				column[name] = k
			}
			of := func(name string) int {
				k, is := column[name]
				if other, renamed := rename[name]; !is && renamed {
					k, is = column[other], true
				}
				if !is {
					t.Fatalf("no column %s in %v", name, rows[0])
				}
				return k
			}
			for _, want := range codeRows(t, c.verb) {
				found := false
				for _, row := range rows[1:] {
					equal := true
					for _, list := range []string{c.keys, c.values} {
						for name := range strings.SplitSeq(list, " ") {
							got := row[of(name)]
							if name == "at_edge" {
								got = map[string]string{"1": "true", "0": "false"}[got]
							}
							equal = equal && got == want[name]
						}
					}
					found = found || equal
				}
				if !found {
					t.Errorf("the table has no row %v:\n%s", want, table)
				}
			}
		})
	}
	for study, says := range map[string]string{
		"measure = \"local-compare\"\nclients = 3\nlocal-steps = 4\n":                                       "compare \"\": name algorithms",
		"measure = \"local-bias\"\nclients = 3\nlocal-steps = 4\neta = 0.1\n":                               "clients",
		"measure = \"local-exact\"\nclients = 3\nlocal-steps = 4\neta = 3\n":                                "2/H",
		"measure = \"local-fixed-point\"\nclients = 3\nlocal-steps = 4\neta = 0.1\nstep-rule = \"cubic\"\n": "step-rule cubic",
	} {
		t.Run(study, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
				t.Fatal(err)
			}
			if r := kac(t, dir, words("sweep s.toml --out wrong -q")...); r.code != 2 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, says) {
				t.Errorf("%s: code %d, %s", study, r.code, r.stderr)
			}
		})
	}
}

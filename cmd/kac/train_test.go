package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const trainOwn = "train --problem he4 --widths 8,16 --horizon 0.2 --points 3 --repeats 2 "
const trainShort = "train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 32 --horizon 0.2 --points 3 --repeats 2 "

// A study writes its files, prints its tables, and gives the same files for any number of threads.
func TestTrainCommand(t *testing.T) {
	dir := t.TempDir()
	r := good(t, dir, words(trainShort+"--reference exact --gaps --reference-points 256 --workers 1 --out a")...)
	for _, want := range []string{"he4: target h_4(x_1)", "m ||f_m - f_ref||^2", "the exact infinite-width flow", "Three gaps"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	if !strings.Contains(r.stderr, "particle-samples in") {
		t.Errorf("standard error %q", r.stderr)
	}
	good(t, dir, words(trainShort+"--reference exact --gaps --reference-points 256 --workers 2 --out b -q")...)
	for _, name := range []string{"training.csv", "particles.csv", "histogram.csv", "gap.csv", "training.svg", "histogram.svg", "gap.svg"} {
		a, b := content(t, dir, "a", name), content(t, dir, "b", name)
		if len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s: %d bytes with 1 thread, other %d bytes with 2", name, len(a), len(b))
		}
	}
	// The finished study is printed from its tables; the JSON has the gaps and their law, of which none is null.
	r = good(t, dir, words(trainShort+"--reference exact --gaps --reference-points 256 --out b --format json -q")...)
	var all struct {
		Gaps []map[string]any `json:"gaps"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil || len(all.Gaps) != 2*3*2 {
		t.Errorf("%v: %d gaps", err, len(all.Gaps))
	}
	for _, row := range all.Gaps {
		for _, name := range words("width_law data_law step_law total_law total_law_error data_threshold") {
			if row[name] == nil {
				t.Errorf("%s is null in %v", name, row)
			}
		}
	}
	// Particles at chosen times, whose files run.json explains.
	good(t, dir, words(trainShort+"--snapshots 0.06,0 --out c -q")...)
	record := string(content(t, dir, "c", "run.json"))
	for _, name := range []string{"particles-m8-t0.npy", "particles-m16-t0.06.npy", "particles-m128-t0.06.npy"} {
		if data := content(t, dir, "c", name); !strings.HasPrefix(string(data), "\x93NUMPY") || !strings.Contains(record, `"file": "`+name+`"`) {
			t.Errorf("%s: %d bytes; run.json:\n%s", name, len(data), record)
		}
	}
	// A plan, which writes nothing.
	r = good(t, dir, words(trainShort+"--reference exact --gaps --plan --out d")...)
	if _, err := os.Stat(filepath.Join(dir, "d")); err == nil || !strings.Contains(r.stdout, "particle-samples") || !strings.Contains(r.stderr, "--gaps comes on top") {
		t.Errorf("the plan of a study: %s%s; its directory: %v", r.stdout, r.stderr, err)
	}
	r = good(t, dir, words("figure 9 --precision float64 --repeats 2 --plan")...)
	if !strings.Contains(strings.Join(words(r.stdout), " "), "float64; 2 repeats") {
		t.Errorf("the plan of a figure:\n%s", r.stdout)
	}
	// Own problem.
	r = good(t, dir, words("train --activation erf --law sphere --second-layer 2 --link 1,3:0.5 --dim 5 --widths 8 --samples 32 --batch 8 --horizon 0.1 --points 2 --repeats 1 -q")...)
	if !strings.Contains(strings.Join(words(r.stdout), " "), "target h_1(x_1) + 0.5 h_3(x_1), network (1/m) sum_i a_i erf(<w_i, x>), x uniform on the sphere of radius sqrt 5, a_i = +-2") {
		t.Errorf("%s", r.stdout)
	}
	// Own data.
	for name, text := range map[string]string{"x.csv": "1,0,2\n0,1,1\n2,1,0\n", "y.csv": "1\n2\n3\n"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	r = good(t, dir, words("train --problem xor4 --dim 4 --widths 8 --samples 0 --batch 16 --eta 0.01 --horizon 0.1 --points 2 --repeats 1 --test-samples 50 --format csv -q")...)
	if !strings.HasPrefix(r.stdout, "problem,dim,width,repeat,step,time,risk,") || strings.Count(r.stdout, "\n") != 3 {
		t.Errorf("%s", r.stdout)
	}
	r = good(t, dir, words("train --problem he3 --data x.csv --labels y.csv --batch 2 --widths 8 --horizon 0.1 --repeats 1 --points 2 -q")...)
	if !strings.Contains(r.stdout, "batches of 2 out of 3 samples") {
		t.Errorf("%s", r.stdout)
	}
}

func TestTrainBadInput(t *testing.T) {
	for _, c := range []struct {
		command string
		code    int
		names   string
		says    string
	}{
		{"train --problem xor --widths 8 --horizon 1", 2, "--problem xor", "known are xor4"},
		{trainShort + "--dim 2", 2, "--dim 2", "too small"},
		{trainShort + "--dim 0", 2, "--dim 0", "whole number"},
		{trainShort + "--batch 65", 2, "--batch 65", "from 1 to 64"},
		{trainShort + "--noise -1", 2, "--noise -1", "from 0"},
		{trainShort + "--eta 0", 2, "--eta 0", "above 0"},
		{trainShort + "--eta 0.03", 2, "--horizon 0.2", "multiple of the step"},
		{trainShort + "--widths 0", 2, "--widths 0", "from 1"},
		{trainShort + "--precision half", 2, "--precision half", "float32"},
		{trainShort + "--form pairs", 2, "--form pairs", "pairwise and moment"},
		{"train --problem xor4 --dim 6 --widths 8 --horizon 1 --form moment", 2, "--form moment", "degree 1 to 4"},
		{trainShort + "--reference none", 2, "--reference none", "wide, reduced, descent, exact"},
		{trainShort + "--reference-width 4", 2, "--reference-width 4", "from 16"},
		{trainShort + "--reference reduced --reference-points 100", 2, "--reference-points 100", "powers of two"},
		{trainShort + "--gaps", 2, "--gaps: the", "need an infinite-width flow"},
		{trainShort + "--format xml", 2, "--format xml", "text, csv and json"},
		{trainShort + "--workers 0", 2, "--workers 0", "from 1"},
		{trainShort + "--out file", 1, "--out file", "not a directory"},
		{trainShort + "--out foreign", 2, "--out foreign", "choose another directory"},
		{trainShort + "--out study", 2, "--out study", "holds a \"kac gap\" run"},
		{trainOwn + "--data big.csv --labels one.csv", 2, "--data big.csv", "line 2, column 2 is 1e+90"},
		{trainOwn + "--data two.csv --labels biglabels.csv", 2, "--labels biglabels.csv", "line 1: 1e+160 is too large"},
		{trainOwn + "--data two.csv --labels one.csv --precision float32 --activation 4:1e20", 2, "--activation 4:1e20", "not finite"},
		{trainOwn + "--data two.csv --labels one.csv --samples 10", 2, "--samples 10", "their own number"},
		{trainOwn + "--data two.csv --labels one.csv --test-samples 10", 2, "--test-samples 10", "their own number"},
		{trainOwn + "--data single.csv --labels singlelabel.csv", 2, "--data single.csv", "one row"},
		{trainOwn + "--data two.csv --labels nan.csv", 2, "--labels nan.csv", "2 columns"},
		{trainShort + "--batch 0", 2, "--batch 0", "from 1"},
		{trainShort + "--activation softplus:1e-300", 2, "--activation softplus:1e-300", "not finite"},
		{"train --dim 6 --activation 4 --link 4:1e100 --widths 8 --horizon 1 --samples 64", 2, "--link 4:1e100", "not finite"},
		{"train --dim 6 --activation 4 --parities 2:1e90 --widths 8 --horizon 1 --samples 64", 2, "--parities 2:1e90", "not finite"},
		{"train --dim 6 --activation 4 --link 4 --random-teachers 2 --teacher-weights 1,1e200 --widths 8 --horizon 1", 2, "--teacher-weights 1,1e200", "not finite"},
		{trainOwn + "--data two.csv --labels one.csv --test-data two.csv", 2, "--test-labels is missing", "test-data is two.csv"},
		{trainOwn + "--data two.csv --labels one.csv --test-labels one.csv", 2, "--test-data is missing", "test-labels is one.csv"},
		{trainShort + "--test-data two.csv --test-labels one.csv", 2, "--test-data two.csv", "belongs to data of your own"},
		{trainOwn + "--data two.csv --labels one.csv --test-data nan.csv --test-labels one.csv", 2, "--test-data nan.csv", "line 2, column 1 is NaN"},
		{trainOwn + "--data two.csv --labels one.csv --test-data two.csv --test-labels biglabels.csv", 2, "--test-labels biglabels.csv", "line 1: 1e+160 is too large"},
		{trainOwn + "--data two.csv --labels one.csv --test-data big.csv --test-labels one.csv", 2, "--test-data big.csv", "line 2, column 2 is 1e+90"},
		{trainOwn + "--data two.csv --labels one.csv --test-data pair.csv --test-labels one.csv", 2, "--test-data pair.csv", "have 2 numbers, those of two.csv 3"},
		{trainOwn + "--data two.csv --labels one.csv --test-data single.csv --test-labels singlelabel.csv", 2, "--test-data single.csv", "one row"},
		{trainOwn + "--data two.csv --labels one.csv --test-data two.csv --test-labels none.csv", 2, "--test-labels none.csv", "no such file"},
		{trainOwn + "--data two.csv --labels one.csv --test-data= --test-labels one.csv", 2, "--test-data", "is empty"},
		{trainOwn + "--labels one.csv", 2, "--data is missing", "come together"},
		{trainOwn + "--data x.npy", 2, "--labels", "come together"},
		{trainOwn + "--data none.npy --labels one.csv", 2, "--data none.npy", "no such file"},
		{trainOwn + "--data nan.csv --labels one.csv", 2, "--data nan.csv", "line 2, column 1 is NaN"},
		{trainOwn + "--data ragged.csv --labels one.csv", 2, "--data ragged.csv", "line 2 has 1 numbers, line 1 has 2"},
		{trainShort + "--snapshots 0", 2, "--snapshots 0", "give it by --out"},
		{trainShort + "--snapshots 0,0.03 --out new", 2, "--snapshots 0,0.03 (0.03)", "multiples of the step 0.02"},
		{trainShort + "--snapshots 0,1 --out new", 2, "--snapshots 0,1 (1)", "from 0 to the horizon, 0.2"},
		{trainShort + "--snapshots NaN --out new", 2, "--snapshots NaN", ""},
		{trainShort + "--snapshots , --out new", 2, "--snapshots", ""},
		{"train --widths 8 --horizon 1", 2, "--problem is missing", "link, parities or teacher-network"},
		{"train --widths 8 --horizon 1 --link 4", 2, "--activation is missing", "must be given"},
		{"train --widths 8 --horizon 1 --activation 4 --link 4", 2, "--dim is missing", "must be given"},
		{"train --widths 8 --horizon 1 --dim 32 --activation 4 --link 4 --random-teachers 2 --rank 9 --reference reduced", 2, "--reference reduced", "9 coordinates; at most 8"},
		{"train --widths 8 --horizon 1 --dim 8 --activation 4 --link 4 --teachers nan.csv", 2, "--teachers nan.csv", "line 2, column 1 is NaN"},
		{"train --widths 8 --horizon 1 --dim 8 --activation swish --link 4", 2, "--activation swish", "known are relu"},
		{"train --widths 8 --horizon 1 --dim 8 --activation 4 --parities=", 2, `--parities ""`, "is empty"},
		{"train --widths 8 --horizon 1 --dim 8 --activation 4 --link 4 --rank 0", 2, "--rank 0", "at least 1"},
		{"train --widths 8 --horizon 1 --dim 8 --activation 4 --link 4 --teacher-seed 4", 2, "--teacher-seed 4", "random-teachers"},
		{trainShort + "--link 4", 2, "--problem he4", "it has a target"},
		{trainShort + "--law cauchy", 2, "--law cauchy", "sphere"},
		{trainShort + "--second-layer 0", 2, "--second-layer 0", "ones"},
		{trainShort + "--dim 99999", 2, "--dim 99999", "to 4096"},
		{trainShort + "--evaluation fast", 2, "--evaluation fast", "closed and samples"},
		{trainShort + "--reference exact --evaluation samples", 2, "--evaluation samples", "in closed form"},
		{"train --problem xor4 --widths 8 --horizon 1 --evaluation closed", 2, "--evaluation closed", "no closed form"},
		{trainShort + "--vary seeds", 2, "--vary seeds", "both, particles and data"},
		{trainShort + "--plan --batch 65 --out new", 2, "--batch 65", "from 1 to 64"},
		{"figure 6 --plan", 2, "--plan: only", "only with the figures of trained networks"},
		{"figure 2 --repeats 2", 2, "--repeats 2", "only with the figures of trained networks"},
		{"figure 4 --form moment", 2, "--form moment", "degree 1 to 4"},
		{"figure 2 --form moment", 2, "--form moment", "trained networks"},
		{"figure 3 --precision half", 2, "--precision half", "float64, float32, bf16x3 and bf16x6"},
		{"figure 3 --repeats 0", 2, "--repeats 0", "from 1"},
		{"figure 3 --scale desk", 2, "--scale desk", "paper, eighth, laptop"},
		{"figure 6 --scale laptop", 2, "--scale laptop", "only with the figures of trained networks"},
		{"figure 5 --seed 3", 2, "--width", "belong to the scale"},
		{"figure 7 --out foreign", 2, "--out foreign", "choose another directory"},
		{"figure 9 --workers 0", 2, "--workers 0", "from 1"},
		{"train --problem xor4 --widths 9 --horizon 1", 2, "--widths 9", "odd"},
		{"train --problem xor4 --widths 8 --horizon 1 --reference exact", 2, "--reference exact", "xor4 has wide"},
		{"train --problem random6 --widths 8 --horizon 1 --reference exact", 2, "--reference exact", "random6 has wide, reduced, descent"},
	} {
		t.Run(c.command, func(t *testing.T) {
			dir := t.TempDir()
			prepare(t, dir, strings.Contains(c.command, "--out study"))
			for name, text := range map[string]string{"nan.csv": "1,2\nNaN,1\n", "ragged.csv": "1,2\n3\n", "one.csv": "1\n2\n", "pair.csv": "1,2\n3,4\n", "two.csv": "1,2,0\n3,4,5\n", "big.csv": "1,2,0\n3,1e90,0\n", "biglabels.csv": "1e160\n2\n", "single.csv": "1,2\n", "singlelabel.csv": "1\n"} {
				t.Run(name, func(t *testing.T) {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				})
			}
			if strings.Contains(c.command, "--out foreign") { // a file of ours that nothing explains
				if err := os.WriteFile(filepath.Join(dir, "foreign", "training.csv"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := tree(t, dir)
			r := kac(t, dir, once(strings.Fields(c.command))...)
			if r.code != c.code || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "kac") ||
				!strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("kac %s: exit code %d, standard output %q, standard error %q; want %d and one line with %q and %q",
					c.command, r.code, r.stdout, r.stderr, c.code, c.names, c.says)
			}
			if after := tree(t, dir); after != before {
				t.Errorf("kac %s: files changed from\n%sto\n%s", c.command, before, after)
			}
		})
	}
}

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kac reference --problem xor, with the columns that scripts rely on; kappa = 1 at t is kappa = 2 at t/2.
func TestReferenceXor(t *testing.T) {
	rows := codeRows(t, "reference --problem xor --dim 24 --scale .5 --times 4,8 ")
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	plain := codeRows(t, "reference --problem xor --dim 24 --scale .5 --times 8,16 --kappa 1 --law spherical ")
	for i, margin := range []float64{.0745539393, .9145484699} {
		r := rows[i]
		g := float(t, r["margin"])
		if wrong := float(t, r["error"]); math.Abs(g-margin) > 1e-8 || !(wrong > 0 && wrong < 1e-6) {
			t.Errorf("margin %v +- %v, want %v", g, wrong, margin)
		}
		if math.Abs(float(t, r["loss"])-math.Log1p(math.Exp(-g))) > 1e-12 {
			t.Errorf("loss %v at the margin %v", r["loss"], g)
		}
		for _, column := range []string{"margin", "energy", "share_signal", "share_perpendicular"} {
			if float(t, r[column]) != float(t, plain[i][column]) {
				t.Errorf("%s: %s with kappa 2, %s with kappa 1 at twice the time", column, r[column], plain[i][column])
			}
		}
	}
	if r := codeRows(t, "reference --problem xor --dim 16 --horizon 9 --reach .5"); len(r) != 1 || math.Abs(float(t, r[0]["loss"])-.5) > 1e-9 {
		t.Errorf("where the loss reaches .5: %v", r)
	}
}

// kac xor with the spelling that scripts rely on; the table of a run is that of two workers, and what --out keeps.
func TestXor(t *testing.T) {
	const command = "xor --dim 24 --widths 16 --scale 1 --rate 4 --eta .125 --horizon 2 --seeds 2 --points 3"
	rows := codeRows(t, command)
	if len(rows) != 6 {
		t.Fatalf("%d rows", len(rows))
	}
	last := rows[5]
	for column, want := range map[string]string{"width": "16", "seed": "2", "time": "2", "samples": "192", "coupling": ""} {
		t.Run(column, func(t *testing.T) {
			if last[column] != want {
				t.Errorf("%s is %q, want %q", column, last[column], want)
			}
		})
	}
	if e := float(t, last["energy"]); !(e > 1 && e < 2) || rows[0]["energy"][:1] == "2" {
		t.Errorf("the energy goes from %s to %s", rows[0]["energy"], last["energy"])
	}
	dir := t.TempDir()
	first := good(t, dir, words(command+" --workers 1 --format csv --out o --snapshots 1 -q")...).stdout
	if again := good(t, dir, words(command+" --workers 2 --format csv -q")...).stdout; again != first {
		t.Error("two workers give another table")
	}
	for _, name := range []string{"xor.csv", "reference.csv", "xor.svg", "run.json", "neurons-m16-s1-t1.npy", "neurons-m16-s2-t1.npy"} {
		if _, err := os.Stat(filepath.Join(dir, "o", name)); err != nil {
			t.Error(err)
		}
	}
	good(t, dir, "check", "o")
	good(t, dir, words("xor --dim 24 --widths 8,16 --initial o/neurons-m16-s1-t1.npy --horizon 1 --seeds 1 -q")...)
}

// kac xor --reach, --paper and --plan.
func TestXorReach(t *testing.T) {
	rows := codeRows(t, "xor --reach .2 --dims 8,12 --widths 32 --seeds 2")
	if len(rows) != 2 || rows[1]["dim"] != "12" || rows[1]["batch"] != "6" || rows[0]["reached"] != "2" || !(float(t, rows[0]["samples_error"]) > 0) {
		t.Errorf("reach: %v", rows)
	}
	paper := codeRows(t, "xor --paper .5 --dim 20 --widths 8 --seeds 1 --points 2 --horizon 1")
	if theta := 1 / math.Sqrt(math.Log(20)); float(t, paper[0]["energy"])/(theta*theta)-1 > 1e-12 || math.Abs(float(t, paper[1]["time"])-2*theta) > 1e-12 {
		t.Errorf("paper: %v", paper)
	}
	if rates := codeRows(t, "xor --dim 8 --widths 8,16 --rates 2,8 --horizon 1 --points 2 --seeds 2 --law spherical"); len(rates) != 4 || rates[3]["batch"] != "8" || rates[2]["time"] != "0" {
		t.Errorf("rates: %v", rates)
	}
	if plan := codeRows(t, "xor --widths 8,16 --plan"); len(plan) != 2 || float(t, plan[1]["flops_per_cell"]) < float(t, plan[0]["flops_per_cell"]) {
		t.Errorf("plan: %v", plan)
	}
}

// kac xor in a sweep.
func TestXorSweep(t *testing.T) {
	dir := t.TempDir()
	file := "measure = \"xor\"\ndim = [8, 10]\nwidths = [8, 16]\nrate = 4\neta = 0.125\nhorizon = 1\nseeds = 2\npoints = 2\nlaw = \"spherical\"\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, words("sweep s.toml --out o -q")...)
	good(t, dir, "check", "o")
	reach := "measure = \"xor-reach\"\ndim = [8, 12]\nrate = [2, 8]\nwidths = [16]\nreach = 0.3\nseeds = 2\n"
	if err := os.WriteFile(filepath.Join(dir, "r.toml"), []byte(reach), 0o644); err != nil {
		t.Fatal(err)
	}
	text := good(t, dir, words("sweep r.toml --out r -q")...).stdout
	if picture, err := os.ReadFile(filepath.Join(dir, "r", "reach.svg")); err != nil || !strings.Contains(string(picture), "spectral floor") || !strings.Contains(text, "B = 8, m = 16: n goes like") {
		t.Errorf("a sweep of counts, error %v:\n%s", err, text)
	}
	good(t, dir, "check", "r")
	table, err := os.ReadFile(filepath.Join(dir, "o", "table.csv"))
	if err != nil || strings.Count(string(table), "\n") != 17 {
		t.Errorf("table.csv, error %v:\n%s", err, table)
	}
}

// Bad input: one line that names what was typed and what is allowed, exit code 2.
func TestXorBadInput(t *testing.T) {
	for _, c := range []struct{ command, names, says string }{
		{"reference --problem xor --dim 3 --times 1", "--dim 3", "from 4"},
		{"reference --problem xor --dim 0 --times 1", "--dim 0", "from 4"},
		{"reference --problem xor --scale 0 --times 1", "--scale 0", "theta"},
		{"reference --problem xor --kappa -1 --times 1", "--kappa -1", "factor of the loss"},
		{"reference --problem xor --law gaussian --times 1", "--law gaussian", "spherical"},
		{"reference --problem xor --times 2,1", "--times 2,1", "must increase"},
		{"reference --problem xor --rank 1 --times 1", "--rank", "no meaning"},
		{"reference --problem xor --method reduced --times 1", "--method", "no meaning"},
		{"reference --problem xor --times 1 --tolerance 1e-5", "--tolerance", "no meaning"},
		{"reference --problem he4 --scale 1 --times 1", "--scale 1", "--problem xor"},
		{"reference --problem he4 --kappa 1 --times 1", "--kappa 1", "--problem xor"},
		{"xor --dim 3 --widths 8", "--dim 3", "from 4"},
		{"xor --widths 8 --rate 4 --batch 3", "--rate 4", "not together with --batch"},
		{"xor --widths 8 --batch many", "--batch many", "inf"},
		{"xor --widths 8 --dim 24 --batch inf", "--batch inf", "at most 14"},
		{"xor --widths 8 --rate .01", "--rate .01", "one sample a step is B = 0.333333"},
		{"xor --widths 8 --horizon 1.3", "--horizon 1.3", "multiple of eta"},
		{"xor --widths 9 --halves", "--widths 9", "even"},
		{"xor --widths 8 --scale -1", "--scale -1", "theta"},
		{"xor --widths 8 --eta 4 --batch 1 --horizon 8", "--eta 4", "smaller step"},
		{"xor --widths 8 --samples 10 --batch 11", "--batch 11", "from 1 to 10"},
		{"xor --widths 8 --snapshots 1", "--snapshots 1", "--out"},
		{"xor --widths 8 --snapshots 1.01 --out o", "--snapshots 1.01", "--points"},
		{"xor --widths 8 --reach 2", "--reach 2", "to reach"},
		{"xor --widths 8 --reach .1 --points 3", "--points 3", "no meaning"},
		{"xor --widths 8 --reach .1 --dims 16,8", "--dims 16,8", "increase"},
		{"xor --widths 8 --reach .1 --dims 3,16", "--dims 3,16 (3)", "whole numbers from 4"},
		{"xor --widths 8 --dims 8,16", "--dims 8,16", "--reach"},
		{"xor --widths 8 --paper 1 --scale 2", "--scale 2", "--paper"},
		{"xor --widths 8 --paper 0", "--paper 0", "above 0"},
		{"xor --widths 8 --reach .1 --plan", "--plan", "xor-reach"},
		{"xor --widths 8 --data x.npy", "--data x.npy", "give labels"},
		{"xor --widths 8 --data absent.npy --labels y.npy", "--data absent.npy", "no such file"},
		{"xor --widths 8 --data x.npy --labels y.npy --dim 8", "--dim 8", "--data"},
		{"xor --widths 8 --reference-width 9", "--reference-width 9", "data of your own"},
		{"xor", "--widths is missing", "at least one width"},
		{"xor --widths 8 --rates 1,4 --rate 2", "--rate", "--rates"},
		{"xor --widths 8 --rates 4,1", "--rates 4,1", "increase"},
		{"xor --widths 8 --rates .001,4", "--rates .001,4", "rounds to 0"},
		{"xor --widths 8 --rates 1,1.1", "--rates 1,1.1", "rounds to 3"},
		{"xor --widths 8 --rates 1,4 --plan", "--plan", "--rates"},
		{"xor --widths 8 --loss hinge", "--loss hinge", "square"},
		{"xor --widths 8 --loss square --kappa 1", "--kappa 1", "has none"},
		{"xor --widths 8 --initial n.npy --scale 2", "--scale 2", "--initial"},
		{"reference --problem xor --times 1 --loss hinge", "--loss hinge", "logistic"},
		{"reference --problem he4 --times 1 --loss square", "--loss square", "--problem xor"},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := kac(t, "", words(c.command)...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, %q, %q", r.code, r.stdout, r.stderr)
			}
		})
	}
}

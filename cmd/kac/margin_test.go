package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The law as another program has it by 40 digits, and the worst error at a given q by its formula.
func TestMarginLaw(t *testing.T) {
	rows := codeRows(t, "margin law --samples 40 --dim 3000 --variance .03 --fraction .97 --q .8")
	for column, want := range map[string]float64{"margin2": 3.22, "margin": 1.7943638169018317, "signal": .55734532512145727, "test_error": 5.4192553151601995e-5, "worst_error": .00119727532580177,
		"limit_margin": math.Sqrt(1 + 1/.4444444444444444)} {
		t.Run(column, func(t *testing.T) {
			if got := float(t, rows[0][column]); math.Abs(got/want-1) > 1e-13 {
				t.Errorf("%s is %v, want %v", column, got, want)
			}
		})
	}
	rows = codeRows(t, "margin law --samples 200 --dim 20000 --kappa .5 --fraction .97,1")
	if len(rows) != 2 || math.Abs(float(t, rows[0]["worst_error"])/.0028827621210592185-1) > 1e-12 || math.Abs(float(t, rows[1]["worst_error"])/float(t, rows[1]["test_error"])-1) > 1e-13 || rows[0]["variance"] != "0.02" {
		t.Error(rows)
	}
	rows = codeRows(t, "margin law --q .5 --variance .02 --fraction .9,.75")
	if len(rows) != 2 || math.Abs(float(t, rows[0]["worst_error"])-.120306634) > 1e-9 || math.Abs(float(t, rows[1]["worst_error"])-.776768715) > 1e-9 || rows[0]["dim"] != "" {
		t.Error(rows)
	}
}

// The text names the share and q of every row within 80 columns, and has no column of what was not asked.
func TestMarginLawText(t *testing.T) {
	got := good(t, t.TempDir(), words("margin law --samples 40 --dim 3000 --kappa 1 --fraction .97,.9 --q .8,2")...).stdout
	for _, want := range []string{"rho", "0.97  0.8", "0.9  0.8", "0.97    2", "0.9    2"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	bare := good(t, t.TempDir(), words("margin law --samples 40 --dim 3000 --variance .03")...).stdout
	if strings.Contains(got+bare, "Left out") || strings.Contains(bare, " rho ") {
		t.Error(got, bare)
	}
}

// Drawn data sets: files, other workers, check, a plan that writes nothing.
func TestMarginWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	command := words("margin --samples 30 --dim 200,900 --kappa .5,2 --seeds 3 --format csv -q")
	first := good(t, dir, append(command, "--out", "o")...).stdout
	if header, _, _ := strings.Cut(first, "\n"); !strings.HasPrefix(header, "seed,samples,dim,kappa,") || strings.Count(first, "\n") != 13 || string(content(t, dir, "o", "margin.csv")) != first {
		t.Errorf("%s", first)
	}
	for _, name := range words("summary.csv worst.svg margin.svg run.json") {
		if len(content(t, dir, "o", name)) < 200 {
			t.Errorf("%s is short", name)
		}
	}
	if again := good(t, dir, append(command, "--out", "o", "--workers", "1")...).stdout; again != first {
		t.Error("the same command with one worker prints something else")
	}
	good(t, dir, "check", "o")
	if plan := good(t, dir, append(command, "--out", "p", "--plan")...).stdout; !strings.HasPrefix(plan, "samples,dim,cells,") || strings.Count(plan, "\n") != 3 {
		t.Errorf("%s", plan)
	}
	if _, err := os.Stat(filepath.Join(dir, "p")); err == nil {
		t.Error("a plan makes the directory")
	}
}

// A study file, checked, told the state of, reported, and not computed again.
func TestMarginSweep(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte("measure = \"margin\"\nsamples = 20\ndim = [100, 400, 1600]\nkappa = [0.5, 2]\nseeds = 4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, "sweep", "s.toml", "--out", "o", "-q")
	table := content(t, dir, "o", "table.csv")
	if got := good(t, dir, "check", "o").stdout; !strings.Contains(got, "in order") {
		t.Errorf("check: %q", got)
	}
	if got := good(t, dir, "status", "o").stdout; !strings.Contains(got, "kappa0.5") {
		t.Errorf("status: %q", got)
	}
	good(t, dir, "report", "o", "-q")
	good(t, dir, "sweep", "s.toml", "--out", "o", "-q", "--workers", "1")
	if string(content(t, dir, "o", "table.csv")) != string(table) {
		t.Error("the table changed")
	}
}

// Both ways to a margin and the thresholds, as another program has them; trained networks beside them, and files.
func TestMarginXOR(t *testing.T) {
	rows := codeRows(t, "margin xor --power 1.5,1.25 --kappas 2.5,.5")
	for i, want := range []map[string]float64{
		{"margin": .5119, "signal": .6202, "kappa_generalise": 1.0397, "kappa_uniform": 4, "generalises": 1},
		{"margin": 1.4142, "signal": 0, "generalises": 0, "worst_fraction": 1},
		{"kappa_generalise": 2.0629, "generalises": 1}, {"generalises": 0},
	} {
		for column, x := range want {
			if got := float(t, rows[i][column]); math.Abs(got-x) > 6e-5 {
				t.Errorf("row %d: %s is %v, want %v", i+1, column, got, x)
			}
		}
	}
	if rows[0]["trained_margin"] != "" || rows[0]["finite_low"] != "" {
		t.Error(rows[0])
	}
	dir := t.TempDir()
	command := words("margin xor --power 1.5 --kappas 3 --samples 16 --dim 4000 --neurons 16 --steps 40 --seeds 2 --format csv -q")
	first := good(t, dir, append(command, "--out", "o")...).stdout
	if strings.Count(first, "\n") != 3 || len(content(t, dir, "o", "xor.svg")) < 500 {
		t.Error(first)
	}
	if again := good(t, dir, append(command, "--workers", "1")...).stdout; again != first {
		t.Error("one worker prints something else")
	}
	good(t, dir, "check", "o")
}

func TestMarginBadInput(t *testing.T) {
	for _, c := range []struct{ command, names, says string }{
		{"margin xor", "--power", "is missing"},
		{"margin xor --power 1.5", "--kappas", "is missing"},
		{"margin xor --power 1 --kappas 1", "--power 1", "above 1 and below 2"},
		{"margin xor --power 2 --kappas 1", "--power 2", "above 1 and below 2"},
		{"margin xor --power 1.5,1.5 --kappas 1", "--power 1.5,1.5", "twice"},
		{"margin xor --power 1.5 --kappas 0", "--kappas 0", "above 0"},
		{"margin xor --power 1.5 --kappas 1 --samples 81 --dim 4000", "--samples 81", "multiple of 4"},
		{"margin xor --power 1.5 --kappas 1 --samples 80 --dim 81", "--samples 80", "linearly dependent"},
		{"margin xor --power 1.5 --kappas 1 --samples 80", "--dim", "is missing"},
		{"margin xor --power 1.5 --kappas 1 --dim 80", "--samples", "is missing"},
		{"margin xor --power 1.5 --kappas 1 --neurons 8", "--samples", "is missing"},
		{"margin xor --power 1.5 --kappas 1 --samples 8 --dim 80 --neurons 7", "--neurons 7", "even"},
		{"margin xor --power 1.5 --kappas 1 --samples 8 --dim 80 --neurons 0", "--neurons 0", "allowed are"},
		{"margin xor --power 1.5 --kappas 1 --samples 8 --dim 80 --steps 3", "--steps 3", "only with --neurons"},
		{"margin xor --power 1.5 --kappas 1 --samples 8 --dim 80 --neurons 8 --steps 0", "--steps 0", "allowed are"},
		{"margin xor --power 1.5 --kappas 1 --samples 8 --dim 80 --neurons 8 --seeds 0", "--seeds 0", "allowed are"},
		{"margin", "--samples", "is missing"},
		{"margin --samples 20", "--dim", "is missing"},
		{"margin --samples 20 --dim 400", "--kappa", "or the variance"},
		{"margin --samples 400 --dim 400 --kappa 1", "--samples 400", "fewer points than dimensions"},
		{"margin --samples 20 --dim 400 --variance 0", "--variance 0", "above 0"},
		{"margin --samples 20 --dim 400 --variance 1 --kappa 1", "--kappa 1", "not together"},
		{"margin --samples 5001 --dim 6000 --kappa 1", "--samples 5001", "from 1 to 5000"},
		{"margin --samples 20 --dim 400,400 --kappa 1", "--dim 400,400", "once"},
		{"margin --samples 20 --dim 99999999 --kappa 1", "--dim 99999999", "whole numbers from 1 to"},
		{"margin --samples 20 --dim 400 --kappa 1 --draw all", "--draw all", "allowed are"},
		{"margin --samples 20 --dim 400 --kappa 1 --fraction 0", "--fraction 0", "above 0"},
		{"margin --samples 20 --dim 400 --kappa 1 --seeds 0", "--seeds 0", "allowed are"},
		{"margin --samples 20 --dim 400 --kappa 1 --seed 18446744073709551615", "--seed", "above the largest"},
		{"margin law", "--samples", "is missing"},
		{"margin law --samples 4", "--dim", "is missing"},
		{"margin law --dim 4", "--samples", "is missing"},
		{"margin law --samples 4 --dim 9", "--variance", "or kappa"},
		{"margin law --samples 9 --dim 9 --variance 1", "--samples 9", "fewer points than dimensions"},
		{"margin law --samples 4,12 --dim 30,9 --variance 1", "--samples 4,12", "fewer points than dimensions"},
		{"margin law --samples 0 --dim 9 --variance 1", "kac margin law: --samples 0", "whole numbers from 1"},
		{"margin law --samples 4 --dim 9 --variance 0", "--variance 0", "above 0"},
		{"margin law --samples 4 --dim 9 --variance -1", "--variance -1", "above 0"},
		{"margin law --samples 4 --dim 9 --kappa 0", "--kappa 0", "above 0"},
		{"margin law --samples 4 --dim 9 --kappa 1 --variance 1", "--kappa 1", "not together"},
		{"margin law --q 1 --kappa 1", "--kappa 1", "needs samples and dim"},
		{"margin law --q 1", "--variance", "is missing"},
		{"margin law --q -1 --variance 1", "--q -1", "above 0"},
		{"margin law --samples 4 --dim 9 --variance 1 --q 1", "--q 1", "fraction"},
		{"margin law --samples 4 --dim 9 --variance 1 --fraction 1.5", "--fraction 1.5", "up to 1"},
		{"margin law --samples 4 --dim 9 --variance 1 --fraction .5,.5", "--fraction .5,.5", "twice"},
		{"margin law --samples 4.5 --dim 9 --variance 1", "--samples 4.5", "not a whole number"},
		{"margin law --samples 4 --dim 9 --variance 1 --format xml", "--format xml", "allowed are"},
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

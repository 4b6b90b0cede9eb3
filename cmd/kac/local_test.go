package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kac/internal/npy"
)

// arrays writes matrices and optima of two clients in the plane.
func arrays(t *testing.T, dir string, a ...float64) {
	t.Helper()
	for name, c := range map[string]struct {
		data  []float64
		shape []int
	}{"A.npy": {a, []int{2, 2, 2}}, "x.npy": {[]float64{1, 0, -1, 2}, []int{2, 2}}, "I.npy": {[]float64{1, 0, 0, 1, 1, 0, 0, 1}, []int{2, 2, 2}}, "nan.npy": {[]float64{1, 0, math.NaN(), 2}, []int{2, 2}}} {
		var b bytes.Buffer
		if err := npy.Write(&b, c.data, c.shape...); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The commands that scripts rely on: their columns and keys.
func TestLocalSpellings(t *testing.T) {
	dir := t.TempDir()
	arrays(t, dir, 2, .5, .5, 1, 1, -.3, -.3, 3)
	rows := codeRows(t, "local --bias --objective kink --noise gaussian:.1 --eta .01 --local-steps 2,3,128")
	for i, want := range []float64{-1.994711402e-06, -4.790142568e-06, -1.037619260e-03} {
		if got := float(t, rows[i]["bias"]); math.Abs(got-want) > 5e-10*math.Abs(want) {
			t.Errorf("K = %s: bias %g, not %g", rows[i]["local_steps"], got, want)
		}
	}
	if got := float(t, rows[2]["deviation"]); math.Abs(got-7.669185e-3) > 5e-10 {
		t.Errorf("deviation %g", got)
	}
	// One round of one client by hand: all is affine.
	out := good(t, dir, words("local --matrices A.npy --optima x.npy --algorithm minibatch-sgd --local-steps 16 --rounds 2 --eta .4 --noise none --exact --format csv")...).stdout
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "value_gap") {
		t.Fatal(out)
	}
	// mean A = [1.5 .1; .1 2], b = mean A x* = [.2 3.4]; a step from 0 leads to .4 b.
	want := func(x, y float64) float64 {
		sx, sy := (2*.2-.1*3.4)/2.99, (1.5*3.4-.1*.2)/2.99
		x, y = x-sx, y-sy
		return (1.5*x*x + .2*x*y + 2*y*y) / 2
	}(.08, 1.36)
	if got := float(t, strings.Split(lines[1], ",")[6]); math.Abs(got-want) > 1e-14 {
		t.Errorf("value gap %g, by hand %g", got, want)
	}
	out = good(t, dir, words("local --matrices A.npy --optima x.npy --algorithm local-sgd --local-steps 16 --rounds 6 --eta .21 --server-step 1.3 --noise gaussian:.4 --exact --format csv")...).stdout
	if strings.Count(out, "\n") != 7 {
		t.Error(out)
	}
	// A server's step that drives the clients away: an error, not rows without numbers.
	if r := kac(t, dir, words("local --matrices A.npy --optima x.npy --exact --local-steps 16 --rounds 400 --eta .21 --server-step 100 --format csv")...); r.code != 3 || r.stdout != "" || !strings.Contains(r.stderr, "of local-sgd, 2 clients, 16 local steps is ") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	// Every row of the text says which round it is.
	if out := good(t, dir, words("local --matrices A.npy --optima x.npy --exact --local-steps 16 --rounds 2 --eta .21")...).stdout; !strings.Contains(out, "  round  ") {
		t.Error(out)
	}
	var record struct {
		FixedPoint []float64 `json:"fixed_point"`
		Distance   float64   `json:"distance"`
		Bound      float64   `json:"bound"`
	}
	out = good(t, dir, words("local --matrices A.npy --optima x.npy --fixed-point --local-steps 9 --eta .25 --format json")...).stdout
	if err := json.Unmarshal([]byte(out), &record); err != nil || len(record.FixedPoint) != 2 || !(record.Distance > 0) || !(record.Bound > record.Distance) {
		t.Errorf("%v: %s", err, out)
	}
}

// The fixed point on a kink is where the mean over all paths of signs stands still.
func TestLocalFixedPointOnLine(t *testing.T) {
	const k, eta, s = 5, .03, .2
	out := good(t, t.TempDir(), words("local --fixed-point --objective kink:.3,1.2 --noise rademacher:.2 --local-steps 5 --eta .03 --format csv")...).stdout
	row := strings.Split(strings.TrimSpace(out), "\n")[1]
	x, err := strconv.ParseFloat(row[strings.LastIndex(row, ",")+1:], 64)
	if err != nil || !(x < -1e-6) {
		t.Fatalf("%v: %s", err, out)
	}
	mean := 0.0
	for path := range 1 << k {
		y := x
		for step := range k {
			slope := 1.2
			if y < 0 {
				slope = .3
			}
			y -= eta * (slope*y + s*float64(1-2*(path>>step&1)))
		}
		mean += y / (1 << k)
	}
	if math.Abs(mean-x) > 1e-15 {
		t.Errorf("Phi(%g) is %g", x, mean)
	}
	if fields := strings.Split(row, ","); fields[5] != "" || fields[3] != strconv.FormatFloat(-x, 'g', -1, 64) {
		t.Errorf("bound or distance: %s", row)
	}
}

// Mistakes: one line, exit code 2, nothing written.
func TestLocalMistakes(t *testing.T) {
	dir := t.TempDir()
	arrays(t, dir, 2, .5, .4, 1, 1, -.3, -.3, 3)
	const runs = "local --clients 4 --local-steps 4 --eta .1 --out o "
	before := tree(t, dir)
	for line, says := range map[string]string{
		"local --clients 4 --local-steps 4 --eta 2 --out o":  "--eta 2: beyond stability: steps must be below 2/H = 2",
		"local --clients 0 --local-steps 4 --eta .1 --out o": "--clients 0: 0 is not allowed",
		"local --clients 4 --local-steps 0 --eta .1 --out o": "--local-steps 0: 0 is not allowed",
		"local --local-steps 4 --eta .1 --out o":             "--clients is missing: give at least one number",
		runs + "--rounds 0":                                  "--rounds 0: allowed are whole numbers from 1",
		runs + "--noise student:2,.1":                        "--noise student:2,.1: with nu = 2 degrees of freedom there is no standard deviation",
		runs + "--objective cubic":                           "--objective cubic: allowed are kink",
		runs + "--shares even":                               "belongs to the objective logistic; the objective is kink",
		runs + "--objective logistic --shares dirichlet:0":   "--shares dirichlet:0: the concentration is 0",
		"local --objective logistic --points 30 --clients 20 --shares dirichlet:.01 --local-steps 4 --eta .1": "(counted from 1) has no sample",
		"local --bias --noise rademacher:.1 --local-steps 25 --eta .01 --out o":                               "all 2^K paths of rademacher noise are taken for K up to 24",
		"local --bias --objective huber --local-steps 4 --eta .01 --out o":                                    "allowed are kink and smooth-kink",
		"local --bias --noise minibatch:5 --local-steps 4 --eta .01 --out o":                                  "the law of the steps is known for gaussian, student, rademacher",
		"local --exact --objective kink --clients 4 --local-steps 4 --eta .01 --out o":                        "exact moments and fixed points are known for quadratic",
		"local --exact --matrices A.npy --optima x.npy --local-steps 4 --eta .01 --out o":                     "--matrices A.npy: client 1 (counted from 1): its matrix is not symmetric: entry (1, 2) is 0.5 and (2, 1) is 0.4",
		"local --exact --matrices A.npy --local-steps 4 --eta .01 --out o":                                    "clients have optima too; give --optima",
		"local --exact --bias --local-steps 4 --eta .01 --out o":                                              "not together with --bias",
		"local --bias --clients 4 --local-steps 4 --eta .01 --out o":                                          "--clients 4: has no meaning with --bias",
		"local --compare local-sgd --clients 4 --local-steps 4 --out o":                                       "give two algorithms or more",
		"local --compare local-sgd,minibatch-sgd --clients 4 --local-steps 4,8 --budget 20 --out o":           "20 gradients a client are no whole number of rounds of 8 local steps",
		"local --compare local-sgd,minibatch-sgd --eta .1 --clients 4 --local-steps 4 --out o":                "--eta .1: has no meaning with --compare",
		runs + "--clip 1":                                                                                               "--clip 1: belongs to SGDM and Adam; the algorithms are local-sgd",
		runs + "--algorithm local-sgdm --lambda 1":                                                                      "--lambda 1: belongs to Adam; the algorithms are local-sgdm",
		runs + "--algorithm local-adam --second-moments 0":                                                              "--second-moments 0: allowed are numbers above 0",
		"local --exact --clients 4 --local-steps 4 --eta .1 --momentum .5 --out o":                                      "--momentum .5: belongs to SGDM and Adam",
		"local --compare local-sgd,foo --clients 4 --local-steps 4 --out o":                                             "--compare local-sgd,foo (foo): allowed are local-sgd",
		"local --exact --matrices I.npy --optima nan.npy --local-steps 4 --eta .01 --out o":                             "--optima nan.npy: client 2 (counted from 1): coordinate 1 of its optimum is NaN",
		"local --clients 1000000 --local-steps 1000000 --rounds 1000000 --eta .01 --seeds 1 --out o":                    "--rounds 1000000: 1000000 clients x 1000000 local steps x 1000000 rounds x 1 seeds take about 3.2e+02 years of one thread",
		"local --compare local-sgd,local-adam --clients 100000 --local-steps 10000 --rounds 1000 --seeds 10000 --out o": "years of one thread; allowed is one",
		"local --exact --clients 1 --dim 10000 --rounds 1000000 --local-steps 16 --eta .1 --out o":                      "--dim 10000: exact moments of 1 clients in dimension 10000, 16 local steps and 1000000 rounds take about",
		"local --fixed-point --objective huber --local-steps 4 --eta .1 --out o":                                        "--objective huber: fixed points are known for quadratic, kink and smooth-kink",
		"local --fixed-point --objective kink --clients 4 --local-steps 4 --eta .1 --out o":                             "--clients 4: belongs to quadratic; on kink fixed points are those of infinitely many clients",
		"local --fixed-point --noise gaussian:.1 --clients 4 --local-steps 4 --eta .1 --out o":                          "--noise gaussian:.1: fixed points of quadratic do not depend on noise; leave it out",
		"local --bias --plan --local-steps 4 --eta .01 --out o":                                                         "--plan: has no meaning with --bias",
		"local --clients 4 --local-steps 4 --out o":                                                                     "--eta is missing: give the step",
	} {
		t.Run(strings.ReplaceAll(line, "/", "|"), func(t *testing.T) {
			r := kac(t, dir, strings.Fields(line)...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, says) {
				t.Errorf("exit code %d, standard output %q, standard error\n%swant ...%s...", r.code, r.stdout, r.stderr, says)
			}
		})
	}
	if tree(t, dir) != before {
		t.Error("something was written")
	}
}

// Every mode writes its files, the same with one worker.
func TestLocalWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	for out, c := range map[string]struct{ command, files string }{
		"local":        {"local --clients 3,9 --local-steps 4 --rounds 3 --eta .1 --seeds 5", "local.csv seeds.csv local.svg"},
		"bias":         {"local --bias --local-steps 1..8 --eta .1", "bias.csv bias.svg"},
		"exact":        {"local --exact --clients 3 --local-steps 4 --eta .1 --algorithm local-sgd,local-sgdm,accelerated-minibatch", "exact.csv exact.svg"},
		"fixed-points": {"local --fixed-point --clients 3 --local-steps 4,8 --eta .1 --step-rule fixed,inverse,square", "fixed-points.csv fixed-points.svg"},
		"compare":      {"local --compare local-sgd,minibatch-sgd --objective quadratic --clients 3 --local-steps 4 --rotation 0,1 --spread 0,2 --grid 9", "compare.csv compare.svg"},
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

// The plan of a measurement has a group an algorithm and number of local steps, and writes nothing.
func TestLocalPlan(t *testing.T) {
	dir := t.TempDir()
	before := tree(t, dir)
	out := good(t, dir, words("local --clients 4,8 --local-steps 2,4 --algorithm local-sgd,local-adam --rounds 3 --eta .1 --seeds 3 --plan --out o")...).stdout
	for _, says := range []string{"local-sgd, K = 2", "local-adam, K = 4", "24 cells"} {
		if !strings.Contains(out, says) {
			t.Errorf("no %q in the plan:\n%s", says, out)
		}
	}
	if after := tree(t, dir); after != before {
		t.Errorf("the plan wrote %s", after)
	}
}

// A study file of local steps: groups, tables with the constant, checks; a sweep that goes on writes the same bytes.
func TestLocalSweep(t *testing.T) {
	dir := t.TempDir()
	study := "measure = \"local\"\nalgorithm = [\"local-sgd\", \"local-adam\"]\nlocal-steps = [2, 4]\nclients = \"4,8\"\nrounds = 3\neta = 0.1\nseeds = 3\nstart = 0.5\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, words("sweep s.toml --out o -q")...)
	good(t, dir, words("check o")...)
	table, err := os.ReadFile(filepath.Join(dir, "o", "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(string(table), "\n") - 1; rows != 4*2*3*4 {
		t.Errorf("%d rows", rows)
	}
	reference, err := os.ReadFile(filepath.Join(dir, "o", "reference.csv"))
	if err != nil || !strings.Contains(string(reference), "local-sgd,1,kink,4,0.1,3,") {
		t.Errorf("%v: %s", err, reference)
	}
	good(t, dir, words("sweep s.toml --out o -q")...)
	if again, err := os.ReadFile(filepath.Join(dir, "o", "table.csv")); err != nil || !bytes.Equal(again, table) {
		t.Errorf("going on changes the table: %v", err)
	}
	r := kac(t, dir, words("sweep s.toml eta=3 --out p -q")...)
	if r.code != 2 || !strings.Contains(r.stderr, "eta") || !strings.Contains(r.stderr, "2/H = 2") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
}

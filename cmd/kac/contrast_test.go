package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Values of another program, by a quadrature of its own, which met drawn batches within a standard error.
func TestContrastRate(t *testing.T) {
	rows := codeRows(t, "contrast rate --coupling .12,.03 --norm2 .3,.2 --batches 5")
	if len(rows) != 1 || len(rows[0]) != 4 || rows[0]["batch"] != "5" {
		t.Fatal(rows)
	}
	for name, want := range map[string]float64{"loss": 1.5429329731, "rate_1": .75794051, "rate_2": .77145072} {
		t.Run(name, func(t *testing.T) {
			if got := float(t, rows[0][name]); got < want-6e-9 || got > want+6e-9 {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		})
	}
}

func TestContrastExact(t *testing.T) {
	const command = "contrast --alpha .6,.35 --start .25:.3,.08:.2 --batches 12 --times 1.5 --exact"
	for command, want := range map[string][]float64{command: {.0747905, .2445081}, command + " --noise 1:.4": {.17707132, .24305118}} {
		t.Run(command, func(t *testing.T) {
			rows := codeRows(t, command)
			if len(rows) != 2 || len(rows[0]) != 6 {
				t.Fatal(rows)
			}
			for k, r := range rows {
				flow, limit, constant := float(t, r["flow_error"]), float(t, r["limit_error"]), float(t, r["constant"])
				if flow < want[k]-6e-8 || flow > want[k]+6e-8 {
					t.Errorf("%s: feature %s errs by %v, want %v", command, r["feature"], flow, want[k])
				}
				if ratio := 12 * (flow - limit) / constant; ratio < .95 || ratio > 1.05 {
					t.Errorf("%s: feature %s: m times the gap over the constant is %v", command, r["feature"], ratio)
				}
			}
		})
	}
	// A large weight has no constant, and standard error says so.
	r := kac(t, t.TempDir(), words("contrast --exact --alpha .95 --start .9:.1 --batches 8 --times 1 --tolerance 1e-4 --format csv")...)
	if lines := strings.Split(r.stdout, "\n"); r.code != 0 || !strings.HasSuffix(lines[1], ",") || !strings.Contains(r.stderr, "no 1/m constant from time 1 on") {
		t.Errorf("code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestContrastWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	for out, c := range map[string]struct{ command, files string }{
		"exact":   {"contrast --exact --alpha .5,.2 --start .2:.2,.1:.2 --batches 8,32 --times .5,1 --noise 1:1,.3 --tolerance 1e-5", "exact.csv exact.svg"},
		"once":    {"contrast --exact --alpha .5 --start .2:.2 --batches 8,32 --times .5 --tolerance 1e-5", "exact.csv exact.svg"},
		"measure": {"contrast --alpha .5,.2 --start .2:.2,.1:.2 --batches 8,32 --time 1 --points 3 --noise 1:1,.3 --step .1 --seeds 5 --tolerance 1e-5", "contrast.csv gaps.csv seeds.csv contrast.svg"},
		"full":    {"contrast --alpha .5,.2 --start .2:.2,.1:.2 --batches 8 --times .5 --step .1 --seeds 3 --form full --feature 2 --dim 3 --tolerance 1e-5", "contrast.csv gaps.csv"},
		"rate":    {"contrast rate --coupling .1 --norm2 .2 --batches 8,32 --tolerance 1e-5", "rate.csv"},
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

func TestContrastBadInput(t *testing.T) {
	const exact = "contrast --exact --batches 4 --times 1 "
	const measure = "contrast --batches 4 --times 1 --alpha .1 --start .1:.1 "
	for _, c := range []struct{ command, names, says string }{
		{"contrast rate --coupling .1 --norm2 .2,.1 --batches 4", "--norm2", "each of the 1 features"},
		{"contrast rate --coupling .3 --norm2 .2 --batches 4", "--coupling .3", "from -r^2 to r^2"},
		{"contrast rate --coupling .3 --norm2 9 --batches 4", "--norm2 9", "from 0 to 4"},
		{"contrast rate --coupling 0,0,0,0 --norm2 1,1,1,1 --batches 4", "--coupling", "4 features"},
		{"contrast rate --coupling .1 --norm2 .2 --batches 1", "--batches 1", "from 2 to"},
		{"contrast rate --coupling .1 --norm2 .2", "--batches", "is missing"},
		{"contrast rate --coupling .1 --norm2 .2 --batches 4 --tolerance 1", "--tolerance 1", "allowed"},
		{"contrast rate --coupling 1.9 --norm2 2 --batches 4 --tolerance 1e-13", "--tolerance 1e-13", "can be reached"},
		{exact + "--alpha 1.1 --start .1:.1", "--alpha 1.1", "from -1 to 1"},
		{exact + "--alpha .1,.1,.1,.1 --start .1:.1,.1:.1,.1:.1,.1:.1", "--alpha", "1/m constant"},
		{exact + "--alpha .1", "--start", "is missing"},
		{exact + "--alpha .1 --start .1", "--start .1", "not a:b"},
		{exact + "--alpha .1 --start 0:.1", "--start 0:.1", "never starts"},
		{exact + "--alpha .1 --start .1:-.1", "--start .1:-.1", "length"},
		{exact + "--alpha .1 --start 3:.1", "--start 3:.1", "up to 4"},
		{exact + "--alpha .1,.2 --start .1:.1", "--start .1:.1", "1 features, but 2"},
		{exact + "--alpha .1 --start .1:.1 --noise 1:1.5", "--noise 1:1.5", "from 0, all noise"},
		{exact + "--alpha .1 --start .1:.1 --noise 2:.5", "--noise 2:.5", "no feature 2"},
		{exact + "--alpha .1 --start .1:.1 --noise .5", "--noise .5", "names no feature"},
		{exact + "--alpha .1 --start .1:.1 --noise 1:.5,.5", "--noise 1:.5,.5", "twice"},
		{exact + "--alpha .1,.1 --start .1:.1,.1:.1 --noise 1:.5,0,2:.1", "--noise", "give as many"},
		{exact + "--alpha .1 --start .1:.1 --decay -1", "--decay -1", "from 0 to 10"},
		{"contrast --exact --batches 4 --times 2,1 --alpha .1 --start .1:.1", "--times 2,1", "must increase"},
		{"contrast --exact --batches 4 --times 1000 --alpha .1 --start .1:.1", "--times 1000", "up to 100"},
		{"contrast --exact --batches 4 --times 1 --alpha .1 --start .1:.1 --seeds 3", "--seeds 3", "no meaning with --exact"},
		{measure + "--dim 1", "--dim 1", "from 2 to"},
		{measure + "--step .3", "--times 1", "no multiple of the step 0.3"},
		{measure + "--step 0", "--step 0", "above 0"},
		{measure + "--form half", "--form half", "allowed are reduced"},
		{measure + "--seeds 0", "--seeds 0", "from 1 to"},
		{measure + "--feature 2", "--feature 2", "no such feature"},
		{measure + "--feature 0", "--feature 0", "count from 1"},
		{measure + "--time 1", "--time 1", "not together with --times"},
		{measure + "--points 3", "--points 3", "only with --time"},
		{"contrast --batches 4 --alpha .1 --start .1:.1", "--times", "is missing"},
		{"contrast --batches 4 --alpha .1 --start .1:.1 --time 0", "--time 0", "above 0"},
		{"contrast --batches 16384 --dim 1048576 --form full --times 1 --alpha .1 --start .1:.1", "--batches 16384", "memory"},
		{"contrast --batches 65536 --times 1 --alpha .1,.1 --start .1:.1,.1:.1", "--batches 65536", "allowed are up to 16384"},
		{"contrast theorem --batches 4 --points 0", "--points 0", "from 1 to"},
		{"contrast theorem --batches 4 --norm2 0", "--norm2 0", "above 0"},
		{"contrast theorem", "--batches", "is missing"},
		{"contrast --exact --batches 4,4 --times 1 --alpha .1 --start .1:.1", "--batches 4,4", "twice"},
	} {
		t.Run(c.command, func(t *testing.T) {
			out := t.TempDir()
			r := kac(t, out, append(words(c.command), "--out", "o")...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, standard output %q, standard error %q; want one line with %q and %q", r.code, r.stdout, r.stderr, c.names, c.says)
			}
		})
	}
}

// A sweep is the verb's descents at every batch, its text and report work, and levels of noise are a list.
func TestContrastSweep(t *testing.T) {
	dir := t.TempDir()
	study := "measure = 'contrast'\nalpha = [0.6, 0.35]\nstart = '.25:.3,.08:.2'\nnoise = ['1:1', '1:0', '1:.5+2:.5']\nbatches = [4, 8]\ntimes = [0, 0.5, 1]\nstep = 0.1\nseeds = 6\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, words("sweep s.toml --out o -q")...)
	good(t, dir, words("check o")...)
	good(t, dir, words("report o --out r -q")...)
	table, err := os.ReadFile(filepath.Join(dir, "o", "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	if len(lines) != 1+3*2*6*3 {
		t.Fatalf("%d lines", len(lines))
	}
	verb := codeRows(t, "contrast --alpha .6,.35 --start .25:.3,.08:.2 --noise 1:0 --batches 8 --times 1 --step .1 --seeds 6 --feature 2 --tolerance 1e-4")
	mean := 0.0
	for _, line := range lines[1:] {
		if f := strings.Split(line, ","); f[2] == "8" && f[5] == "0" && f[8] == "1" {
			mean += float(t, f[9]) / 6
		}
	}
	if got := float(t, verb[0]["error"]); got < mean-1e-14 || got > mean+1e-14 {
		t.Errorf("the verb's mean is %v, the sweep's %v", got, mean)
	}
	for study, says := range map[string]string{
		"noise = '1:1,.5'": "names no feature", "feature = 3": "no such feature", "step = 0.3": "no multiple", "exact = true": "unknown",
	} {
		t.Run(study, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "bad.toml"), []byte("measure = 'contrast'\nalpha = [0.6, 0.35]\nstart = '.25:.3,.08:.2'\nbatches = 4\ntimes = 1\n"+study+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if r := kac(t, dir, words("sweep bad.toml --out bad")...); r.code != 2 || !strings.Contains(r.stderr, says) {
				t.Errorf("%s: code %d, %s", study, r.code, r.stderr)
			}
		})
	}
}

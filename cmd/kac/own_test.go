package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// columnsOf runs a command with CSV output and returns its columns.
func columnsOf(t *testing.T, dir, command string) map[string][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(good(t, dir, append(words(command), "--format", "csv", "-q")...).stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for k, name := range rows[0] {
		for _, row := range rows[1:] {
			out[name] = append(out[name], row[k])
		}
	}
	return out
}

func floats(t *testing.T, column []string) []float64 {
	t.Helper()
	out := make([]float64, len(column))
	for i, text := range column {
		if out[i] = math.NaN(); text != "" {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = x
		}
	}
	return out
}

// The particles that a run leaves give the same rows when they are read again, as they are or moved from the start.
func TestHessianAgain(t *testing.T) {
	dir := t.TempDir()
	made := columnsOf(t, dir, "hessian --problem he4 --dim 6 --width 20 --seed 3 --time 0,2 --out o")
	if len(made["particle"]) != 40 || made["particle"][21] != "1" || made["time"][21] != "2" {
		t.Fatalf("rows %v", made["particle"])
	}
	read := columnsOf(t, dir, "hessian --particles o/particles-m20-s3-t2.npy --problem he4 --time 2")
	moved := columnsOf(t, dir, "hessian --initial o/particles-m20-s3-t0.npy --problem he4 --time 2")
	for name, column := range made {
		a, b, c := floats(t, column[20:]), floats(t, read[name]), floats(t, moved[name])
		for i := range a {
			same := func(x, y float64) bool { return math.Abs(x-y) < 1e-7*(1+math.Abs(x)) || math.IsNaN(x) && math.IsNaN(y) }
			if math.Float64bits(a[i]) != math.Float64bits(b[i]) && strings.Contains("particle alpha speed top trace exact_parallel", name) || !same(a[i], b[i]) || !same(a[i], c[i]) {
				t.Errorf("%s of particle %d: %v, read %v, moved %v", name, i, a[i], b[i], c[i])
			}
		}
	}
	good(t, dir, "check", "o")
	for _, name := range words("hessian.csv particles.csv hessian.svg run.json") {
		if data, err := os.ReadFile(filepath.Join(dir, "o", name)); err != nil || len(data) < 100 {
			t.Errorf("%s has %d bytes, error %v", name, len(data), err)
		}
	}
}

// The distance that kac gap measures is that of the particles that it leaves.
func TestMeasureIsTheGap(t *testing.T) {
	dir := t.TempDir()
	good(t, dir, words("hessian --problem he4 --dim 6 --width 20 --seed 3 --time 0,2 --out o -q")...)
	good(t, dir, words("gap --problem he4 --dim 6 --widths 20 --seeds 1 --seed 3 --horizon 2 --points 3 --out g -q")...)
	rows, err := csv.NewReader(strings.NewReader(string(content(t, dir, "g", "gap.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	text := good(t, dir, words("measure --particles o/particles-m20-s3-t2.npy --initial o/particles-m20-s3-t0.npy --problem he4 --dim 6 --time 2 --networks 3 --format json -q")...).stdout
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for k, name := range rows[0] {
		want, err := strconv.ParseFloat(rows[3][k], 64)
		x, is := got[name].(float64)
		if err != nil || !is {
			continue
		}
		if math.Abs(x-want) > 1e-6*(1e-3+math.Abs(want)) {
			t.Errorf("%s is %v, of kac gap %v", name, x, want)
		}
	}
	limit := columnsOf(t, dir, "theory --problem he4 --dim 6 --times 2")
	if c := float(t, limit["gap_constant"][0]); math.Abs(got["gap_constant"].(float64)-c) > 1e-6 {
		t.Errorf("C(2) is %v, of kac theory %v", got["gap_constant"], c)
	}
	if answer := got["answer"].(string); !strings.Contains(answer, "width 20") || !strings.Contains(answer, "3 networks") {
		t.Errorf("the answer is %q", answer)
	}
	// The best time is near that of the network, and no time is better.
	var best map[string]any
	if err := json.Unmarshal([]byte(good(t, dir, words("measure --particles o/particles-m20-s3-t2.npy --problem he4 --networks 0 --format json -q")...).stdout), &best); err != nil {
		t.Fatal(err)
	}
	at := best["time"].(float64)
	for _, off := range []float64{-.1, -.001, .001, .1} {
		r := columnsOf(t, dir, "measure --particles o/particles-m20-s3-t2.npy --problem he4 --networks 0 --time "+strconv.FormatFloat(at+off, 'g', -1, 64))
		if x := float(t, r["function_error"][0]); x < best["function_error"].(float64) {
			t.Errorf("at the best time %v the function error is %v, at %v it is %v", at, best["function_error"], at+off, x)
		}
	}
}

// A finished gap with more seeds, widths and particles that went missing is what it would have been at once; what was
// there is not run again.
func TestGapGrows(t *testing.T) {
	dir := t.TempDir()
	study := "gap --problem he4 --dim 6 --horizon 1 --points 3 --snapshots 0,0.7,1 --out "
	good(t, dir, words(study+"whole --widths 4,8,16 --seeds 3 -q")...)
	good(t, dir, words(study+"grown --widths 4,16 --seeds 2 -q")...)
	grown := good(t, dir, words(study+"grown --widths 4,8,16 --seeds 3")...)
	if !strings.Contains(grown.stderr, "widths 8, 3 seeds, not 2") || !strings.Contains(grown.stderr, "going on with 4 finished cells") {
		t.Errorf("standard error %q", grown.stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "whole", "*.*"))
	if err != nil || len(files) != 5+27 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	same := func() {
		t.Helper()
		for _, path := range files {
			if name := filepath.Base(path); name != "run.json" && string(content(t, dir, "whole", name)) != string(content(t, dir, "grown", name)) {
				t.Errorf("%s differs", name)
			}
		}
	}
	same()
	good(t, dir, "check", "grown")
	if err := os.Remove(filepath.Join(dir, "grown", "particles-m8-s2-t0.7.npy")); err != nil {
		t.Fatal(err)
	}
	if again := good(t, dir, words(study+"grown --widths 4,8,16 --seeds 3")...); !strings.Contains(again.stderr, "going on with 8 finished cells") {
		t.Errorf("standard error %q", again.stderr)
	}
	same()
	// A later last time: networks go on from the particles that are there, and one more begins.
	later := strings.NewReplacer("horizon 1", "horizon 2", "points 3", "points 5", "0.7,1", "0.7,1,1.6").Replace(study)
	good(t, dir, words(later+"far --widths 4,8,16 --seeds 4 -q")...)
	if again := good(t, dir, words(later+"grown --widths 4,8,16 --seeds 4")...); !strings.Contains(again.stderr, "the times up to 2, not 1, 4 seeds, not 3") {
		t.Errorf("standard error %q", again.stderr)
	}
	if files, err = filepath.Glob(filepath.Join(dir, "far", "*.*")); err != nil || len(files) != 5+12*5 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, path := range files {
		if name := filepath.Base(path); name != "run.json" && string(content(t, dir, "far", name)) != string(content(t, dir, "grown", name)) {
			t.Errorf("later: %s differs", name)
		}
	}
	good(t, dir, "check", "grown")
	study = later
	if r := kac(t, dir, words(strings.Replace(later, "points 5", "points 6", 1)+"whole --widths 4,8,16 --seeds 3")...); r.code != 2 || !strings.Contains(r.stderr, "with --points 5 it would go on to 2") {
		t.Errorf("other times: code %d, %q", r.code, r.stderr)
	}
	if r := kac(t, dir, words(study+"grown --widths 4,8 --seeds 4")...); r.code != 2 || !strings.Contains(r.stderr, "widths [4,8,16], not [4,8]") {
		t.Errorf("fewer widths: code %d, %q", r.code, r.stderr)
	}
}

// A training that starts from the particles that another one began with is that training, in both precisions and beside
// both references.
func TestTrainFromGivenParticles(t *testing.T) {
	dir := t.TempDir()
	for name, more := range map[string]string{"wide": "--reference-width 32 --precision float32", "exact": "--reference exact"} {
		t.Run(name, func(t *testing.T) {
			study := "train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 16 --eta .05 --horizon .5 --points 3 --repeats 1 --format csv -q " + more
			want := good(t, dir, words(study)...).stdout
			good(t, dir, words("hessian --problem he4 --dim 6 --width 32 --seed 1 --time 0 --out start-"+name+" -q")...)
			got := good(t, dir, words(study+" --initial start-"+name+"/particles-m32-s1-t0.npy")...).stdout
			if got != want {
				t.Errorf("%s: from the same particles\n%s\nnot\n%s", name, got, want)
			}
			kept := study
			if name == "exact" {
				kept += " --gaps --reference-width 32 --reference-points 64"
			}
			good(t, dir, words(kept+" --snapshots .5 --out kept-"+name)...)
			good(t, dir, words(kept+" --out read-"+name+" --initial start-"+name+"/particles-m32-s1-t0.npy")...)
			if string(content(t, dir, "kept-"+name, "particles-m16-s1-t0.5.npy")) != string(content(t, dir, "kept-"+name, "particles-m16-t0.5.npy")) {
				t.Errorf("%s: the last particles are not those of a snapshot", name)
			}
			if name == "exact" && string(content(t, dir, "kept-"+name, "gap.csv")) != string(content(t, dir, "read-"+name, "gap.csv")) {
				t.Error("from the same particles the three gaps differ")
			}
			wider := strings.Replace(study, "8,16", "8,64", 1)
			if r := kac(t, dir, words(wider+" --initial start-"+name+"/particles-m32-s1-t0.npy")...); r.code != 2 || !strings.Contains(r.stderr, "32 rows") && !strings.Contains(r.stderr, "--reference-width 32") {
				t.Errorf("%s: exit code %d, %s", name, r.code, r.stderr)
			}
		})
	}
}

// A finished sweep with more widths and seeds gives the tables that it would have given at once; the cells that were
// there are not run again, fewer seeds are refused.
func TestSweepGrows(t *testing.T) {
	dir := t.TempDir()
	put := func(name, more string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("problem = 'he4'\ndim = [6, 8]\nhorizon = 1\npoints = 3\n"+more), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("small.toml", "widths = [8]\nseeds = 2\n")
	put("large.toml", "widths = [8, 16]\nseeds = 3\n")
	good(t, dir, words("sweep large.toml --out whole -q")...)
	good(t, dir, words("sweep small.toml --out grown -q")...)
	grown := good(t, dir, words("sweep large.toml --out grown")...)
	if !strings.Contains(grown.stderr, "widths 16 of he4-d6; 3 seeds of he4-d6, not 2; widths 16 of he4-d8; 3 seeds of he4-d8, not 2") || strings.Count(grown.stderr, "without what is new") != 1 {
		t.Errorf("standard error %q", grown.stderr)
	}
	for _, name := range words("table.csv summary.csv slopes.csv reference.csv") {
		if string(content(t, dir, "whole", name)) != string(content(t, dir, "grown", name)) {
			t.Errorf("%s differs", name)
		}
	}
	if text := good(t, dir, "check", "grown").stdout; !strings.Contains(text, "in order") {
		t.Errorf("check: %q", text)
	}
	// A later last time, of a risk too: the tables of one run. XOR with data of one's own needs no infinite network,
	// which takes three seconds.
	const ownXor = "measure = 'xor'\ndata = 'x.csv'\nlabels = 'y.csv'\nreference-width = 32\nwidths = [16]\nbatch = 4\n"
	for name, text := range map[string]string{"x.csv": "1,1,-1\n1,-1,1\n-1,1,1\n-1,-1,-1\n1,1,1\n", "y.csv": "1\n-1\n-1\n1\n1\n"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, c := range []struct{ name, small, large, says string }{
		{"gap", "problem = 'he4'\ndim = 6\nwidths = [8]\nseeds = 2\nhorizon = 1\npoints = 3\n", "problem = 'he4'\ndim = 6\nwidths = [8, 12]\nseeds = 2\nhorizon = 2\npoints = 5\n",
			"the times up to 2 of he4-d6, not 1; widths 12 of he4-d6"},
		{"train", "measure = 'train'\nproblem = 'he4'\ndim = 6\nwidths = [8]\nrepeats = 2\nhorizon = 1\npoints = 3\nsamples = 64\nreference = 'exact'\n",
			"measure = 'train'\nproblem = 'he4'\ndim = 6\nwidths = [8]\nrepeats = 2\nhorizon = 2\npoints = 5\nsamples = 64\nreference = 'exact'\n", "the times up to 2 of"},
		{"reach", "problem = 'he4'\ndim = 6\nwidths = [8]\nseeds = 1\nhorizon = 'reach .5'\npoints = 2\ndynamics = 'descent'\neta = 0.5\n",
			"problem = 'he4'\ndim = 6\nwidths = [8]\nseeds = 1\nhorizon = 'reach .3'\npoints = 3\ndynamics = 'descent'\neta = 0.5\n", "the times up to"},
		{"xor", ownXor + "seeds = 1\nhorizon = 1\npoints = 3\n", ownXor + "seeds = 2\nhorizon = 2\npoints = 5\n", "the times up to 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, text := range map[string]string{"early.toml": c.small, "late.toml": c.large} {
				t.Run(name, func(t *testing.T) {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				})
			}
			good(t, dir, words("sweep late.toml -q --out late-"+c.name)...)
			good(t, dir, words("sweep early.toml -q --out early-"+c.name)...)
			if r := good(t, dir, words("sweep late.toml --out early-"+c.name)...); !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr, "damaged") {
				t.Errorf("%s: standard error %q", c.name, r.stderr)
			}
			for _, name := range words("table.csv summary.csv slopes.csv reference.csv") {
				one, err := os.ReadFile(filepath.Join(dir, "late-"+c.name, name))
				two, err2 := os.ReadFile(filepath.Join(dir, "early-"+c.name, name))
				if string(one) != string(two) || (err == nil) != (err2 == nil) {
					t.Errorf("%s: %s differs: %v, %v", c.name, name, err, err2)
				}
			}
			good(t, dir, "check", "early-"+c.name)
		})
	}
	if r := kac(t, dir, words("sweep small.toml --out grown")...); r.code != 2 || !strings.Contains(r.stderr, "seeds 3, not 2") {
		t.Errorf("fewer seeds: code %d, %q", r.code, r.stderr)
	}
}

package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kac/bench"
)

// Lists and plans as CSV and as JSON, in which texts are texts, truths are truths and numbers are numbers.
func TestFormatsOfListsAndPlans(t *testing.T) {
	dir := t.TempDir()
	study := "dim = 6\nwidths = [8, 16]\nseeds = 2\nhorizon = 1\npoints = 3\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, words("gap --dim 6 --widths 8 --seeds 2 --horizon 1 --points 2 --out o -q")...)
	if got := good(t, dir, "check", "o").stdout; got != good(t, dir, words("check o --format text")...).stdout || !strings.Contains(got, "are in order") {
		t.Errorf("check prints %q", got)
	}
	for _, c := range []struct {
		command, columns, summary string
		rows, code                int
	}{
		{"check o", "path,fault", `"bad":0`, 0, 0},
		{"problems", "problem,dim,rank,information_exponent,exact,formula", "", 14, 0},
		{"version", "version,revision,go_version,os,arch,goamd64,cpu,cpu_features,kernel_level,bf16_engine", "", 1, 0},
		{"sweep s.toml --plan -q", "group,horizon,width,cells,form,right_hand_sides,flops_per_cell,seconds_per_cell,measured,memory", `"cells":4`, 2, 0},
		{"gap --dim 6 --widths 8,16,32 --seeds 2 --horizon 1 --plan -q", "group,horizon,width,cells,form,right_hand_sides,flops_per_cell,seconds_per_cell,measured,memory", `"cells":6`, 3, 0},
		{"theory --dim 6 --times 0,1 --plan -q", "part,width,networks,steps,nodes,times,seconds,measured,memory", `"disk":2000`, 3, 0},
		{"theory --dim 6 --times 0,1 --widths 8,16 --seeds 2 --plan -q", "part,width,networks,steps,nodes,times,seconds,measured,memory", `"networks":{"cells":4`, 5, 0},
		{"scaling --dims 4,6,8 --delta .9 --plan -q", "problem,dim,time,seconds,measured,memory", `"seconds":`, 3, 0},
		{"train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 32 --horizon .4 --repeats 2 --plan -q", "width,networks,form,particle_samples,particle_samples_per_second,seconds", `"particle_samples":`, 3, 0},
	} {
		t.Run(c.command, func(t *testing.T) {
			if text := good(t, dir, words(c.command)...).stdout; text == "" || strings.HasPrefix(text, c.columns) {
				t.Errorf("%s: without --format it prints\n%s", c.command, text)
			}
			asCSV := kac(t, dir, append(words(c.command), "--format", "csv")...)
			rows, err := csv.NewReader(strings.NewReader(asCSV.stdout)).ReadAll()
			if err != nil || len(rows) < 1 || strings.Join(rows[0], ",") != c.columns || len(rows)-1 != c.rows || asCSV.code != c.code {
				t.Errorf("%s: exit code %d, error %v\n%s", c.command, asCSV.code, err, asCSV.stdout)
				return
			}
			asJSON := kac(t, dir, append(words(c.command), "--format", "json")...)
			var record struct {
				Summary json.RawMessage  `json:"summary"`
				Rows    []map[string]any `json:"rows"`
			}
			if err := json.Unmarshal([]byte(asJSON.stdout), &record); err != nil || len(record.Rows) != c.rows {
				t.Errorf("%s: %d rows, error %v", c.command, len(record.Rows), err)
				return
			}
			if flat := strings.Join(strings.Fields(string(record.Summary)), ""); !strings.Contains(flat, c.summary) {
				t.Errorf("%s: the summary is %s", c.command, flat)
			}
			for i, row := range record.Rows {
				for k, key := range rows[0] {
					text := rows[i+1][k]
					switch v := row[key].(type) {
					case string:
						if v != text {
							t.Errorf("%s: %s is %q in JSON and %q in CSV", c.command, key, v, text)
						}
					case float64: // plans measure anew
						if _, err := strconv.ParseFloat(text, 64); err != nil {
							t.Errorf("%s: %s is %v in JSON and %q in CSV", c.command, key, v, text)
						}
					case bool:
						if _, err := strconv.ParseBool(text); err != nil {
							t.Errorf("%s: %s is %v in JSON and %q in CSV", c.command, key, v, text)
						}
					case nil:
						if text != "" {
							t.Errorf("%s: %s is null in JSON and %q in CSV", c.command, key, text)
						}
					}
				}
			}
		})
	}
	// A damaged file is a row, and the exit code stays.
	path := filepath.Join(dir, "o", "gap.csv")
	if err := os.WriteFile(path, []byte("no\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	bad := kac(t, dir, words("check o --format csv")...)
	if rows, err := csv.NewReader(strings.NewReader(bad.stdout)).ReadAll(); err != nil || len(rows) != 2 || rows[1][0] != "gap.csv" || bad.code != 1 {
		t.Errorf("exit code %d, error %v\n%s", bad.code, err, bad.stdout)
	}
}

// Sizes and times of a training are expressions of the dimension, and times those of a risk: the tables are those of
// the numbers.
func TestTrainingExpressions(t *testing.T) {
	dir := t.TempDir()
	const base = "train --problem he4 --dim 8 --horizon .3 --eta .05 --points 4 --repeats 1 --evaluation samples --format csv -q "
	want := good(t, dir, words(base+"--samples 512 --batch 64 --widths 8,16,32,64 --reference-width 128 --test-samples 512 --snapshots 0.05,0.1,0.2,0.15 --out a")...).stdout
	line := append(words(base+"--samples d^3 --batch d^2 --widths d,2*d,...,8*d --reference-width 2*d^2 --test-samples 2^3*d^2 --out b"), "--snapshots", "0.05..0.2, 1.1*d^-1")
	if r := good(t, dir, line...); r.stdout != want {
		t.Errorf("expressions give\n%s\nnumbers\n%s", r.stdout, want)
	}
	files := func(out string) (names []string) {
		list, err := filepath.Glob(filepath.Join(dir, out, "*.npy"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	if got, want := files("b"), files("a"); len(want) != 25 || !slices.Equal(got, want) {
		t.Errorf("particles are in %q, not %q", got, want)
	}
	// The time of a risk moves up to the next step.
	at := strings.Split(good(t, dir, words("reference --dim 8 --horizon 4 --reach .8 -q")...).stdout, "\n")
	reached, err := strconv.ParseFloat(strings.Split(at[1], ",")[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	good(t, dir, append(words("train --problem he4 --dim 8 --samples 64 --batch 8 --widths 8 --horizon 4 --eta .05 --points 3 --repeats 1 -q --out r"), "--snapshots", "reach .8")...)
	if got, want := files("r"), "particles-m8-t"+bench.Number(bench.StepTime(int64(math.Ceil(reached/.05)), .05))+".npy"; len(got) != 4 || !slices.Contains(got, want) {
		t.Errorf("the risk .8 is there at time %v; particles are in %q, want %s", reached, got, want)
	}
	for _, c := range [][3]string{
		{"--samples", "2^1..2^4", `"2^1..2^4" is more than one number`}, {"--batch", "d^30", "beyond"}, {"--test-samples", "reach 0.1", "is a time"},
		{"--reference-width", "1.5", "is not a whole number"}, {"--snapshots", "reach 2", "at the start"},
	} {
		r := kac(t, dir, append(words("train --problem he4 --dim 8 --widths 8 --horizon .3 --eta .05 --points 4 --out c"), c[0], c[1])...)
		if r.code != 2 || !strings.HasPrefix(r.stderr, "kac train: "+c[0]+" ") || !strings.Contains(r.stderr, c[2]) {
			t.Errorf("%s %s: exit code %d, %s", c[0], c[1], r.code, r.stderr)
		}
	}
}

package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every verb that prints data prints them as text within 80 columns, as CSV, and as JSON with the parameters and the
// same numbers; the default is what it always was.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	study := "dim = 6\nwidths = [8, 16]\nseeds = 2\nhorizon = 1\npoints = 3\n"
	if err := os.WriteFile(filepath.Join(dir, "s.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ command, otherwise, parameter string }{
		{"gap --dim 6 --widths 2^3..2^7 --seeds 2 --horizon 1 --points 3 -q", "text", `"widths":[8,16,32,64,128]`},
		{"train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 32 --horizon 0.3 --eta .1 --points 4 --repeats 2 -q", "text", `"eta":0.1`},
		{"reference --dim 8 --times 0,.3 -q", "csv", `"tolerance":1e-10`},
		{"reference --dim 8 --times 0,.3 --method reduced --reference-points 64 --replicas 2 -q", "csv", `"reference_points":64`},
		{"theory --dim 8 --times 0,1 --widths 8 --seeds 2 -q", "csv", `"times":[0,1]`},
		{"scaling --dims 6,8 --delta .7 -q", "text", `"delta":0.7`},
		{"code --blocks 16 --degree 3 --straggle .2 --seeds 2 -q", "text", `"straggle":[0.2]`},
		{"code --limit --degree 3,4 --straggle .2 -q", "text", `"degree":[3,4]`},
		{"code --adversary --blocks 16 --degree 3 --straggle .2 --seeds 1 --rounds 9 -q", "text", `"rounds":9`},
		{"code --descend --blocks 16 --degree 3 --straggle .2 --seeds 2 --steps 5 -q", "text", `"steps":5`},
		{"contrast --exact --alpha .5,.2 --start .2:.2,.1:.2 --batches 8,32 --times .5,1 --noise 1:1,.3 --tolerance 1e-5 -q", "text", `"batches":[8,32]`},
		{"contrast --alpha .5,.2 --start .2:.2,.1:.2 --batches 8,32 --time .5 --points 2 --step .1 --seeds 3 --tolerance 1e-4 -q", "text", `"seeds":3`},
		{"contrast theorem --batches 2,16 --points 3 --norm2 .3 -q", "text", `"points":3`},
		{"contrast rate --coupling .1,.02,0 --norm2 .2,.1,.1 --batches 8,32 --tolerance 1e-5 -q", "text", `"norm2":[0.2,0.1,0.1]`},
		{"decision --gamma 1,.8 --rounds 3,9 -q", "text", `"gamma":[1,0.8]`},
		{"margin --samples 20 --dim 400,900 --kappa .5,2 --seeds 3 -q", "text", `"kappa":[0.5,2]`},
		{"margin xor --power 1.5 --kappas .5,2.5", "text", `"power":[1.5]`},
		{"margin law --samples 40,50 --dim 3000 --variance .03 --fraction .97,.9", "text", `"samples":[40,50]`},
		{"figure 6 -q", "csv", `"points":`},
		{"sweep s.toml --out o -q", "text", `"widths":["8","16"]`},
		{"status o", "text", ""},
	} {
		t.Run(c.command, func(t *testing.T) {
			out := map[string]string{}
			for _, format := range []string{"text", "csv", "json"} {
				out[format] = good(t, dir, append(words(c.command), "--format", format)...).stdout
			}
			if first := good(t, dir, words(c.command)...).stdout; first != out[c.otherwise] {
				t.Errorf("without --format it prints\n%s", first)
			}
			for line := range strings.Lines(out["text"]) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			rows, err := csv.NewReader(strings.NewReader(out["csv"])).ReadAll()
			if err != nil || len(rows) < 2 {
				t.Fatalf("CSV of %d lines, error %v", len(rows), err)
			}
			var record struct {
				Program    string                       `json:"program"`
				Parameters json.RawMessage              `json:"parameters"`
				Rows       []map[string]json.RawMessage `json:"rows"`
			}
			if err := json.Unmarshal([]byte(out["json"]), &record); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(record.Program, "kac "+words(c.command)[0]) || len(record.Rows) != len(rows)-1 {
				t.Errorf("JSON of %q with %d rows, CSV has %d", record.Program, len(record.Rows), len(rows)-1)
			}
			if flat := strings.Join(strings.Fields(string(record.Parameters)), ""); !strings.Contains(flat, c.parameter) {
				t.Errorf("the parameters %s do not hold %s", flat, c.parameter)
			}
			for i, row := range record.Rows {
				for k, key := range rows[0] {
					want := rows[i+1][k]
					if slices.Contains(textColumns, key) {
						want = `"` + want + `"`
					} else if want == "" {
						want = "null"
					}
					if got := string(row[key]); got != want {
						t.Errorf("row %d, %s: %s in JSON, %s in CSV", i, key, got, want)
					}
				}
			}
		})
	}
}

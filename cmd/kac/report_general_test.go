package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A report of a sweep of trainings shows every summarised column of every group against time, with the numbers of
// summary.csv, and the groups against the width; it does not speak of gaps to infinite width.
func TestReportOfTrainings(t *testing.T) {
	dir := t.TempDir()
	study := filepath.Join(dir, "study.toml")
	text := "measure = 'train'\nproblem = 'he4'\ndim = 6\nsamples = [64, 128]\nbatch = 32\neta = 0.05\nwidths = [4, 8]\nhorizon = 0.5\npoints = 3\nrepeats = 3\n"
	if err := os.WriteFile(study, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	good(t, dir, "sweep", study, "--out", "s", "-q")
	good(t, dir, "report", "s", "-q")
	page := string(content(t, filepath.Join(dir, "s"), "report/report.html"))
	for _, want := range []string{"A sweep of train", `id="he4-d6-samples64"`, "fixed training samples", "At the last time, against the width", "kac sweep of kac"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, other := range []string{"infinite-width network", "How the gap falls"} {
		if strings.Contains(page, other) {
			t.Errorf("it says %q", other)
		}
	}
	type jsonChart struct {
		ID     string                   `json:"id"`
		X      []float64                `json:"x"`
		Series []struct{ Y []*float64 } `json:"series"`
	}
	charts := map[string]jsonChart{}
	for _, m := range regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		var c jsonChart
		if err := json.Unmarshal([]byte(m[1]), &c); err != nil {
			t.Fatal(err)
		}
		charts[c.ID] = c
	}
	columns := map[string]string{"function_error": "m_function_error", "coupling_mean": "m_coupling2", "coupling_square": "m_coupling_square", "risk": "risk", "reference_risk": "reference_risk"}
	if len(charts) != 2*len(columns)+len(columns) {
		t.Errorf("%d charts", len(charts))
	}
	compared := 0
	for _, row := range csvRows(t, filepath.Join(dir, "s", "summary.csv")) {
		for column, mean := range columns {
			c := charts["he4-d6-samples"+row["samples"]+"-"+column]
			i := map[string]int{"4": 0, "8": 1}[row["width"]]
			for k, x := range c.X {
				if strconv.FormatFloat(x, 'g', -1, 64) != row["time"] {
					continue
				}
				want, err := strconv.ParseFloat(row[mean], 64)
				if y := c.Series[i].Y[k]; err != nil || y == nil || math.Abs(*y-want) > 1e-5*math.Abs(want) {
					t.Errorf("%s at time %g: %v, not %v", c.ID, x, y, want)
				}
				compared++
			}
		}
	}
	if compared != 2*2*3*len(columns) {
		t.Errorf("%d numbers compared", compared)
	}
	if r := good(t, dir, "check", "s/report"); !strings.Contains(r.stdout, "files are in order") {
		t.Errorf("check: %q", r.stdout)
	}
}

// csvRows are the rows of a table by column.
func csvRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) < 2 {
		t.Fatalf("%s: %d lines, %v", path, len(lines), err)
	}
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		out = append(out, row)
	}
	return out
}

// Every study file of the repository is one that kac sweep takes.
func TestStudyFilesOfTheRepository(t *testing.T) {
	files, err := filepath.Glob("../../bench/sweep/*.toml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if _, err := measures(&process{ctx: t.Context()}).Load(path, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

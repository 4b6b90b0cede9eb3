package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A sweep of gaps holds, digit for digit, what kac train --gaps has in gap.csv, and a report draws the law over each
// measured gap that it predicts.
func TestReportOfGaps(t *testing.T) {
	dir := t.TempDir()
	const flags = "--problem he3 --dim 6 --samples 256 --batch 64 --eta .1 --widths 8,16 --horizon .8 --points 3 --repeats 2 --reference exact --reference-width 32 --reference-points 256 --gaps"
	good(t, dir, append(words("train "+flags), "--out", "t", "-q")...)
	good(t, dir, "sweep", studyFile(t, dir, "measure = 'train'\ngaps = true\nproblem = 'he3'\ndim = 6\nsamples = 256\nbatch = 64\neta = 0.1\nwidths = [8, 16]\nhorizon = 0.8\n"+
		"points = 3\nrepeats = 2\nreference = 'exact'\nreference-width = 32\nreference-points = 256\n"), "--out", "s", "-q")
	at := map[string]map[string]string{}
	key := func(row map[string]string, seed string) string {
		return row["width"] + " " + row[seed] + " " + row["time"]
	}
	for _, row := range csvRows(t, filepath.Join(dir, "s", "table.csv")) {
		at[key(row, "seed")] = row
	}
	rows := csvRows(t, filepath.Join(dir, "t", "gap.csv"))
	for _, want := range rows {
		got := at[key(want, "repeat")]
		for name, value := range want {
			if name != "repeat" && name != "wide" && got[name] != value {
				t.Errorf("%s of %s: %q in the sweep, %q", name, key(want, "repeat"), got[name], value)
			}
		}
	}
	if len(rows) != 2*2*3 || len(at) != len(rows) {
		t.Errorf("%d rows, %d in the sweep", len(rows), len(at))
	}
	good(t, dir, "report", "t", "-q")
	page := string(content(t, filepath.Join(dir, "t"), "report/report.html"))
	for gap, laws := range map[string]int{"width": 1, "data": 1, "step": 1, "run": 0, "total": 1} {
		t.Run(gap, func(t *testing.T) {
			_, chart, found := strings.Cut(page, `{"id":"he3-d6-`+gap+`_gap"`)
			chart, _, _ = strings.Cut(chart, "</script>")
			if !found || strings.Count(chart, `"law"`) != laws || strings.Contains(chart, "NaN") {
				t.Errorf("the chart of the %s gap has not %d laws: %.300s", gap, laws, chart)
			}
		})
	}
	if r := kac(t, dir, "sweep", studyFile(t, dir, "measure = 'train'\ngaps = true\nproblem = 'he3'\nwidths = 8\nhorizon = 1\n"), "--out", "o"); r.code != 2 || !strings.Contains(r.stderr, "gaps true") {
		t.Errorf("%d %s", r.code, r.stderr)
	}
}

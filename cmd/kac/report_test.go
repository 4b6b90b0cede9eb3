//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command prints where the report is, and nothing else on standard output; bad input is one line
// and leaves nothing; a damaged file is named.
func TestReportCommand(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, "dim = 5\nwidths = [4, 8]\nseeds = 2\nhorizon = 0.5\npoints = 3\ntolerance = 1e-5\n")
	good(t, dir, "sweep", study, "--out", "o", "-q")
	r := good(t, dir, "report", "o")
	if r.stdout != filepath.Join("o", "report", "report.html")+"\n" || !strings.Contains(r.stderr, "10 charts") {
		t.Errorf("%q, %q", r.stdout, r.stderr)
	}
	first := content(t, dir, "o", "report", "report.html")
	quiet := good(t, dir, "report", "o", "--out", "elsewhere/x.html", "-q")
	if quiet.stdout != filepath.Join("elsewhere", "x.html")+"\n" || quiet.stderr != "" {
		t.Errorf("--out x.html -q: %q, %q", quiet.stdout, quiet.stderr)
	}
	if !bytes.Equal(content(t, dir, "elsewhere", "x.html"), first) {
		t.Error("another place, another report")
	}
	content(t, dir, "elsewhere", "he4-d5-gap.pdf")
	good(t, dir, "check", "o") // the report is no stranger in the study's directory
	for _, c := range []struct {
		arguments, says string
		code            int
	}{
		{"report", `<dir>`, 2},
		{"report absent", "absent: cannot be read", 2},
		{"report elsewhere", "elsewhere: holds no study.json and no run.json", 2},
		{"report o --format pdf", "unknown flag --format", 2},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			if r := kac(t, dir, words(c.arguments)...); r.code != c.code || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d, %q, %q", c.arguments, r.code, r.stdout, r.stderr)
			}
		})
	}
	path := filepath.Join(dir, "o", "summary.csv")
	table := content(t, path)
	if err := os.WriteFile(path, append(table, '1'), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := kac(t, dir, "report", "o", "--out", "none"); r.code != 1 || !strings.Contains(r.stderr, filepath.Join("o", "summary.csv")) || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("damaged: exit code %d, %q", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("a refused study left a report")
	}
	help := good(t, dir, "report", "--help")
	for line := range strings.Lines(help.stdout) {
		if len(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("help of %d columns: %s", len(line)-1, line)
		}
	}
}

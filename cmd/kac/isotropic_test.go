package main

import (
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"
)

// TestIsotropicReferences: the spellings that scripts rely on, the columns, and the risks; those at t = 0 are E f*^2 -
// q_0.
func TestIsotropicReferences(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		command string
		risks   []float64
	}{
		{"reference --activation tanh --link tanh --dim 12 --times 0,1,2 -q", []float64{.394294490398, .212659828396, .123411872547}},
		{"reference --activation 2:1,4:.8 --link 2:.55,4:.32 --basis legendre --law sphere --dim 24 --times 1,5 -q", []float64{.204483787686, .000806504006}},
		{"reference --problem quartic --dim 16 --times 1,4 -q", []float64{.202877712416, .003532566816}},
		{"reference --problem relu --dim 8 --times 0 -q", []float64{.330607523184}},
		{"theory --activation erf --link erf --dim 8 --times 0 --tolerance 1e-6 -q", []float64{.464559054398}},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := kac(t, dir, words(c.command)...)
			rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
			if err != nil || r.code != 0 || len(rows) != len(c.risks)+1 || rows[0][0] != "time" || rows[0][1] != "risk" {
				t.Errorf("%s: exit code %d, %v, %s%s", c.command, r.code, err, r.stdout, r.stderr)
				return
			}
			for i, want := range c.risks {
				if got, err := strconv.ParseFloat(rows[i+1][1], 64); err != nil || !(math.Abs(got-want) < 1e-9) {
					t.Errorf("%s: risk %s, want %.12f", c.command, rows[i+1][1], want)
				}
			}
		})
	}
}

// TestUnreachableTolerance: one line that says what can be met.
func TestUnreachableTolerance(t *testing.T) {
	r := kac(t, t.TempDir(), words("reference --activation relu --link 2:1 --dim 16 --times 20 --tolerance 1e-12 -q")...)
	if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "a tolerance of 1e-08 can be met") {
		t.Errorf("exit code %d, %s", r.code, r.stderr)
	}
}

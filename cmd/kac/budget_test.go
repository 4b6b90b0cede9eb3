package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBudget: sizes that keep the error, files, formats, and a measurement.
func TestBudget(t *testing.T) {
	dir := t.TempDir()
	const command = "budget --problem quartic --dim 6 --time 1 --error .05 --tolerance 1e-5 -q"
	rows := codeRows(t, strings.TrimSuffix(command, " -q"))
	row := rows[0]
	parts := float(t, row["width_gap"]) + float(t, row["data_gap"]) + float(t, row["batch_gap"]) + float(t, row["step_gap"])
	if total := float(t, row["predicted_gap"]); !(total <= .05 && total > .04) || math.Abs(parts-total) > 1e-12 || row["measured_gap"] != "" {
		t.Errorf("%v", row)
	}
	if float(t, row["samples"]) != float(t, row["batch"])*float(t, row["steps"]) || math.Abs(float(t, row["eta"])*float(t, row["steps"])-1) > 1e-12 {
		t.Errorf("%v", row)
	}
	good(t, dir, append(words(command), "--check", "--seeds", "3", "--out", "o")...)
	for _, name := range words("budget.csv budget.svg run.json") {
		if _, err := os.Stat(filepath.Join(dir, "o", name)); err != nil {
			t.Error(err)
		}
	}
	if text := string(content(t, dir, "o", "budget.csv")); strings.HasSuffix(text, ",\n") {
		t.Errorf("no measurement in %s", text)
	}
}

// TestBudgetOfFewSamples: far below n* the text says so, and CSV and JSON have n*.
func TestBudgetOfFewSamples(t *testing.T) {
	dir := t.TempDir()
	const command = "budget --problem he4 --dim 6 --time 1 --error .5 --samples 10 --tolerance 1e-4 "
	r := good(t, dir, words(command+"-q")...)
	if text := strings.Join(words(r.stdout), " "); !strings.Contains(text, "10 samples are below n* = ") || !strings.Contains(text, "does not keep the error.") {
		t.Error(r.stdout)
	}
	r = good(t, dir, words(command+"--format json")...)
	var all struct {
		Rows []struct {
			Threshold float64 `json:"data_threshold"`
			Dominant  string  `json:"dominant"`
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil || all.Rows[0].Threshold < 10 || all.Rows[0].Dominant == "" || !strings.Contains(r.stderr, "below n*") {
		t.Errorf("%v, %+v\n%s%s", err, all, r.stdout, r.stderr)
	}
}

func TestBudgetBadInput(t *testing.T) {
	for _, c := range []struct{ command, names, says string }{
		{"budget --problem circle --time 3 --error .1", "--problem circle", "available for it are"},
		{"budget --time 3 --error 0", "--error 0", "above 0"},
		{"budget --time 0 --error .1", "--time 0", "above 0"},
		{"budget --time 3", "--error", "missing"},
		{"budget --time 3 --error .1 --noise -1", "--noise -1", "allowed are"},
		{"budget --time 3 --error .1 --samples 10 --batch 20", "--batch 20", "allowed are 1 to 10"},
		{"budget --time 3 --error .1 --batch 0", "--batch 0", "at least 1"},
		{"budget --time 3 --error .1 --seeds 3", "--seeds 3", "--check"},
		{"budget --time 3 --error .1 --seed 3", "--seed 3", "--check"},
		{"budget --dim 6 --time 1 --error 1e-12 --tolerance 1e-4", "--error 1e-12", "the least that the law promises"},
		{"budget --dim 6 --time 1 --error 1e-4 --samples 100 --batch 100 --tolerance 1e-4", "--error 1e-4", "more samples"},
		{"budget --activation 4 --link 4 --rank 2 --dim 6 --time 3 --error .1", "--rank 2", "available for it are"},
		{"budget --problem xor4 --time 3 --error .1", "--problem xor4", ""},
		{"budget --time 3 --error .1 --format xml", "--format xml", "allowed are"},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := kac(t, t.TempDir(), append(words(c.command), "-q")...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("code %d: %s%s", r.code, r.stdout, r.stderr)
			}
		})
	}
}

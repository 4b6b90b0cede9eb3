package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench/training"
)

// Paths of any bytes: they are opened as they are, kept in the record so that no two become one, found equal by the
// same command, and shown so that a terminal prints them.
func TestPathsOfAnyBytes(t *testing.T) {
	dir := t.TempDir()
	inputs, labels := "0,1,3\n1,0,3\n2,1,0\n1,1,1\n", "1\n0\n1\n0\n"
	for name, content := range map[string]string{"x\xe9.csv": inputs, "x\xe8.csv": inputs, "y\x1b[31m\n.csv": labels} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Skip("this file system takes no such names: ", err)
		}
	}
	line := func(data string) []string {
		return append(words("train --problem he4 --batch 4 --widths 8 --horizon .04 --points 3 --repeats 1 --format json"),
			"--data", data, "--labels", "y\x1b[31m\n.csv", "--out", "o\xe9\n")
	}
	first := good(t, dir, line("x\xe9.csv")...)
	if again := good(t, dir, line("x\xe9.csv")...); again.stdout != first.stdout || !strings.Contains(again.stderr, "nothing to compute") {
		t.Errorf("the same command again: %s", again.stderr)
	}
	if strings.Contains(first.stderr, "\x1b") || strings.Contains(first.stderr, "\xe9") || strings.Count(first.stderr, "\n") != 1 {
		t.Errorf("notes with what a terminal obeys: %q", first.stderr)
	}
	other := kac(t, dir, line("x\xe8.csv")...)
	if other.code != 2 || !strings.Contains(other.stderr, `x\350.csv`) || !strings.Contains(other.stderr, `x\351.csv`) {
		t.Errorf("of other data: exit code %d, %q", other.code, other.stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "o\xe9\n", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var record training.Record
	if err := json.Unmarshal(data, &record); err != nil {
		t.Fatal(err)
	}
	typed := append([]string{binary}, line("x\xe9.csv")...)
	if strings.Join(record.CommandLine, "\x00") != strings.Join(typed, "\x00") || record.Parameters.Inputs != "x\xe9.csv" || record.Parameters.Labels != "y\x1b[31m\n.csv" {
		t.Errorf("the record has the command %q and the paths %q, %q", record.CommandLine, record.Parameters.Inputs, record.Parameters.Labels)
	}
	if bytes.Contains(data, []byte("\ufffd")) || bytes.Contains(data, []byte(`\ufffd`)) {
		t.Error("bytes are lost in run.json")
	}
	// A word of the record is read by bash itself.
	var words struct {
		Words []string `json:"command_line"`
	}
	if err := json.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	last := words.Words[len(words.Words)-1]
	if out, err := exec.Command("bash", "-c", "printf '%s.' "+last).Output(); err == nil && string(out) != "o\xe9\n." {
		t.Errorf("bash reads %s as %q", last, out)
	}
}

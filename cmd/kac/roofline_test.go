package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench/roofline"
	"kac/kernels"
)

// The level is the one asked for, the table has every kernel, and the files belong to the same measurement.
func TestRooflineCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	levels := kernels.Levels()
	level := levels[len(levels)-1]
	dir := t.TempDir()
	r := good(t, dir, "roofline", "--level", level, "--workers", "1", "--out", "out")
	if !strings.HasPrefix(r.stdout, "Roofline of level "+level+", 1 worker") || !strings.Contains(r.stderr, "roofline.json, roofline.svg and run.json are in out") {
		t.Errorf("standard output %q, standard error %q", r.stdout, r.stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out", roofline.File))
	if err != nil {
		t.Fatal(err)
	}
	var record roofline.Record
	if err := json.Unmarshal(data, &record); err != nil {
		t.Fatal(err)
	}
	if record.KernelLevel != level || record.Workers != 1 || record.StartTime == "" || len(record.CommandLine) != 8 || len(record.Memory) != 4 {
		t.Errorf("record: level %s, %d workers, start %q, command line %v, %d memory levels", record.KernelLevel, record.Workers, record.StartTime, record.CommandLine, len(record.Memory))
	}
	for _, k := range record.Kernels {
		if !strings.Contains(r.stdout, k.Operation) || !(k.Share > 0) {
			t.Errorf("kernel %+v", k)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out", roofline.PictureFile)); err != nil || len(record.Kernels) == 0 {
		t.Errorf("%d kernels, picture: %v", len(record.Kernels), err)
	}
}

// An interruption leaves nothing but whose directory it is, and no output.
func TestRooflineInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	var stdout bytes.Buffer
	code := run(&process{ctx: ctx, arguments: []string{"kac", "roofline", "--out", filepath.Join(dir, "out")}, stdout: &stdout, stderr: stderr})
	said, err := os.ReadFile(stderr.Name())
	if code != 4 || stdout.Len() != 0 || string(said) != "kac roofline: interrupted\n" || err != nil {
		t.Errorf("code %d, standard output %q, standard error %q, error %v", code, stdout.String(), said, err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "out")); len(left) != 1 || left[0].Name() != "run.json" {
		t.Errorf("the directory holds %v", left)
	}
}

//go:build unix

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// trainStudy takes some seconds of one core in 8 cells of 3 networks each, the wide one among them.
const trainStudy = `measure = "train"
problem = ["he4", "xor4"]
dim     = 8
samples = [0, 512]
batch   = 128
eta     = [0.02, 0.04]
widths  = [16, "d^2"]
horizon = 2
points  = 6
repeats = 2
reference-width = 256
`

// A sweep of trainings holds, row for row and digit for digit, what the commands of kac train give.
func TestTrainSweepEqualsCommands(t *testing.T) {
	dir := t.TempDir()
	good(t, dir, "sweep", studyFile(t, dir, trainStudy), "--out", "sweep", "-q")
	rows := csvRows(t, filepath.Join(dir, "sweep", "table.csv"))
	compared := 0
	for i, problem := range []string{"he4", "xor4"} {
		for _, samples := range []string{"0", "512"} {
			for _, eta := range []string{"0.02", "0.04"} {
				out := fmt.Sprintf("train%d-%s-%s", i, samples, eta)
				good(t, dir, "train", "--problem", problem, "--dim", "8", "--samples", samples, "--batch", "128", "--eta", eta, "--widths", "16,d^2",
					"--horizon", "2", "--points", "6", "--repeats", "2", "--reference-width", "256", "--out", out, "-q")
				for _, want := range csvRows(t, filepath.Join(dir, out, "training.csv")) {
					at := slices.IndexFunc(rows, func(row map[string]string) bool {
						return row["problem"] == want["problem"] && row["samples"] == samples && row["eta"] == eta && row["width"] == want["width"] &&
							row["seed"] == want["repeat"] && row["time"] == want["time"]
					})
					if at < 0 {
						t.Fatalf("%s: no row %v", out, want)
					}
					for name, value := range want {
						if name != "repeat" && name != "step" && rows[at][name] != value {
							t.Errorf("%s: %s of width %s, seed %s, time %s is %s, not %s", out, name, want["width"], want["repeat"], want["time"], rows[at][name], value)
						}
					}
					compared++
				}
			}
		}
	}
	if compared != len(rows) || compared != 2*2*2*2*2*6 {
		t.Errorf("%d rows compared of %d", compared, len(rows))
	}
}

// Killed at random moments, by workers of changing numbers, in two shards, stopped by time: the same bytes, and files
// in order.
func TestTrainSweepKilled(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, trainStudy)
	began := time.Now()
	straight := good(t, dir, "sweep", study, "--out", "straight", "-q")
	took := time.Since(began)
	want := sweepTables(t, filepath.Join(dir, "straight"))
	random := rand.New(rand.NewPCG(16, 5))
	killed, resumed := 0, 0
	for killed < 8 {
		out := fmt.Sprintf("killed%d", killed)
		for {
			arguments := []string{"sweep", study, "--out", out, "-q", "--checkpoint", "0.005", "--workers", strconv.Itoa(1 + random.IntN(3))}
			limit := time.Duration((0.1 + random.Float64()) * float64(took) / 3)
			if killed >= 8 {
				limit = time.Minute
			}
			if checkpoints, err := filepath.Glob(filepath.Join(dir, out, "cells", "*", "*.ckpt")); err == nil && len(checkpoints) > 0 {
				resumed++
			}
			stderr, err := runFor(dir, limit, arguments)
			if err == nil {
				break
			}
			if killed++; !errors.Is(err, errKilled) || strings.Contains(stderr, "damaged") || strings.Contains(stderr, "cannot be used") {
				t.Fatalf("after %d kills: %v\n%s", killed, err, stderr)
			}
		}
		equalTables(t, out, sweepTables(t, filepath.Join(dir, out)), want)
		if r := good(t, dir, "check", out); !strings.Contains(r.stdout, "files are in order; the study is finished") {
			t.Fatalf("check: %q", r.stdout)
		}
		if again := good(t, dir, "sweep", study, "--out", out, "-q"); again.stdout != straight.stdout {
			t.Fatalf("the printed table differs:\n%s\n%s", again.stdout, straight.stdout)
		}
	}
	if resumed == 0 {
		t.Error("no run went on from a checkpoint")
	}
	for i := 2; i >= 1; i-- {
		good(t, dir, "sweep", study, "--out", "shards", "-q", "--shard", fmt.Sprintf("%d/2", i))
	}
	good(t, dir, "sweep", study, "--out", "shards", "-q", "--merge")
	equalTables(t, "shards", sweepTables(t, filepath.Join(dir, "shards")), want)
	if r := kac(t, dir, "sweep", study, "--out", "timed", "-q", "--workers", "1", "--max-time", "20ms"); r.code != 4 {
		t.Errorf("--max-time ends with %d: %s", r.code, r.stderr)
	}
	if r := good(t, dir, "status", "timed", "--shards", "2"); !strings.Contains(r.stdout, "he4-d8-samples0-eta0.02") {
		t.Errorf("status: %q", r.stdout)
	}
	good(t, dir, "sweep", study, "--out", "timed", "-q")
	equalTables(t, "timed", sweepTables(t, filepath.Join(dir, "timed")), want)
}

// The keys of a study file of trainings are the flags of kac train; a list where none is allowed, and all that a file
// can do wrong, is one line that names it.
func TestTrainSweepBadInput(t *testing.T) {
	dir := t.TempDir()
	const rest = "measure = 'train'\nproblem = 'he4'\ndim = 8\nwidths = 8\nhorizon = 1\n"
	for _, c := range []struct{ file, override, says string }{
		{rest, "measure=trian", "measure=trian: known are gap, train"},
		{"measure = 3", "", "measure"},
		{rest + "wdiths = 3", "", "key wdiths: unknown; did you mean widths? Known are problem, dim"},
		{rest + "flow-tolerance = 1e-6", "", "key flow-tolerance: unknown"},
		{rest + "gaps = true", "", "gaps true: the three gaps need an infinite-width flow"},
		{rest + "shared-reference = true", "", "key shared-reference: unknown"},
		{rest + "snapshots = 1", "", "key snapshots: unknown"},
		{"measure = 'train'\nproblem = 'he4'\nhorizon = 1", "", "widths"},
		{rest + "points = [3, 5]", "", "takes one value; lists are for problem, dim, samples, batch, noise, eta, precision"},
		{rest, "seed=1,2", "seed=1,2"},
		{rest + "eta = [0.1, 0.1]", "", "eta 0.1: is there twice"},
		{rest + "eta = []", "", "the list is empty"},
		{rest + "eta = 'small'", "", "eta small: "},
		{rest + "samples = -4", "", "samples -4"},
		{rest + "samples = [64, 2.5]", "", "samples 2.5"},
		{rest + "batch = 0", "", "batch 0"},
		{rest + "widths2 = 0", "", "unknown"},
		{rest, "widths=0", "widths=0"},
		{rest, "problem=he5", "known are"},
		{rest, "dim=[8,2]", "dim"},
		{rest, "precision=float16", "float64"},
		{rest + "reference = 'exacts'", "", "reference exacts: allowed are wide"},
		{rest + "eta = 0.3", "", "horizon 1: give a multiple of the step 0.3"},
		{rest + "repeats = true", "", "repeats"},
		{rest, "samples=64..100", "samples"},
		{"measure = 'gap'\nsamples = 3\nwidths = 8\nhorizon = 1", "", "key samples: unknown"},
	} {
		t.Run(c.file[min(len(c.file), len(rest)):]+" "+c.override, func(t *testing.T) {
			arguments := []string{"sweep", studyFile(t, dir, c.file)}
			if c.override != "" {
				arguments = append(arguments, c.override)
			}
			r := kac(t, dir, append(arguments, "--out", "o")...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit code %d, %q; want %q", r.code, r.stderr, c.says)
			}
			if _, err := os.Stat(filepath.Join(dir, "o")); err == nil {
				t.Error("something was written")
			}
		})
	}
}

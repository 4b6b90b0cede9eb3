//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// clusterStudy takes some four seconds of one core a seed; the dearest of six cells takes two.
const clusterStudy = `problem = "he4"
dim = 12
widths = [16, 300, 900]
seeds = 4
horizon = 6
points = 4
tolerance = 1e-6
form = "pairwise"
dynamics = ["flow", "descent"]
eta = 0.005
`

// Bad input: exit code 2 and one line, before anything is written.
func TestSlurmBadInput(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	for _, c := range []struct{ arguments, says string }{
		{study, "--out is missing: give the directory"},
		{"absent.toml --out o", "absent.toml: the study file cannot be read"},
		{study + " widhts=3 --out o", "argument widhts=3: unknown; did you mean widths?"},
		{study + " dim=1 --out o", "argument dim=1: he4 needs a dimension"},
		{study + " --out o --shards 0", "--shards 0: allowed are"},
		{study + " --out o --shards 13", "--shards 13: allowed are 1 to 12, the number of the study's cells"},
		{study + " --out o --shards many", "--shards many: give a whole number"},
		{study + " --out o --concurrent 0", "--concurrent 0: allowed are"},
		{study + " --out o --cpus 0", "--cpus 0: allowed are"},
		{study + " --out o --time 90", "--time 90: give a time limit such as 04:00:00"},
		{study + " --out o --time 00:00:00", "--time 00:00:00: give a time limit"},
		{study + " --out o --time 2m", "--time 2m: an element stops 120 s before its limit; give at least 00:05:00"},
		{study + " --out o --memory 4", "--memory 4: give a whole number with M, G or T"},
		{study + " --out o --memory 0G", "--memory 0G: give a whole number with M, G or T"},
		{study + " --out o --merge-memory 9999999T", "--merge-memory 9999999T: give a whole number with M, G or T"},
		{study + " --out o --partition a;b", "--partition a;b: give a name"},
		{study + " --out o --account a$b", "--account a$b: give a name"},
		{study + " --out o --sbatch array=1-3", "--sbatch array=1-3: kac slurm sets array itself; give --shards and --concurrent"},
		{study + " --out o --sbatch=--qos=long", "--sbatch --qos=long: give an option of sbatch without its dashes"},
		{study + " --out o --level sse", "--level sse: allowed are generic, avx2, avx512"},
		{study + " --out o --program bin/kac", "--program bin/kac: give an absolute path"},
		{study + " --out 50%", "Slurm reads \"%\" in the paths of log files"},
		{study + " --out o --checkpoint 0", "--checkpoint 0: give a time above 0"},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			r := kac(t, dir, append([]string{"slurm"}, words(c.arguments)...)...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d, %q; want 2 and %q", c.arguments, r.code, r.stderr, c.says)
			}
		})
	}
	for _, name := range []string{"o", "50%"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("bad input left the directory %s", name)
		}
	}

	good(t, dir, "slurm", study, "--out", "o", "--shards", "3", "--time", "1h", "--memory", "1G")
	before := tree(t, filepath.Join(dir, "o"))
	for _, c := range []struct{ arguments, says string }{
		{study + " --out o", "--out o: holds scripts already; submit them by o/slurm/submit.sh, or give --replace"},
		{study + " seeds=1 --out o --replace", "--out o: holds a run with other parameters (seeds 2, not 1)"},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			r := kac(t, dir, append([]string{"slurm"}, words(c.arguments)...)...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d, %q; want 2 and %q", c.arguments, r.code, r.stderr, c.says)
			}
		})
	}
	if after := tree(t, filepath.Join(dir, "o")); after != before {
		t.Error("refused commands changed the directory")
	}
	good(t, dir, "slurm", study, "--out", "o", "--shards", "4", "--time", "1h", "--memory", "1G", "--replace")
	if script := string(content(t, filepath.Join(dir, "o"), "slurm/array.sh")); !strings.Contains(script, "--array=1-4\n") {
		t.Errorf("--replace wrote\n%s", script)
	}
}

// Merging alone runs no cell: without all of them it fails, says how many are missing, and makes no
// tables.
func TestSweepMerge(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	if r := kac(t, dir, "sweep", study, "--out", "o", "--merge"); r.code != 2 || !strings.Contains(r.stderr, "--out o: holds no study.json") {
		t.Errorf("of nothing: %d, %q", r.code, r.stderr)
	}
	if r := kac(t, dir, "sweep", study, "--out", "o", "--merge", "--shard", "1/2"); r.code != 2 || !strings.Contains(r.stderr, "--merge") {
		t.Errorf("with --shard: %d, %q", r.code, r.stderr)
	}
	good(t, dir, "sweep", study, "--out", "o", "-q", "--shard", "2/4")
	good(t, dir, "sweep", study, "--out", "o", "-q", "--shard", "4/4")
	r := kac(t, dir, "sweep", study, "--out", "o", "--merge", "-q")
	if r.code != 1 || r.stdout != "" || r.stderr != "kac sweep: the study is not finished: 6 of 12 cells are missing\n" {
		t.Errorf("of a half: %d, %q", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "o", "table.csv")); err == nil {
		t.Error("there is a table of half a study")
	}
	if r := good(t, dir, "status", "o", "--shards", "4"); !strings.HasSuffix(r.stdout, "\nshards of 4 with cells left: 1,3\n") {
		t.Errorf("status: %q", r.stdout)
	}
	good(t, dir, "sweep", study, "--out", "o", "-q")
	if r := good(t, dir, "status", "o", "--shards", "4"); !strings.HasSuffix(r.stdout, "\nall 4 shards are finished\n") {
		t.Errorf("status: %q", r.stdout)
	}
	good(t, dir, "sweep", study, "--out", "o", "--merge", "-q")
}

// The array script under bash, with a scontrol that only notes what it is asked: near the time limit
// it stops kac and requeues its element, at any other end it does not, and the elements together leave
// the tables of a study that was run at once.
func TestSlurmArrayScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	dir := t.TempDir()
	study := studyFile(t, dir, clusterStudy)
	good(t, dir, "sweep", study, "seeds=1", "--out", "straight", "-q")
	want := sweepTables(t, filepath.Join(dir, "straight"))
	out := filepath.Join(dir, `it's an "out"`)
	good(t, dir, "slurm", study, "seeds=1", "--out", out, "--shards", "2", "--time", "1h", "--memory", "1G", "--checkpoint", "0.05")
	if err := os.WriteFile(study, []byte("edited = true"), 0o644); err != nil { // the jobs have a copy
		t.Fatal(err)
	}
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "scontrol"), []byte("#!/bin/sh\necho \"scontrol $*\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(script, task string, signal syscall.Signal) (string, int) {
		t.Helper()
		cmd := exec.Command(bash, filepath.Join(out, "slurm", script))
		cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "SLURM_ARRAY_JOB_ID=77", "SLURM_ARRAY_TASK_ID="+task)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var text bytes.Buffer
		cmd.Stdout, cmd.Stderr = &text, &text
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if signal != 0 {
			waitFor(t, func() bool {
				status, err := measures(&process{ctx: context.Background()}).Status(out)
				return err == nil && len(status.Running) > 0 && status.Running[0].Share > 0
			})
			to := cmd.Process.Pid
			if signal == syscall.SIGTERM { // Slurm sends it to all processes of a job
				to = -to
			}
			if err := syscall.Kill(to, signal); err != nil {
				t.Fatal(err)
			}
		}
		_ = cmd.Wait() // the exit code is returned
		return text.String(), cmd.ProcessState.ExitCode()
	}
	text, code := run("array.sh", "1", syscall.SIGUSR1)
	if code != 0 || !strings.Contains(text, "scontrol requeue 77_1\n") || !strings.Contains(text, "back in the queue") {
		t.Errorf("near the time limit: exit code %d\n%s", code, text)
	}
	text, code = run("array.sh", "1", syscall.SIGTERM)
	if code != 4 || strings.Contains(text, "requeue") || !strings.Contains(text, "kac sweep: interrupted\n") || !strings.Contains(text, "shard 1/2, job 77_1: stopped; the cells are saved") {
		t.Errorf("cancelled: exit code %d\n%s", code, text)
	}
	text, code = run("merge.sh", "", 0)
	if code != 1 || !strings.Contains(text, "cells are missing\n") || !strings.Contains(text, "shards of 2 with cells left: 1-2\n") ||
		!strings.Contains(text, "made no tables") {
		t.Errorf("merging too early: exit code %d\n%s", code, text)
	}
	for i := range 2 {
		if text, code := run("array.sh", fmt.Sprint(i+1), 0); code != 0 || !strings.Contains(text, fmt.Sprintf("shard %d/2, job 77_%d: finished\n", i+1, i+1)) {
			t.Errorf("shard %d: exit code %d\n%s", i+1, code, text)
		}
	}
	if text, code := run("merge.sh", "", 0); code != 0 {
		t.Errorf("merge: exit code %d\n%s", code, text)
	}
	equalTables(t, "an array", sweepTables(t, out), want)

	// A failure is not requeued.
	if err := os.WriteFile(filepath.Join(out, "slurm", "study.toml"), []byte("widths = 8\nhorizon = 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, code := run("array.sh", "1", 0); code != 2 || !strings.Contains(text, "failed with exit code 2\n") || strings.Contains(text, "requeue") {
		t.Errorf("another study: exit code %d\n%s", code, text)
	}
}

// Without a flag everything is chosen, by what the study costs.
func TestSlurmChooses(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	r := good(t, dir, "slurm", study, "widths=8,16", "horizon=0.5", "eta=0.1", "points=2", "--out", "o", "-q")
	want := []string{"8 cells; an array of 1 element, each with at most 8 cells, 1 CPU, 1024 MiB, 00:10:00\n", "the longest takes about ", "submit: o/slurm/submit.sh\n", "watch:  kac status o\n"}
	for _, w := range want {
		if !strings.Contains(r.stdout, w) {
			t.Errorf("%q without %q", r.stdout, w)
		}
	}
	if r := good(t, dir, "status", "o"); !strings.Contains(r.stdout, "so the time left is not known") {
		t.Errorf("status before the first job: %q", r.stdout)
	}
}

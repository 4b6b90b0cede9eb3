//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"kac/bench/gap"
	"kac/bench/sweep"
)

// killStudy takes about a second and a half of one core: two groups, flow and descent, small cells and
// one that checkpoints often.
const killStudy = `problem = "he4"
dim = 6
widths = [8, "d^2", 400]
seeds = 2
horizon = 3
points = 4
tolerance = 1e-6
dynamics = ["flow", "descent"]
eta = 0.01
`

func studyFile(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "study.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// sweepTables are the results whose bytes depend on the study alone.
func sweepTables(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	names := []string{sweep.TableFile, sweep.ParquetFile, sweep.SummaryFile, sweep.SlopesFile}
	if _, err := os.Stat(filepath.Join(dir, sweep.ReferenceFile)); err == nil {
		names = append(names, sweep.ReferenceFile)
	}
	arrays, err := filepath.Glob(filepath.Join(dir, "arrays", "*.npy"))
	if err != nil || len(arrays) == 0 {
		t.Fatalf("arrays: %q, %v", arrays, err)
	}
	out := map[string][]byte{}
	for _, a := range arrays {
		names = append(names, "arrays/"+filepath.Base(a))
	}
	for _, name := range names {
		out[name] = content(t, dir, name)
	}
	return out
}

func equalTables(t *testing.T, what string, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d files, want %d", what, len(got), len(want))
	}
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Fatalf("%s: %s differs from the study that was never stopped", what, name)
		}
	}
}

// The real program is killed with SIGKILL at random moments until the study is finished, again and
// again, with changing numbers of workers: the tables equal those of an uninterrupted run byte for
// byte, the checks of kac and of sha256sum pass, and nothing but the results is left. KAC_KILLS says
// how many kills (make test-durability: 200).
func TestSweepKilled(t *testing.T) {
	kills := 10
	if text := os.Getenv("KAC_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatalf("KAC_KILLS: %v", err)
		}
	}
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	began := time.Now()
	straight := good(t, dir, "sweep", study, "--out", "straight", "-q")
	took := time.Since(began)
	want := sweepTables(t, filepath.Join(dir, "straight"))
	random := rand.New(rand.NewPCG(6, 7))
	killed, rounds := 0, 0
	for ; killed < kills; rounds++ {
		out := fmt.Sprintf("killed%d", rounds)
		for ; ; killed++ {
			arguments := []string{"sweep", study, "--out", out, "-q", "--checkpoint", "0.02", "--workers", strconv.Itoa(1 + random.IntN(4))}
			limit := time.Duration(random.Float64() * float64(took) / 3)
			if killed >= kills {
				limit = time.Minute
			}
			stderr, err := runFor(dir, limit, arguments)
			if err == nil {
				break // it was faster
			}
			if !errors.Is(err, errKilled) {
				t.Fatalf("round %d after %d kills: %v\n%s", rounds, killed, err, stderr)
			}
			if strings.Contains(stderr, "damaged") || strings.Contains(stderr, "cannot be used") {
				t.Fatalf("a kill damaged a file: %s", stderr)
			}
		}
		equalTables(t, out, sweepTables(t, filepath.Join(dir, out)), want)
		if r := good(t, dir, "check", out); !strings.Contains(r.stdout, "files are in order; the study is finished") {
			t.Fatalf("check: %q", r.stdout)
		}
		if again := good(t, dir, "sweep", study, "--out", out, "-q"); again.stdout != straight.stdout {
			t.Fatalf("round %d: the printed table differs:\n%s\n%s", rounds, again.stdout, straight.stdout)
		}
		if left, err := filepath.Glob(filepath.Join(dir, out, "cells", "*", "*")); err != nil || len(left) != 24 { // each cell and its last particles
			t.Fatalf("round %d left %q", rounds, left)
		}
		if path, err := exec.LookPath("sha256sum"); err == nil {
			cmd := exec.Command(path, "--check", "--strict", "--quiet", sweep.SumsFile)
			cmd.Dir = filepath.Join(dir, out)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("sha256sum: %v\n%s", err, text)
			}
		}
	}
	t.Logf("%d kills, %d studies finished", killed, rounds)
}

var errKilled = errors.New("killed")

// runFor runs the program and kills it after a time.
func runFor(dir string, limit time.Duration, arguments []string) (stderr string, err error) {
	cmd := exec.Command(binary, arguments...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err = <-done:
		return out.String(), err
	case <-time.After(limit):
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return out.String(), err
	}
	if err = <-done; err == nil {
		return out.String(), nil
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		err = errKilled
	}
	return out.String(), err
}

// Signals and --max-time stop a study within two seconds, with exit code 4, whole files and the
// command that goes on; after that command the tables are those of a study that was never stopped.
func TestSweepStopped(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	good(t, dir, "sweep", study, "--out", "straight", "-q")
	want := sweepTables(t, filepath.Join(dir, "straight"))
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		extra  []string
	}{{"interrupt", syscall.SIGINT, nil}, {"terminate", syscall.SIGTERM, nil}, {"time", 0, []string{"--max-time", "60ms"}}} {
		t.Run(c.name, func(t *testing.T) {
			arguments := append([]string{"sweep", study, "seeds=2", "--out", c.name, "-q", "--workers", "1"}, c.extra...)
			cmd := exec.Command(binary, arguments...)
			cmd.Dir = dir
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { _, err := os.Stat(filepath.Join(dir, c.name, "study.json")); return err == nil })
			if c.signal != 0 {
				time.Sleep(50 * time.Millisecond)
				if err := cmd.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
			}
			sent := time.Now()
			_ = cmd.Wait() // the exit code is looked at below
			if late := time.Since(sent); late > 2*time.Second {
				t.Errorf("%s: the process took %v to stop", c.name, late)
			}
			if code := cmd.ProcessState.ExitCode(); code != 4 {
				t.Fatalf("%s: exit code %d, want 4\n%s", c.name, code, stderr.String())
			}
			resume := "go on with: " + binary + " " + strings.Join(arguments, " ")
			if text := strings.ReplaceAll(stderr.String(), "'", ""); !strings.Contains(text, "kac sweep: interrupted\n") || !strings.Contains(text, resume) {
				t.Errorf("%s: standard error %q, want %q", c.name, text, resume)
			}
			if r := good(t, dir, "check", c.name); !strings.Contains(r.stdout, "the study is not finished") {
				t.Errorf("%s: check says %q", c.name, r.stdout)
			}
			good(t, dir, "sweep", study, "--out", c.name, "-q", "--workers", "3")
			equalTables(t, c.name, sweepTables(t, filepath.Join(dir, c.name)), want)
		})
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for start := time.Now(); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("waited for 30 s")
		}
	}
}

// Two processes on one directory share the cells, and both end with the finished study; one that is
// killed leaves its cells to the other. Shards do the same with none of it shared.
func TestSweepShared(t *testing.T) {
	dir := t.TempDir()
	// Cells of some tenths of a second, for two processes to be seen at work at once.
	study := studyFile(t, dir, strings.Replace(killStudy, "400", "1600", 1))
	good(t, dir, "sweep", study, "--out", "straight", "-q")
	want := sweepTables(t, filepath.Join(dir, "straight"))

	start := func(out string, extra ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.Command(binary, append([]string{"sweep", study, "--out", out, "-q", "--workers", "1", "--checkpoint", "0.05"}, extra...)...)
		cmd.Dir = dir
		stderr := &bytes.Buffer{}
		cmd.Stderr = stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, stderr
	}
	a, errA := start("both")
	b, errB := start("both")
	victim, _ := start("both")
	waitFor(t, func() bool {
		locks, err := filepath.Glob(filepath.Join(dir, "both", "cells", "*", "*.lock"))
		return err == nil && len(locks) >= 2
	})
	if r := good(t, dir, "status", "both"); !strings.Contains(r.stdout, "running: he4-d6-") {
		t.Errorf("status: %q", r.stdout)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	if err := errors.Join(a.Wait(), b.Wait()); err != nil {
		t.Fatalf("%v\n%s\n%s", err, errA, errB)
	}
	equalTables(t, "two processes", sweepTables(t, filepath.Join(dir, "both")), want)
	if r := good(t, dir, "status", "both"); !strings.Contains(r.stdout, "finished: all tables are written") {
		t.Errorf("status: %q", r.stdout)
	}

	for i := 3; i >= 1; i-- {
		if r := good(t, dir, "sweep", study, "--out", "shards", "-q", "--shard", fmt.Sprintf("%d/3", i)); r.stdout != "" {
			t.Errorf("a shard prints %q", r.stdout)
		}
	}
	good(t, dir, "sweep", study, "--out", "shards", "-q")
	equalTables(t, "shards", sweepTables(t, filepath.Join(dir, "shards")), want)
}

// The keys of a study file are the flags of kac gap but those of its output.
func TestSweepKeysAreFlags(t *testing.T) {
	parser, err := kong.New(&grammar{}, kong.Bind(&process{}))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse([]string{"gap", "--widths", "8", "--horizon", "1"})
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	for _, flag := range parsed.Selected().Flags {
		if flag.Group == nil || flag.Group.Title != "Output:" {
			flags = append(flags, flag.Name)
		}
	}
	keys := slices.Clone(gap.Keys)
	slices.Sort(flags)
	slices.Sort(keys)
	if !slices.Equal(flags, keys) {
		t.Errorf("flags %q, keys %q", flags, keys)
	}
}

// Bad input: exit code 2 before anything is written.
func TestSweepBadInput(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	for _, c := range []struct{ arguments, says string }{
		{"sweep absent.toml --out o", "absent.toml: the study file cannot be read (no such file or directory)"},
		{"sweep . --out o", ".: it is a directory; a study file is a file"},
		{"sweep " + study, "--out is missing: give the directory"},
		{"sweep " + study + " widhts=3 --out o", "argument widhts=3: unknown; did you mean widths?"},
		{"sweep " + study + " dim=1 --out o", "argument dim=1: he4 needs a dimension"},
		{"sweep " + study + " dim --out o", "argument dim: write key=value"},
		{"sweep " + study + " --out o --shard 3/2", "--shard 3/2: give a part"},
		{"sweep " + study + " --out o --shard 0/2", "--shard 0/2: give a part"},
		{"sweep " + study + " --plan --shard 1/2", "--shard 1/2: not together with --plan"},
		{"sweep " + study + " --out o --checkpoint 0", "--checkpoint 0: give a time above 0"},
		{"sweep " + study + " --out o --max-time never", "--max-time never: give a time above 0"},
		{"sweep " + study + " --out o --workers 0", "--workers 0: allowed are"},
		{"sweep " + study + " dynamics=flow --out o", "study.toml: eta 0.01: the flow has no step"},
		{"sweep --out o", "<study>"},
		{"check absent", "absent: holds no study.json"},
		{"status absent", "absent: holds no study.json"},
	} {
		t.Run(c.arguments, func(t *testing.T) {
			r := kac(t, dir, words(c.arguments)...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d, %q; want 2 and %q", c.arguments, r.code, r.stderr, c.says)
			}
		})
	}
	if r := kac(t, dir, "sweep", study, "horizon=reach 5", "--out", "o"); r.code != 2 || !strings.Contains(r.stderr, `argument "horizon=reach 5": in dimension 6 the risk is`) {
		t.Errorf("a risk above the first: %d, %q", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "o")); err == nil {
		t.Error("bad input left a directory")
	}
}

// The plan names the grid and costs nothing; check names a bad file and exits with 1.
func TestSweepPlanAndCheck(t *testing.T) {
	dir := t.TempDir()
	study := studyFile(t, dir, killStudy)
	plan := good(t, dir, "sweep", study, "widths=8,16", "horizon=0.5", "eta=0.1", "points=2", "--plan", "-q")
	for _, want := range []string{"he4-d6-flow", "he4-d6-descent", "8 cells in 2 groups, 16 rows", "Memory of the cells", "Disk: "} {
		if !strings.Contains(plan.stdout, want) {
			t.Errorf("plan without %q:\n%s", want, plan.stdout)
		}
	}
	good(t, dir, "sweep", study, "widths=8,16", "horizon=0.5", "eta=0.1", "points=2", "--out", "o", "-q")
	for _, name := range []string{"table.csv", "cells/he4-d6-flow/m000008-s0001.cell"} {
		path := filepath.Join(dir, "o", name)
		data := content(t, path)
		bad := bytes.Clone(data)
		bad[len(bad)/2] ^= 4
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if r := kac(t, dir, "check", "o"); r.code != 1 || !strings.HasPrefix(r.stdout, name+": ") || strings.Count(r.stdout, "\n") != 1 {
			t.Errorf("check of a damaged %s: exit code %d, %q, %q", name, r.code, r.stdout, r.stderr)
		}
		if r := good(t, dir, "sweep", study, "widths=8,16", "horizon=0.5", "eta=0.1", "points=2", "--out", "o", "-q"); !strings.Contains(r.stderr, name) {
			t.Errorf("mending %s says %q", name, r.stderr)
		}
		good(t, dir, "check", "o")
	}
}

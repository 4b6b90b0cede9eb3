package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hugeStudy is a sweep that no machine has the memory for.
const hugeStudy = "problem = 'he4'\ndim = 4096\nwidths = [16777216]\nhorizon = 1\npoints = 2\nseeds = 1\ntolerance = 1e-2\n"

// What does not fit into memory is refused in one line with both numbers and the flag to lower, before anything
// is written, by every verb.
func TestMemoryRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "huge.toml"), []byte(hugeStudy), 0o644); err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`: needs about [0-9.]+ [GTP]iB of memory, and [0-9.]+ [MG]iB are left \([^)]+\); lower `)
	for arguments, says := range map[string]string{
		"gap --widths 64,16777216 --dim 4096 --horizon 1":                                                            "--widths 64,16777216: ",
		"gap --widths 16777216 --dim 4096 --horizon 1 --dynamics descent --precision float32":                        "--widths 16777216: ",
		"theory --widths 16777216 --dim 4096 --times 1":                                                              "--widths 16777216: ",
		"train --widths 64 --horizon 1 --dim 4096 --problem he4 --reference-width 16777216":                          "--reference-width 16777216: ",
		"train --widths 2097152 --horizon 1 --dim 4096 --problem he4":                                                "--widths 2097152: ",
		"train --widths 64 --horizon 1 --dim 4096 --problem he4 --samples 16777216":                                  "--samples 16777216: ",
		"train --widths 64 --horizon 1 --dim 4096 --problem he4 --samples 0 --batch 16777216":                        "--batch 16777216: ",
		"train --widths 64 --horizon 1 --dim 4096 --problem xor4 --test-samples 16777216":                            "--test-samples 16777216: ",
		"train --widths 16777216 --horizon 1 --dim 4096 --problem he4 --reference exact":                             "--widths 16777216: ",
		"train --widths 16777216 --horizon 1 --dim 4096 --problem he4 --reference reduced":                           "--widths 16777216: ",
		"train --widths 64 --horizon 1 --dim 4096 --problem he4 --reference exact --gaps --reference-width 16777216": "--reference-width 16777216: ",
		"compare --dims 4096 --samples 16777216 --predictors network":                                                "--samples 16777216: ",
		"sweep huge.toml": "huge.toml: widths 16777216: ",
	} {
		t.Run(arguments, func(t *testing.T) {
			r := kac(t, dir, append(words(arguments), "--out", "o", "-q")...)
			if r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, says) || !form.MatchString(r.stderr) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d, %q; want 2 and %q", arguments, r.code, r.stderr, says)
			}
			if _, err := os.Lstat(filepath.Join(dir, "o")); err == nil {
				t.Fatalf("%s: left a directory", arguments)
			}
		})
	}
}

// limited runs the program under a limit on its address space or data (ulimit -v or -d, bytes).
func limited(t *testing.T, dir, flag string, bytes int64, arguments ...string) result {
	t.Helper()
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("no prlimit on this machine")
	}
	before := binary
	defer func() { binary = before }()
	all := append([]string{fmt.Sprintf("--%s=%d", flag, bytes), before}, arguments...)
	binary = prlimit
	return kac(t, dir, all...)
}

// A limit on resources is seen and named; without it the same command runs.
func TestMemoryLimits(t *testing.T) {
	const study = "gap --problem he4 --dim 512 --widths 16384 --seeds 1 --horizon 1 --points 2 --tolerance 1e-2 -q"
	for flag, says := range map[string]string{"as": "ulimit -v", "data": "ulimit -d"} {
		t.Run(flag, func(t *testing.T) {
			r := limited(t, "", flag, map[string]int64{"as": 2600 << 20, "data": 900 << 20}[flag], words(study)...)
			if r.code != 2 || !strings.Contains(r.stderr, "--widths 16384: needs about 1.") || !strings.Contains(r.stderr, says) {
				t.Errorf("%s: exit code %d, %q; want 2 and %s", flag, r.code, r.stderr, says)
			}
		})
	}
}

// Plans of any size need little memory: they work under a limit that the studies would break at once.
func TestMemoryPlans(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "huge.toml"), []byte(hugeStudy), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"gap --widths 16777216 --dim 4096 --horizon 1 --points 2 --seeds 1 --tolerance 1e-2 --plan -q",
		"theory --widths 16777216 --dim 4096 --times 1 --seeds 1 --tolerance 1e-2 --plan -q",
		"train --widths 64,2097152 --horizon 1 --dim 4096 --problem he4 --samples 16777216 --batch 1048576 --plan -q",
		"train --widths 64 --horizon 1 --dim 4096 --problem xor4 --test-samples 16777216 --samples 0 --batch 16777216 --plan -q",
		"compare --dims 16 --samples 100000000 --widths 64 --draws 1 --plan -q",
		"sweep huge.toml --plan -q",
		"slurm huge.toml --out o -q",
	} {
		r := limited(t, dir, "data", 1<<30, words(arguments)...)
		if r.code != 0 || r.stdout == "" {
			t.Errorf("%s: exit code %d, %q", arguments, r.code, r.stderr)
		}
		if !strings.HasPrefix(arguments, "slurm") && !regexp.MustCompile(`[0-9] [GT]iB`).MatchString(r.stdout) {
			t.Errorf("%s: no memory in\n%s", arguments, r.stdout)
		}
	}
}

// peak is the most memory that the program had resident, bytes.
func peak(t *testing.T, dir string, arguments ...string) float64 {
	t.Helper()
	cmd := exec.Command(binary, arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOGC=25") // little garbage, so that what is held is what is seen
	var text strings.Builder
	cmd.Stderr = &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := 0.0
	for {
		most = max(most, mostResident(cmd.Process.Pid))
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("kac %v: %v\n%s", arguments, err, text.String())
			}
			// What was taken after the last look is in the usage of the ended process, which also counts what the test
			// had when it started it: it is believed where it is more than that.
			if used := 1024 * float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss); used > mostResident(os.Getpid()) {
				most = max(most, used)
			}
			return most
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// mostResident is the most memory that a process had resident, bytes; 0 if it has ended.
func mostResident(pid int) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if m := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status); m != nil {
		kb, _ := strconv.ParseFloat(string(m[1]), 64)
		return 1024 * kb
	}
	return 0
}

// Estimates are true: what a run has resident at most lies between 0.6 and 1.1 of what its refusal says that it
// needs. (They are upper bounds: not every array is in use at once.)
func TestMemoryEstimates(t *testing.T) {
	needs := regexp.MustCompile(`needs about ([0-9.]+) ([MG])iB`)
	dir := t.TempDir()
	wide := "problem = 'he4'\ndim = 16\nwidths = [65536]\nseeds = 1\nhorizon = 0.001\npoints = 2\ntolerance = 1e-2\n"
	if err := os.WriteFile(filepath.Join(dir, "wide.toml"), []byte(wide), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"gap --problem he4 --dim 16 --widths 65536 --seeds 1 --horizon .001 --points 2 --tolerance 1e-2",
		"gap --problem he4 --dim 16 --widths 65536 --seeds 1 --horizon .001 --points 2 --tolerance 1e-2 --dynamics descent --eta .001",
		"gap --problem he4 --dim 512 --widths 1024 --seeds 2 --horizon .001 --points 2 --tolerance 1e-2 --dynamics descent --eta .001",
		"train --problem he4 --dim 32 --samples 524288 --batch 256 --widths 64 --horizon .02 --points 2 --repeats 1 --reference-width 64",
		"train --problem he4 --dim 32 --samples 0 --batch 131072 --widths 64 --horizon .02 --points 2 --repeats 1 --reference-width 64",
		"train --problem he4 --dim 32 --samples 0 --batch 64 --widths 64 --horizon .02 --points 2 --repeats 1 --reference-width 131072 --evaluation samples --test-samples 64",
		"train --problem he4 --dim 32 --samples 0 --batch 64 --widths 64 --horizon .02 --points 2 --repeats 1 --reference-width 131072 --evaluation samples --test-samples 64 --precision float32",
		"train --problem xor4 --dim 32 --samples 0 --batch 64 --widths 64 --horizon .02 --points 2 --repeats 1 --reference-width 64 --test-samples 524288",
		"theory --problem he4 --dim 4096 --times 0,.001 --widths 64 --seeds 1 --tolerance 1e-2",
		"theory --problem he4 --dim 16 --times 0,10 --tolerance 1e-8",
		"figure 2 --width 1024",
		"sweep wide.toml --out o",
		"roofline --workers 1",
		"reference --problem circle --dim 16 --method reduced --horizon .001 --points 2 --reference-points 65536 --replicas 2",
		"compare --dims 16 --samples 262144 --widths 64 --draws 1 --horizon .2 --points 2 --predictors network",
		"compare --dims 8 --samples 131072 --draws 1 --predictors ntk --ridges 100 --kernel-limit 131072",
		"contrast --alpha .5 --start .2:.2 --batches 64 --dim 200000 --form full --times .1 --step .1 --seeds 1 --tolerance 1e-3",
		"code --degree 3 --blocks 2000000 --straggle .3 --seeds 2 --draws 1",
		"code --graph hypercube --blocks 1048576 --straggle .3 --seeds 1 --draws 1",
		"margin --samples 1000 --dim 3000 --kappa .5 --seeds 1",
	} {
		all := append(words(arguments), "-q")
		refusal := limited(t, dir, "data", 180<<20, all...) // nothing is left above what the program is
		m := needs.FindStringSubmatch(refusal.stderr)
		if refusal.code != 2 || m == nil {
			t.Errorf("%s: exit code %d, %q", arguments, refusal.code, refusal.stderr)
			continue
		}
		said, _ := strconv.ParseFloat(m[1], 64)
		if said *= 1 << 20; m[2] == "G" {
			said *= 1 << 10
		}
		seen := peak(t, dir, all...)
		t.Logf("%.2f: %.0f MiB of %.0f, %s", seen/said, seen/(1<<20), said/(1<<20), arguments)
		if seen > 1.1*said || seen < .6*said {
			t.Errorf("%s: %.0f MiB resident, %.0f estimated", arguments, seen/(1<<20), said/(1<<20))
		}
	}
}

// A signal ends a plan at once, wherever it is.
func TestPlanStops(t *testing.T) {
	dir := t.TempDir()
	study := strings.Replace(hugeStudy, "dim = 4096\nwidths = [16777216]", "dim = [64, 512, 4096]\nwidths = [512, 4096, 65536]", 1)
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(study), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"gap --widths 4096,65536 --dim 512 --horizon 100 --plan", "theory --problem he4 --dim 64 --times 0,100,400 --widths 4096 --plan",
		"scaling --problem he6 --dims 16,32,64 --plan", "train --problem he4 --dim 2048 --widths 1024 --horizon 1 --plan", "compare --dims 16 --samples 4000 --widths 65536 --plan", "contrast --alpha .5,.2 --start .2:.2,.1:.2 --batches 8192,16384 --time 10 --plan", "sweep study.toml --plan", "slurm study.toml --out o",
		"reference --method reduced --problem random6 --horizon 1 --points 3 --reference-points 131072 --replicas 4",
	} {
		for _, after := range []time.Duration{400 * time.Millisecond, 1500 * time.Millisecond} {
			cmd := exec.Command(binary, append(words(arguments), "-q")...)
			cmd.Dir = dir
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			_ = cmd.Process.Signal(syscall.SIGTERM)
			began := time.Now()
			_ = cmd.Wait() // the exit code is looked at
			// A tenth of a second where the machine is free; the bound allows for one that is not.
			if took := time.Since(began); took > 3*time.Second || cmd.ProcessState.ExitCode() != 4 && cmd.ProcessState.ExitCode() != 0 {
				t.Errorf("%s, after %v: %v to stop, exit code %d", arguments, after, took, cmd.ProcessState.ExitCode())
			}
			_ = os.RemoveAll(filepath.Join(dir, "o"))
		}
	}
}

// One worker is one processor, the reference's two solves and matrix products included: the time of its
// threads is not more than has passed. The digits are those of two.
func TestWorkersAreProcessors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte("problem = 'he4'\ndim = 32\nwidths = 16\nhorizon = 10\npoints = 2\nseeds = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"theory --problem he4 --dim 6 --times 0,1 --tolerance 1e-4", "gap --problem he4 --dim 32 --widths 16,32 --seeds 2 --horizon 10 --points 3",
		"scaling --problem he4 --dims 4,6 --delta .7", "compare --dims 8 --samples 100,300 --widths 512 --draws 2 --horizon 6 --points 3", "train --problem he4 --dim 32 --samples 1024 --batch 256 --reference exact --widths 8,16 --horizon 1 --points 3 --repeats 1",
		"sweep study.toml --out",
	} {
		var tables [2]string
		for n := range 2 {
			all := append(words(arguments), "-q", "--workers", strconv.Itoa(n+1))
			if strings.HasPrefix(arguments, "sweep") {
				all = append(words(arguments), fmt.Sprint("o", n), "-q", "--workers", strconv.Itoa(n+1))
			}
			cmd := exec.Command(binary, all...)
			cmd.Dir = dir
			began := time.Now()
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v", arguments, err)
			}
			tables[n] = string(out)
			wall, used := time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
			if n == 0 && used > wall+wall/10+100*time.Millisecond {
				t.Errorf("%s: %v of processors in %v on one worker", arguments, used, wall)
			}
		}
		if tables[0] != tables[1] {
			t.Errorf("%s: one worker prints\n%s\ntwo\n%s", arguments, tables[0], tables[1])
		}
	}
}

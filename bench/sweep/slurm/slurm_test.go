package slurm

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/bench/sweep"
)

func settings(dir string) *Settings {
	return &Settings{
		Dir: dir, Program: "/opt/kac 1/kac", Study: []byte("widths = 8\n"), Name: "kac-study", Overrides: []string{"horizon=reach 0.1", "dim=8"},
		Shards: 8, Concurrent: 4, CPUs: 2, Time: 36 * time.Hour, Memory: 1536, MergeMemory: 4096, Partition: "main", Account: "me",
		Extra: []string{"qos=long", "exclusive"}, Checkpoint: 90 * time.Second, Level: "avx2", Author: "kac: it's\nrm -rf",
	}
}

// Every setting reaches the scripts, on directives that Slurm reads before the first command, and all
// words survive the shell.
func TestScripts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `it's a "study" $HOME`)
	s := settings(dir)
	if written, err := Written(dir); written || err != nil {
		t.Fatalf("an empty directory: %t, %v", written, err)
	}
	if err := s.Write(); err != nil {
		t.Fatal(err)
	}
	if written, err := Written(dir); !written || err != nil {
		t.Fatalf("after Write: %t, %v", written, err)
	}
	quoted := `"` + strings.ReplaceAll(dir, `"`, `\"`) + `/slurm"`
	for name, directives := range map[string]string{
		ArrayScript: "job-name=kac-study array=1-8%4 nodes=1 ntasks=1 cpus-per-task=2 mem=1536M time=1-12:00:00 partition=main account=me qos=long " +
			"exclusive output=log/array-%a.txt open-mode=append requeue signal=B:USR1@120",
		MergeScript: "job-name=kac-study-merge nodes=1 ntasks=1 cpus-per-task=2 mem=4096M time=1-12:00:00 partition=main account=me qos=long " +
			"exclusive output=log/merge.txt open-mode=append requeue",
		SubmitScript: "",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, Folder, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
			}
			text := string(data)
			head, body, _ := strings.Cut(text, "\nset -")
			want := strings.Fields(directives)
			if directives != "" {
				want = append(want, "chdir="+quoted)
			}
			for _, d := range want {
				if !strings.Contains(head+"\n", "\n#SBATCH --"+d+"\n") {
					t.Errorf("%s has no directive %s in\n%s", name, d, head)
				}
			}
			if n := strings.Count(text, "\n#SBATCH "); n != len(want) {
				t.Errorf("%s has %d directives, want %d", name, n, len(want))
			}
			for line := range strings.Lines(head) {
				if !strings.HasPrefix(line, "#") && line != "\n" {
					t.Errorf("%s: the line %q is not a comment", name, line)
				}
			}
			if strings.Contains(body, "<no value>") || strings.Contains(body, "{{") {
				t.Errorf("%s is not filled in", name)
			}
		})
	}
	if data, err := os.ReadFile(filepath.Join(dir, Folder, StudyFile)); err != nil || string(data) != "widths = 8\n" {
		t.Errorf("the study file is %q, %v", data, err)
	}
	lint(t, dir)
}

// lint has bash read the scripts, and shellcheck where it is installed (KAC_REQUIRE_SLURM: it must be).
func lint(t *testing.T, dir string) {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(strings.NewReplacer("[", `\[`, "*", `\*`).Replace(dir), Folder, "*.sh"))
	if err != nil || len(scripts) != 3 {
		t.Fatalf("scripts %q, %v", scripts, err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	for _, path := range scripts {
		if out, err := exec.Command(bash, "-n", path).CombinedOutput(); err != nil {
			t.Errorf("bash does not read %s: %v\n%s", path, err, out)
		}
	}
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("KAC_REQUIRE_SLURM") != "" {
			t.Fatal("no shellcheck on this machine")
		}
		t.Skip("no shellcheck on this machine")
	}
	if out, err := exec.Command(shellcheck, append([]string{"--severity=warning"}, scripts...)...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

func TestCheck(t *testing.T) {
	if err := settings("/scratch/a b").Check(8); err != nil {
		t.Errorf("good settings: %v", err)
	}
	for _, c := range []struct {
		change func(*Settings)
		says   string
	}{
		{func(s *Settings) { s.Shards = 9 }, "shards 9: allowed are 1 to 8"},
		{func(s *Settings) { s.Shards = -1 }, "shards -1: allowed"},
		{func(s *Settings) { s.Dir = "/a%b" }, "out /a%b: Slurm reads \"%\""},
		{func(s *Settings) { s.Dir = "/a\nb" }, "Slurm reads \"\\n\""},
		{func(s *Settings) { s.Dir = `/a\b` }, `Slurm reads "\\"`},
		{func(s *Settings) { s.Time = time.Minute }, "time 00:01:00: an element stops 120 s before its limit; give at least 00:05:00"},
		{func(s *Settings) { s.Partition = "a b" }, `partition "a b": give a name`},
		{func(s *Settings) { s.Account = "x\n#SBATCH" }, "account \"x\\n#SBATCH\": give"},
		{func(s *Settings) { s.Level = "sse" }, "level sse: allowed are generic, avx2, avx512"},
		{func(s *Settings) { s.Extra = []string{"--qos=long"} }, "sbatch --qos=long: give an option of sbatch without its dashes"},
		{func(s *Settings) { s.Extra = []string{"qos=a b"} }, `sbatch "qos=a b": give`},
		{func(s *Settings) { s.Extra = []string{"qos=a\nrm"} }, `sbatch "qos=a\nrm": give`},
		{func(s *Settings) { s.Extra = []string{"mem=4G"} }, "sbatch mem=4G: kac slurm sets mem itself; give --memory"},
		{func(s *Settings) { s.Extra = []string{"signal=TERM@9"} }, "kac slurm sets signal itself"},
	} {
		t.Run(c.says, func(t *testing.T) {
			s := settings("/scratch")
			c.change(s)
			err := s.Check(8)
			if input := (*bench.InputError)(nil); !errors.As(err, &input) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %q", err, c.says)
			}
		})
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Minute: "00:10:00", 90*time.Minute + time.Millisecond: "01:30:01", 24 * time.Hour: "1-00:00:00", 59*time.Hour + 30*time.Minute: "2-11:30:00",
	} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			if got := Clock(d); got != want {
				t.Errorf("%v is %s, want %s", d, got, want)
			}
		})
	}
}

// What is not given is chosen by what the study costs; what is given stays.
func TestChoose(t *testing.T) {
	study, err := sweep.Measures{gap.Measure}.Parse([]byte("problem = 'he4'\ndim = 16\nwidths = [64, 128]\nseeds = 32\nhorizon = 2\npoints = 2\ntolerance = 1e-4"), nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := study.Plan(t.Context(), sweep.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	s := &Settings{CPUs: 1}
	s.Choose(plan)
	if s.Shards != 1 || s.Time != 10*time.Minute || s.Memory != 1024 || s.MergeMemory != mergeMemory {
		t.Errorf("a study of seconds: %d shards, %v, %d and %d MiB", s.Shards, s.Time, s.Memory, s.MergeMemory)
	}
	// The same study if a cell took 10 min (m = 64) or 40 min (m = 128) and a GiB: 32 x 50 min = 1600 min.
	widths := plan.Groups[0].Sizes
	for i, minutes := range []float64{10, 40} {
		widths[i].Seconds, widths[i].Memory = 60*minutes, 1<<30
	}
	for _, c := range []struct {
		cpus, shards int
		time         time.Duration
		memory       int
	}{
		{1, 32, 110 * time.Minute, 2048}, // 40 + 10 min each; of 31 shards one would have 40 + 40 + 10
		{8, 4, 110 * time.Minute, 12800}, // eight of 40 min and eight of 10
	} {
		t.Run(fmt.Sprint(c.cpus, c.shards), func(t *testing.T) {
			s := &Settings{CPUs: c.cpus}
			s.Choose(plan)
			if s.Shards != c.shards || s.Time != c.time || s.Memory != c.memory {
				t.Errorf("%d CPUs: %d shards, %v, %d MiB; want %d, %v, %d", c.cpus, s.Shards, s.Time, s.Memory, c.shards, c.time, c.memory)
			}
		})
	}
	s = &Settings{CPUs: 1, Most: 7}
	if s.Choose(plan); s.Shards != 7 {
		t.Errorf("where 7 elements are allowed: %d", s.Shards)
	}
	widths[1].Seconds = 40 * 3600
	s = &Settings{CPUs: 1, Shards: 5, Memory: 700, MergeMemory: 900}
	s.Choose(plan)
	if s.Shards != 5 || s.Time != 24*time.Hour || s.Memory != 700 || s.MergeMemory != 900 {
		t.Errorf("given settings: %d shards, %v, %d and %d MiB", s.Shards, s.Time, s.Memory, s.MergeMemory)
	}
}

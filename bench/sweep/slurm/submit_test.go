package slurm

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kac/bench"
)

// tools puts programs of Slurm that only say what they are given, and a cluster's MaxArraySize, in front of
// the real ones. sbatch fails for merge.sh where the file "no merge" is beside it.
func tools(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"scontrol": "echo 'MaxArrayJobs = 7'; echo 'MaxArraySize            = " + size + "'; echo 'MaxJobCount = 9'",
		"squeue":   "exit 1",
		"sbatch": `printf '<%s>' "$@" >>"$(dirname "$0")/given"; echo >>"$(dirname "$0")/given"
case "$*" in *merge.sh) [ ! -e "$(dirname "$0")/no merge" ] || exit 1; esac
echo 77`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

func submit(t *testing.T, dir string, arguments ...string) (text string, code int) {
	t.Helper()
	return command(t, exec.Command(filepath.Join(dir, Folder, SubmitScript), arguments...))
}

func command(t *testing.T, cmd *exec.Cmd) (text string, code int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// The cluster is asked for its MaxArraySize before anything is submitted, and named with --shards.
func TestSubmitAsksForMaxArraySize(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash on this machine")
	}
	for size, allowed := range map[string]bool{"4": false, "8": false, "9": true, "1001": true, "unknown": true} {
		t.Run(size, func(t *testing.T) {
			given := tools(t, size)
			dir := filepath.Join(t.TempDir(), "it's")
			if err := settings(dir).Write(); err != nil { // 8 shards
				t.Fatal(err)
			}
			text, code := submit(t, dir)
			_, err := os.Stat(filepath.Join(given, "given"))
			switch {
			case allowed && (code != 0 || err != nil || !strings.Contains(text, "array job 77 (8 elements)")):
				t.Errorf("MaxArraySize %s: exit code %d, %s", size, code, text)
			case !allowed && (code != 2 || err == nil || !strings.Contains(text, "--shards 8: this cluster takes arrays of at most ") || !strings.Contains(text, "MaxArraySize being "+size)):
				t.Errorf("MaxArraySize %s: exit code %d, sbatch was called: %t, %s", size, code, err == nil, text)
			}
		})
	}
}

func TestMostShards(t *testing.T) {
	for size, want := range map[string]int{"4": 3, "1001": 1000, "0": 0, "unknown": 0} {
		t.Run(size, func(t *testing.T) {
			tools(t, size)
			if got := MostShards(t.Context()); got != want {
				t.Errorf("MaxArraySize %s allows %d elements, want %d", size, got, want)
			}
		})
	}
	t.Setenv("PATH", t.TempDir())
	if got := MostShards(t.Context()); got != 0 {
		t.Errorf("without a cluster %d elements are allowed", got)
	}
}

// A directory that was moved says so, whether its old place is empty or holds another study.
func TestSubmitMoved(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash on this machine")
	}
	given := tools(t, "1001")
	root := t.TempDir()
	before, after := filepath.Join(root, "be 'fore"), filepath.Join(root, "af 'ter")
	s := settings(before)
	if err := s.Write(); err != nil {
		t.Fatal(err)
	}
	if same, err := s.WrittenFor(); !same || err != nil {
		t.Errorf("fresh scripts are of another directory: %v", err)
	}
	if err := os.Rename(before, after); err != nil {
		t.Fatal(err)
	}
	for _, other := range []bool{false, true} {
		if other {
			if err := s.Write(); err != nil {
				t.Fatal(err)
			}
		}
		text, code := submit(t, after)
		if code != 2 || !strings.Contains(text, "the scripts were written for ") || !strings.Contains(text, " --replace") {
			t.Errorf("after a move: exit code %d, %s", code, text)
		}
		if _, err := os.Stat(filepath.Join(given, "given")); err == nil {
			t.Error("sbatch was called")
		}
	}
	moved := settings(after)
	if same, err := moved.WrittenFor(); same || err != nil {
		t.Errorf("moved scripts are of this directory, %v", err)
	}
	// A link to the directory, or to the script, is no move.
	link, script := filepath.Join(root, "link"), filepath.Join(root, "submit")
	if err := errors.Join(os.Symlink(before, link), os.Symlink(filepath.Join(before, Folder, SubmitScript), script)); err != nil {
		t.Fatal(err)
	}
	if text, code := submit(t, link); code != 0 {
		t.Errorf("through a link: exit code %d, %s", code, text)
	}
	if text, code := command(t, exec.Command(script)); code != 0 {
		t.Errorf("by a link to the script: exit code %d, %s", code, text)
	}
}

// What submit.sh prints can be pasted, whatever is in the path.
func TestSubmitPrintsCommands(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine")
	}
	given := tools(t, "1001")
	if err := os.WriteFile(filepath.Join(given, "no merge"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plain", "it's", "two  blanks", "$HOME `id` \"q\"", "-dash", "été", "a;b&c", "~", "#x", "!y"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := settings(dir).Write(); err != nil {
			t.Fatal(err)
		}
		text, code := submit(t, dir)
		_, printed, ok := strings.Cut(text, "submit it with: ")
		if code == 0 || !ok {
			t.Fatalf("%s: exit code %d, %s", name, code, text)
		}
		if err := os.Remove(filepath.Join(given, "given")); err != nil {
			t.Fatal(err)
		}
		command(t, exec.Command(bash, "-c", printed))
		got, err := os.ReadFile(filepath.Join(given, "given"))
		if want := "<--dependency=afterany:77><" + filepath.Join(dir, Folder, MergeScript) + ">\n"; err != nil || string(got) != want {
			t.Errorf("%s: pasted, sbatch gets %q, %v; want %q", name, got, err, want)
		}
		_ = os.Remove(filepath.Join(given, "given")) // for the next one
	}
}

// Options that the scripts set or that contradict them are refused, written out or cut short, with
// the flag that does what is wanted.
func TestExtraOptions(t *testing.T) {
	for option, says := range map[string]string{
		"mem-per-cpu=100M": "give --memory", "mem-per-gpu=1G": "give --memory", "mem=1G": "give --memory", "mem-per-c=1G": "sbatch could read it as mem-per-cpu",
		"array=1-3": "give --shards and --concurrent", "arr=1-3": "sbatch could read it as array", "dependency=afterok:3": "itself", "dep=afterok:3": "could read it as dependency",
		"output=x": "itself", "error=x": "itself", "job-name=x": "itself", "requeue": "itself", "no-requeue": "itself", "signal=TERM@9": "itself", "time=5": "give --time",
		"wrap=true": "itself", "ntasks=2": "itself", "nodes=2": "itself", "cpus-per-task=3": "give --cpus", "ntasks-per-node=2": "give --cpus", "cpus-per-gpu=2": "give --cpus",
		"chdir=/": "itself", "parsable": "itself", "wait": "itself", "open-mode=truncate": "itself", "test-only": "no number of a job", "quiet": "no number of a job",
		"help": "no number of a job", "partition=x": "give --partition", "account=x": "give --account",
	} {
		t.Run(option, func(t *testing.T) {
			s := settings("/scratch")
			s.Extra = []string{option}
			err := s.Check(8)
			if input := (*bench.InputError)(nil); !errors.As(err, &input) || input.Key != "sbatch" || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v; want %q", option, err, says)
			}
		})
	}
	for _, option := range []string{"qos=long", "exclusive", "nice=1", "constraint=avx2", "exclude=n1", "nodelist=n2", "gres=gpu:1", "mail-type=END", "time-min=10", "hint=nomultithread", "tmp=1G", "reservation=x", "begin=now+1hour"} {
		s := settings("/scratch")
		s.Extra = []string{option}
		if err := s.Check(8); err != nil {
			t.Errorf("%s: %v", option, err)
		}
	}
}

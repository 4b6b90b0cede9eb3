//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// short commands that write a directory each, without their --out.
var short = map[string]string{
	"gap":     "gap --dim 6 --widths 8,16 --seeds 2 --horizon 1 --points 3 --tolerance 1e-4",
	"train":   trainShort,
	"sweep":   "sweep study.toml",
	"figure":  "figure 6",
	"scaling": "scaling --dims 8,10,12 --delta .7",
	"budget":  "budget --dim 6 --time 1 --error .1 --tolerance 1e-4",
}

func shortStudy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := "dim=4\nwidths=[2,3]\nseeds=2\nhorizon=0.5\npoints=3\ntolerance=1e-2\n"
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A pipe in the place of any file of a finished run is refused at once in one line by check and by the
// command itself, and it stays; so is a file that no kac wrote.
func TestPipesAndForeignFiles(t *testing.T) {
	dir := shortStudy(t)
	for verb, command := range short {
		arguments := append(words(command), "-q", "--out", verb)
		good(t, dir, arguments...)
		var names []string
		err := filepath.WalkDir(filepath.Join(dir, verb), func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				names = append(names, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range names {
			whole := content(t, path)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			tries := [][]string{{"check", verb}}
			if !strings.HasSuffix(path, ".final") { // which a finished sweep reads when it grows
				tries = append(tries, arguments)
			}
			for _, try := range tries {
				start := time.Now()
				r := kac(t, dir, try...)
				if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stdout+r.stderr, "is a pipe, not a regular file") || time.Since(start) > time.Minute {
					t.Errorf("%s with a pipe for %s: exit code %d, %q, %q", try[0], path, r.code, r.stdout, r.stderr)
				}
			}
			if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
				t.Errorf("%s is no pipe any more", path)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, whole, 0o644); err != nil {
				t.Fatal(err)
			}
			// The same name in a directory of somebody's own.
			name := strings.TrimPrefix(path, filepath.Join(dir, verb)+"/")
			if strings.HasPrefix(name, "cells/") {
				continue // a name that nobody else has; damaged ones are run again
			}
			own := filepath.Join(dir, "own", name)
			if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			before := tree(t, filepath.Join(dir, "own"))
			r := kac(t, dir, append(words(command), "-q", "--out", "own")...)
			if want := 2; r.code != want && !(name == "run.json" && r.code == 1) || strings.Count(r.stderr, "\n") != 1 || tree(t, filepath.Join(dir, "own")) != before {
				t.Errorf("%s over somebody's %s: exit code %d, %q", verb, name, r.code, r.stderr)
			}
			if err := os.RemoveAll(filepath.Join(dir, "own")); err != nil {
				t.Fatal(err)
			}
		}
		good(t, dir, arguments...)
	}
}

// A finished run is printed again from a directory that may not be written, with the same words.
func TestReadOnlyDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("root alone can become another user, who may not write")
	}
	dir := shortStudy(t)
	// t.TempDir's parents are for the user alone.
	for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for verb, command := range short {
		arguments := append(words(command), "-q", "--out", verb)
		want := good(t, dir, arguments...)
		before := tree(t, filepath.Join(dir, verb))
		cmd := exec.Command(binary, arguments...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var stderr strings.Builder
		cmd.Stderr = &stderr
		got, err := cmd.Output()
		if err != nil && strings.Contains(err.Error(), "permission denied") {
			t.Skipf("the program cannot be run by another user: %v", err)
		}
		if err != nil || string(got) != want.stdout {
			t.Errorf("%s: %v, %q", verb, err, stderr.String())
		}
		if tree(t, filepath.Join(dir, verb)) != before {
			t.Errorf("%s: the directory changed", verb)
		}
	}
}

// SIGHUP ends a run as SIGTERM does: with what is finished kept, and how to go on.
func TestHangUp(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("the tests run under nohup, which children inherit: they are right to go on")
	}
	dir := t.TempDir()
	cmd := exec.Command(binary, words("gap --dim 8 --widths 16,32,2048 --seeds 4 --horizon 60 --points 5 --tolerance 1e-6 -q --workers 1 --out o")...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "o", "reference.csv")); err == nil {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is looked at
	if code := cmd.ProcessState.ExitCode(); code != 4 || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(stderr.String(), "go on with: ") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
	content(t, dir, "o", "gap.csv")
}

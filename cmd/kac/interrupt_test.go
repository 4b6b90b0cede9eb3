//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal in the middle of a study: exit code 4 within two seconds, whole files of the finished
// cells, run.json that says it is not complete, and the command that goes on. After that command
// the files equal those of a study that was never stopped; also after SIGKILL, and with other
// workers.
func TestInterruptAndResume(t *testing.T) {
	dir := t.TempDir()
	study := strings.Fields("gap --problem he4 --dim 8 --widths 16,32,1024 --seeds 4 --horizon 12 --points 5 --tolerance 1e-6 -q")
	straight := filepath.Join(dir, "straight")
	began := time.Now()
	want := good(t, dir, append(study, "--out", straight)...)
	took := time.Since(began)

	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGKILL} {
		name := filepath.Join(dir, signal.String())
		arguments := append(study, "--out", name, "--workers", "1")
		cmd := exec.Command(binary, arguments...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Signal once the first files are there, well before the end.
		for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(name, "gap.csv")); err == nil {
				break
			}
			if time.Since(start) > 30*time.Second {
				t.Fatal("no gap.csv after 30 s")
			}
		}
		time.Sleep(took / 10)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		sent := time.Now()
		_ = cmd.Wait() // the exit code is looked at below
		if late := time.Since(sent); late > 2*time.Second {
			t.Errorf("%v: the process took %v to stop", signal, late)
		}
		if signal != syscall.SIGKILL {
			if code := cmd.ProcessState.ExitCode(); code != 4 {
				t.Fatalf("%v: exit code %d, want 4\n%s", signal, code, stderr.String())
			}
			resume := "go on with: " + binary + " " + strings.Join(arguments, " ")
			if !strings.Contains(stderr.String(), "kac gap: interrupted\n") || !strings.Contains(strings.ReplaceAll(stderr.String(), "'", ""), resume) {
				t.Errorf("%v: standard error %q, want the command to go on: %q", signal, stderr.String(), resume)
			}
		}
		var record struct{ Complete bool }
		if err := json.Unmarshal(content(t, name, "run.json"), &record); err != nil || record.Complete {
			t.Errorf("%v: run.json complete: %v, error %v", signal, record.Complete, err)
		}
		if lines := bytes.Count(content(t, name, "gap.csv"), []byte("\n")); lines%5 != 1 || lines > 60 {
			t.Errorf("%v: gap.csv has %d lines: not whole cells, or all of them", signal, lines)
		}

		got := good(t, dir, append(study, "--out", name, "--workers", "3")...)
		if got.stdout != want.stdout {
			t.Errorf("%v: the table after resuming differs", signal)
		}
		for _, file := range []string{"gap.csv", "reference.csv", "gap.svg"} {
			if !bytes.Equal(content(t, name, file), content(t, straight, file)) {
				t.Errorf("%v: %s differs from the uninterrupted one", signal, file)
			}
		}
		if err := json.Unmarshal(content(t, name, "run.json"), &record); err != nil || !record.Complete {
			t.Errorf("%v: after resuming, run.json complete: %v, error %v", signal, record.Complete, err)
		}
		if entries, err := os.ReadDir(name); err != nil || len(entries) != 5+12 {
			t.Errorf("%v: the directory holds %v", signal, entries)
		}
	}
}

func content(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

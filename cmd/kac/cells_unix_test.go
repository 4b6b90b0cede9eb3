//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Verbs that are interrupted keep their cells, say how to go on, and then write the bytes of a run that was not.
func TestVerbsInterrupted(t *testing.T) {
	for _, c := range []struct{ command, files string }{
		{"local --clients 4,256 --local-steps 64 --rounds 300 --eta .1 --seeds 16 --start .5", "local.csv seeds.csv local.svg"},
		{"margin xor --power 1.5 --kappas 1,3 --samples 16 --dim 400 --neurons 64 --seeds 3", "xor.csv xor.svg"},
	} {
		verb, _, _ := strings.Cut(c.command, " --")
		t.Run(verb, func(t *testing.T) { verbInterrupted(t, verb, c.command, words(c.files)) })
	}
}

func verbInterrupted(t *testing.T, verb, command string, files []string) {
	dir := t.TempDir()
	line := append([]string{binary}, words(command+" --workers 1 -q")...)
	began := time.Now()
	want := good(t, dir, append(line[1:len(line):len(line)], "--out", "straight")...).stdout
	took := time.Since(began)
	for after := took * 2 / 3; ; after /= 2 {
		cmd := exec.Command(binary, append(line[1:len(line):len(line)], "--out", "o")...)
		var stderr bytes.Buffer
		cmd.Dir, cmd.Stderr = dir, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		_ = cmd.Wait()
		code := cmd.ProcessState.ExitCode()
		if code == 0 && after > took/50 { // it was quicker than before
			if err := os.RemoveAll(filepath.Join(dir, "o")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		resume := "; go on with: " + strings.Join(append(line, "--out", "o"), " ")
		if text := strings.ReplaceAll(stderr.String(), "'", ""); code != 4 || !strings.Contains(text, "kac "+verb+": interrupted\n") || !strings.Contains(text, resume) {
			t.Fatalf("exit code %d, standard error %s, want ...%s", code, text, resume)
		}
		break
	}
	if got := good(t, dir, append(line[1:len(line):len(line)], "--out", "o")...).stdout; got != want {
		t.Error("going on prints another table")
	}
	for _, name := range files {
		if !bytes.Equal(content(t, dir, "o", name), content(t, dir, "straight", name)) {
			t.Errorf("%s differs from that of a run that was not interrupted", name)
		}
	}
	good(t, dir, "check", "o")
}

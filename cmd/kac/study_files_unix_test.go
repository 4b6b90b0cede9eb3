//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What stands in a study file's place and is none is refused in one line, at once, and nothing is written.
func TestStudyFilesAreRegular(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.toml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.toml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large.toml")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<40); err != nil {
		t.Log("no sparse files of 1 TB here:", err)
		if err := os.Truncate(large, 1<<21); err != nil {
			t.Fatal(err)
		}
	}
	for study, says := range map[string]string{
		"pipe.toml": "it is a pipe", "zero.toml": "it is a device", "/dev/null": "it is a device", "dir.toml": "it is a directory",
		"large.toml": "at most 1048576", "absent.toml": "no such file",
	} {
		t.Run(study, func(t *testing.T) {
			for _, command := range []string{"sweep " + study + " --out new", "sweep --plan " + study, "slurm " + study + " --out new"} {
				start := time.Now()
				r := kac(t, dir, words(command)...)
				if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, study) || !strings.Contains(r.stderr, says) {
					t.Errorf("kac %s: code %d, %q, %q; want %q", command, r.code, r.stdout, r.stderr, says)
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("kac %s: it waited %v", command, took)
				}
				if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
					t.Fatalf("kac %s wrote files", command)
				}
			}
		})
	}
}

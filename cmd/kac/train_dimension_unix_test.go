//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// feed makes a pipe that is written once with a file's content.
func feed(t *testing.T, dir, file string) string {
	t.Helper()
	pipe := file + ".fifo"
	if err := syscall.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		w, err := os.OpenFile(filepath.Join(dir, pipe), os.O_WRONLY, 0) // waits for the reader
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = w.Write(content(t, dir, file))
		_ = w.Close()
	}()
	return pipe
}

// Sizes and times of the dimension take that of the data, which are read once all the same.
func TestDimensionOfData(t *testing.T) {
	dir := t.TempDir()
	x, y := ownData(t, dir, "train-", 20)
	base := words("train --activation 2:1 --eta .1 --points 3 --repeats 1 --format csv -q --labels " + y)
	want := good(t, dir, slices.Concat(base, words("--widths 3,6,12 --reference-width 27 --batch 9 --horizon .9 --data "+x))...).stdout
	given := words("--widths d,2*d,...,4*d --reference-width d^3 --batch d^2 --horizon .1*d^2 --data")
	for _, path := range []string{x, feed(t, dir, x)} {
		if got := good(t, dir, slices.Concat(base, given, []string{path})...).stdout; got != want {
			t.Errorf("%s: expressions give\n%s\nnumbers\n%s", path, got, want)
		}
	}
}

// A file of teachers is read once, also where a time depends on the target.
func TestTeachersAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "v.csv"), []byte("1,0\n0,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := append(words("train --activation 4:1 --link 4:1 --dim 6 --widths 8 --samples 64 --batch 8 --repeats 1 --points 3 --eta .1 -q --horizon"), "reach .9", "--teachers")
	again := append(slices.Concat(command[:len(command)-2], words(".4 --teachers")), feed(t, dir, "v.csv"))
	good(t, dir, again...)
	if err := os.Remove(filepath.Join(dir, "v.csv.fifo")); err != nil {
		t.Fatal(err)
	}
	file, pipe := kac(t, dir, append(command, "v.csv")...), kac(t, dir, append(command, feed(t, dir, "v.csv"))...)
	if says := "the infinite network's risk is not known exactly"; file.code != 2 || !strings.Contains(file.stderr, says) {
		t.Errorf("exit code %d, %q; want %q", file.code, file.stderr, says)
	}
	if file.code != pipe.code || file.stderr != pipe.stderr {
		t.Errorf("from a file: %d %q; from a pipe: %d %q", file.code, file.stderr, pipe.code, pipe.stderr)
	}
}

//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownData writes inputs and labels of n rows and returns their paths.
func ownData(t *testing.T, dir, name string, n int) (inputs, labels string) {
	t.Helper()
	var x, y strings.Builder
	for i := range n {
		fmt.Fprintf(&x, "%d,%d.5,%d\n", i%7, i%5, i%3)
		fmt.Fprintf(&y, "%d\n", i%4)
	}
	for end, text := range map[string]string{"x.csv": x.String(), "y.csv": y.String()} {
		if err := os.WriteFile(filepath.Join(dir, name+end), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return name + "x.csv", name + "y.csv"
}

// Four pipes serve as four files do; one pipe in two places is refused, whatever it is called there, before
// anything is read of it.
func TestTrainTestDataFromPipes(t *testing.T) {
	dir := t.TempDir()
	command := words("train --activation 2:1 --widths 8 --horizon 0.2 --points 3 --repeats 1 --format csv -q")
	x, y := ownData(t, dir, "train-", 20)
	tx, ty := ownData(t, dir, "test-", 9)
	files := []string{x, y, tx, ty}
	flags := []string{"--data", "--labels", "--test-data", "--test-labels"}
	given := func(paths []string) []string {
		out := slices.Clone(command)
		for i, path := range paths {
			out = append(out, flags[i], path)
		}
		return out
	}
	want := good(t, dir, given(files)...).stdout
	if !strings.HasPrefix(want, "problem,") || !strings.Contains(want, ",test_risk,test_risk_se,reference_test_risk,") {
		t.Errorf("%s", want)
	}
	var pipes []string
	for _, file := range files {
		pipe := strings.TrimSuffix(file, ".csv") + ".pipe"
		if err := syscall.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
		pipes = append(pipes, pipe)
		go func() {
			w, err := os.OpenFile(filepath.Join(dir, pipe), os.O_WRONLY, 0) // waits for the reader
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = w.Write(content(t, dir, file))
			_ = w.Close()
		}()
	}
	if got := good(t, dir, given(pipes)...).stdout; got != want {
		t.Errorf("from pipes\n%s, from files\n%s", got, want)
	}
	if err := os.Symlink(pipes[0], filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, y), filepath.Join(dir, "again.csv")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		paths       []string
		names, says string
	}{
		{[]string{pipes[0], pipes[0]}, "--labels " + pipes[0], "the pipe of data"},
		{[]string{pipes[0], "link"}, "--labels link", "the pipe of data"},
		{[]string{pipes[0], y, "./" + pipes[0], ty}, "--test-data ./" + pipes[0], "the pipe of data"},
		{[]string{x, pipes[0], tx, "link"}, "--test-labels link", "the pipe of labels " + pipes[0]},
		{[]string{y, "again.csv"}, "--labels again.csv", "the file of the inputs too"},
		{[]string{x, y, "again.csv", y}, "--test-labels " + y, "the file of the inputs too"},
	} {
		t.Run(c.names, func(t *testing.T) {
			start := time.Now()
			r := kac(t, dir, given(c.paths)...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("%q: code %d, %q, %q; want %q and %q", c.paths, r.code, r.stdout, r.stderr, c.names, c.says)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%q: it waited %v", c.paths, took)
			}
		})
	}
}

// The same text on standard output whether the notes on standard error are read or not: what was skipped stands
// in the table, with the number of samples.
func TestTrainTableSaysWhatWasSkipped(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"x.csv": "0,1,2\n.5,1,2\n3,4,5\n1,1,1\n", "y.csv": "0\n.5\n1\n2\n", "kept.csv": "a\n1\n2\n3\n4\n"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, c := range []struct {
		labels string
		says   []string
	}{
		{"y.csv", []string{"3 inputs of x.csv in R^3", "x.csv: line 1, 0,1,2, is skipped as column names of pandas.\n", "y.csv: line 1, 0, is skipped as column names of pandas.\n"}},
		{"kept.csv", []string{"4 inputs of x.csv in R^3", "x.csv: line 1 is 0,1,2, as pandas writes column names; it is taken as a sample.\n", "kept.csv: line 1, names of columns, is skipped.\n"}},
	} {
		t.Run(c.labels, func(t *testing.T) {
			command := words("train --activation 2:1 --widths 8 --horizon 0.2 --points 3 --repeats 1 --data x.csv --labels " + c.labels)
			loud, quiet := good(t, dir, command...), good(t, dir, append(command, "-q")...)
			if loud.stdout != quiet.stdout || quiet.stderr != "" {
				t.Errorf("-q changes the table, or says %q", quiet.stderr)
			}
			for _, say := range c.says {
				if !strings.Contains(quiet.stdout, say) {
					t.Errorf("no %q in\n%s", say, quiet.stdout)
				}
				if _, note, isNote := strings.Cut(strings.TrimSuffix(say, ".\n"), ": "); isNote && !strings.Contains(loud.stderr, note) {
					t.Errorf("no %q in %q", note, loud.stderr)
				}
			}
		})
	}
}

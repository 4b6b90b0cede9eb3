//go:build unix

package userdata

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A pipe is read like a file, when its writer comes and as slowly as it writes.
func TestPipes(t *testing.T) {
	array := "\x93NUMPY\x01\x00\x3b\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}  \n"
	for _, c := range []struct{ pieces, want string }{
		{"1,2\n|3,|4\n", ""}, {array[:20] + "|" + array[20:] + "|\x01\x02|\x03\x04", ""},
		{array + "\x01\x02|\x03", "shorter than its header says"}, {array + "\x01\x02\x03\x04\x05", "longer than its header says"},
		{"|", "it is empty"}, {"1,2\n3", "line 2 has 1 numbers"},
	} {
		t.Run(c.pieces, func(t *testing.T) {
			path := fifo(t)
			go func() {
				time.Sleep(50 * time.Millisecond) // the reader comes first
				w, err := os.OpenFile(path, os.O_WRONLY, 0)
				if err != nil {
					t.Error(err)
					return
				}
				for piece := range strings.SplitSeq(c.pieces, "|") {
					time.Sleep(20 * time.Millisecond)
					_, _ = w.WriteString(piece) // the reader may have gone
				}
				_ = w.Close()
			}()
			m, err := Read(t.Context(), path, unbounded)
			switch {
			case c.want != "":
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%q: %v, want %q", c.pieces, err, c.want)
				}
			case err != nil || !slices.Equal(m.X, []float64{1, 2, 3, 4}):
				t.Errorf("%q: %v, %v", c.pieces, m, err)
			}
		})
	}
}

// Nobody writes: the context ends the wait.
func TestAPipeWithoutAWriterStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := Read(ctx, fifo(t), unbounded); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if wait := time.Since(start); wait > 5*time.Second {
		t.Errorf("it waited %v", wait)
	}
}

func TestOtherKindsAreRefused(t *testing.T) {
	link := filepath.Join(t.TempDir(), "x.npy")
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{link: "a device", "/dev/null": "a device", t.TempDir(): "a directory", link + "x": "no such file"} {
		t.Run(path, func(t *testing.T) {
			if _, err := Read(t.Context(), path, unbounded); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		})
	}
}

//go:build unix

package regular

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// within fails the test if do takes long: what must not happen here is waiting.
func within(t *testing.T, what string, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: still waiting after 10 s", what)
		return nil
	}
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("plain"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", path("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for link, to := range map[string]string{"to-plain": path("plain"), "to-zero": "/dev/zero", "to-pipe": path("pipe"), "loop": path("loop"), "nowhere": path("absent")} {
		t.Run(link, func(t *testing.T) {
			if err := os.Symlink(to, path(link)); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, c := range []struct {
		name, kind string // kind "": regular
	}{
		{path("plain"), ""}, {path("to-plain"), ""},
		{path("pipe"), "a pipe"}, {path("to-pipe"), "a pipe"}, {path("socket"), "a socket"}, {dir, "a directory"},
		{"/dev/null", "a device"}, {"/dev/zero", "a device"}, {path("to-zero"), "a device"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := within(t, c.name, func() error {
				file, err := Open(c.name)
				if err == nil {
					err = file.Close()
				}
				return err
			})
			if c.kind == "" {
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				return
			}
			var kind *KindError
			if !errors.As(err, &kind) || !errors.Is(err, ErrNotRegular) || kind.Kind != c.kind || !strings.Contains(err.Error(), c.name+" is "+c.kind) {
				t.Errorf("%s: %v, want %s", c.name, err, c.kind)
			}
			if _, err := ReadFile(c.name, 1<<20); !errors.Is(err, ErrNotRegular) {
				t.Errorf("reading %s: %v", c.name, err)
			}
		})
	}
	for _, name := range []string{path("absent"), path("nowhere")} {
		if _, err := Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(path("loop")); err == nil || errors.Is(err, ErrNotRegular) {
		t.Errorf("a link to itself: %v", err)
	}
}

// A pipe that comes to the name after it was looked at is not waited for either.
func TestOpenDoesNotWaitForPipesThatComeLate(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	stop, stopped := make(chan struct{}), make(chan struct{})
	defer func() {
		// Waited for: what is written while the directory is removed would keep it.
		close(stop)
		<-stopped
	}()
	plain, pipe := filepath.Join(dir, "plain"), filepath.Join(dir, "pipe")
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			next := plain
			if i%2 == 1 {
				next = pipe
				_ = unix.Mkfifo(next, 0o600)
			} else {
				_ = os.WriteFile(next, []byte("x"), 0o600)
			}
			_ = os.Rename(next, name)
		}
	}()
	opened := 0
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		err := within(t, "opening", func() error {
			file, err := Open(name)
			if err == nil {
				opened++
				err = file.Close()
			}
			return err
		})
		if err != nil && !errors.Is(err, ErrNotRegular) && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if opened == 0 {
		t.Error("the plain file was never opened")
	}
}

func TestReadFileIsBounded(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	want := bytes.Repeat([]byte("0123456789"), 1000)
	if err := os.WriteFile(name, want, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(name, int64(len(want))); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	var size *SizeError
	if _, err := ReadFile(name, int64(len(want))-1); !errors.As(err, &size) || size.Size != 10000 || size.Limit != 9999 {
		t.Errorf("a byte too many: %v", err)
	}
	if err := os.Truncate(name, 1<<40); err != nil {
		t.Skip("no sparse files here:", err)
	}
	if _, err := ReadFile(name, 1<<30); !errors.As(err, &size) || size.Size != 1<<40 {
		t.Errorf("a sparse file: %v", err)
	}
	// A file that says it has no bytes, and has some.
	if got, err := ReadFile("/proc/self/status", 1<<20); err == nil && len(got) < 600 {
		t.Errorf("/proc/self/status: %d bytes", len(got))
	}
	if _, err := ReadFile("/proc/self/status", 100); err == nil {
		t.Error("/proc/self/status: not cut off")
	}
}

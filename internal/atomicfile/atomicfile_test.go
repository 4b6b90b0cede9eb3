package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kac/internal/disk/disktest"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	for _, content := range []string{"first\n", strings.Repeat("second\n", 50000), ""} {
		if err := WriteBytes(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != content {
			t.Fatalf("read back %d bytes, want %d", len(got), len(content))
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("directory holds %v, want a.csv alone", got)
	}
}

// A writer that fails half way leaves the old content and no temporary file; while it writes, the
// reader still sees the old content.
func TestFailureKeepsOldContent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	if err := WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("disk on fire")
	err := Write(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			return err
		}
		if got := read(t, path); got != "old" {
			t.Errorf("during the write the reader sees %d bytes", len(got))
		}
		return boom
	})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), path) {
		t.Fatalf("error %v, want one that wraps the cause and names the file", err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("after the failure the file holds %d bytes, want the old content", len(got))
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("directory holds %v, want a.csv alone", got)
	}
}

func TestWriteToMissingDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "a.csv")
	if err := WriteBytes(path, nil); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("error %v, want os.ErrNotExist", err)
	}
}

func TestMakeDir(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b", "c")
	if err := MakeDir(deep); err != nil {
		t.Fatal(err)
	}
	if got := names(t, deep); len(got) != 0 {
		t.Errorf("the probe left %v", got)
	}
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := MakeDir(file); err == nil {
		t.Error("a plain file was accepted as a directory")
	}
	if err := MakeDir(filepath.Join(file, "below")); err == nil {
		t.Error("a directory below a plain file was accepted")
	}
}

// Leftovers go when their process is gone, or when they are old; what a living process or another
// host is writing stays, and so does everything that is not one.
func TestRemoveLeftovers(t *testing.T) {
	dir := t.TempDir()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	name := func(host string, process int) string { return fmt.Sprintf(".kac-%s-%d-x.partial", host, process) }
	old := []string{name("elsewhere", 2), ".kac-123.partial"} // the second of an earlier version
	for _, n := range append(old, name(thisHost, gone.ProcessState.Pid()), name(thisHost, os.Getppid()), name(thisHost, os.Getpid()),
		name("elsewhere", 1), ".kac-124.partial", "gap.csv", ".keep") {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-2 * leftoverAge)
	for _, n := range old {
		if err := os.Chtimes(filepath.Join(dir, n), before, before); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".kac-dir.partial"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := RemoveLeftovers(dir); err != nil {
		t.Fatal(err)
	}
	want := []string{".kac-124.partial", ".kac-dir.partial", name(thisHost, os.Getppid()), name(thisHost, os.Getpid()), name("elsewhere", 1), ".keep", "gap.csv"}
	slices.Sort(want)
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("directory holds\n%q, want\n%q", got, want)
	}
}

// The temporary name says who writes, and the mode is what the umask leaves.
func TestTemporaryName(t *testing.T) {
	dir := t.TempDir()
	err := Write(filepath.Join(dir, "a.csv"), func(io.Writer) error {
		list := names(t, dir)
		if len(list) != 1 || !strings.HasPrefix(list[0], fmt.Sprintf(".kac-%s-%d-", thisHost, os.Getpid())) || !strings.HasSuffix(list[0], suffix) {
			t.Errorf("while writing the directory holds %q", list)
		}
		host, process, known := ownerOf(list[0])
		if host != thisHost || process != os.Getpid() || !known || !alive(process) {
			t.Errorf("%q is of host %q, process %d", list[0], host, process)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// On a disk that fails at any operation, once or for good, the file holds the old content or the new
// one; leftovers of a killed process go away.
func TestFaultsKeepOldOrNew(t *testing.T) {
	full := errors.New("no space left on device")
	failures := map[string]func(n int) func(disktest.Op) error{
		"full":  func(n int) func(disktest.Op) error { return disktest.FailAt(n, full) },
		"short": func(n int) func(disktest.Op) error { return disktest.FailAt(n, disktest.ErrShort) },
		"crash": disktest.CrashAt,
	}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return err
		}
	}
	long := strings.Repeat("new ", 100_000) // several writes
	for what, fail := range failures {
		t.Run(what, func(t *testing.T) {
			for n := 1; ; n++ {
				memory := disktest.NewMemory()
				if err := WriteOn(memory, "a", text("old")); err != nil {
					t.Fatal(err)
				}
				on := &disktest.Faulty{Base: memory, Fail: fail(n)}
				err := WriteOn(on, "a", text(long))
				got, _ := memory.ReadFile("a")
				if string(got) != long && (err == nil || string(got) != "old") {
					t.Fatalf("%s at operation %d: %v, and %d bytes", what, n, err, len(got))
				}
				if err := RemoveLeftoversOn(memory, "."); err != nil {
					t.Fatal(err)
				}
				if entries, _ := memory.ReadDir("."); len(entries) != 1 {
					t.Errorf("%s at operation %d left %v", what, n, entries)
				}
				if err == nil {
					break
				}
			}
		})
	}
}

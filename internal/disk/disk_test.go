package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"testing"

	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

// The file system in memory answers as the real one does.
func TestMemoryIsLikeReal(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct {
		name string
		on   disk.FS
		at   func(string) string
	}{
		{"real", disk.Real, func(s string) string { return filepath.Join(root, s) }},
		{"memory", disktest.NewMemory(), func(s string) string { return s }},
		{"faulty", &disktest.Faulty{Base: disktest.NewMemory()}, func(s string) string { return s }},
	} {
		t.Run(c.name, func(t *testing.T) { behaves(t, c.on, c.at) })
	}
}

func behaves(t *testing.T, on disk.FS, at func(string) string) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	absent := func(err error) {
		t.Helper()
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want fs.ErrNotExist", err)
		}
	}
	_, err := on.CreateTemp(at("a/b"), "x*")
	absent(err)
	must(on.MkdirAll(at("a/b"), 0o755))
	must(on.MkdirAll(at("a/b"), 0o755))
	f, err := on.CreateTemp(at("a/b"), "x*y")
	must(err)
	_, err = io.WriteString(f, "he")
	must(err)
	_, err = io.WriteString(f, "llo")
	must(err)
	must(f.Sync())
	must(f.Close())
	must(on.Rename(f.Name(), at("a/b/z")))
	must(on.SyncDir(at("a/b")))
	data, err := disk.ReadFile(on, at("a/b/z"), 5)
	must(err)
	info, err := on.Stat(at("a/b/z"))
	must(err)
	if string(data) != "hello" || info.Size() != 5 || info.Mode() != 0o644 {
		t.Errorf("%q, %d bytes, mode %v", data, info.Size(), info.Mode())
	}
	entries, err := on.ReadDir(at("a/b"))
	must(err)
	if len(entries) != 1 || entries[0].Name() != "z" || entries[0].IsDir() {
		t.Errorf("entries %v", entries)
	}
	if err := on.MkdirAll(at("a/b/z"), 0o755); err == nil {
		t.Error("a file was accepted as a directory")
	}
	must(on.Remove(at("a/b/z")))
	absent(on.Remove(at("a/b/z")))
	absent(on.Rename(at("a/b/z"), at("a/b/y")))
	_, err = disk.ReadFile(on, at("a/b/z"), 5)
	absent(err)
	_, err = on.Stat(at("a/b/z"))
	absent(err)
	_, err = on.ReadDir(at("a/c"))
	absent(err)
	absent(on.SyncDir(at("a/c")))
}

// Without Sync data is lost, without SyncDir names are.
func TestPowerLoss(t *testing.T) {
	for _, c := range []struct {
		sync, syncDir bool
		keeps         disktest.Loss
		want          string // "-": no file
	}{
		{true, true, disktest.Loss{}, "new"},
		{false, true, disktest.Loss{}, ""},
		{false, true, disktest.Loss{Data: true}, "new"},
		{true, false, disktest.Loss{}, "-"},
		{true, false, disktest.Loss{Names: true}, "new"},
		{false, false, disktest.Loss{Names: true}, ""},
	} {
		t.Run(c.want, func(t *testing.T) {
			m := disktest.NewMemory()
			f, err := m.CreateTemp(".", "*")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, "new"); err != nil {
				t.Fatal(err)
			}
			if c.sync {
				err = f.Sync()
			}
			err = errors.Join(err, m.Rename(f.Name(), "a"))
			if c.syncDir {
				err = errors.Join(err, m.SyncDir("."))
			}
			if err != nil {
				t.Fatal(err)
			}
			got := "-"
			if data, err := m.PowerLoss(c.keeps).ReadFile("a"); err == nil {
				got = string(data)
			}
			if got != c.want {
				t.Errorf("%+v: %q", c, got)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct {
		fail func(disktest.Op) error
		want string // one letter for each of six Stats: . works, F fails
	}{
		{nil, "......"},
		{disktest.FailAt(3, full), "..F..."},
		{disktest.FailEvery(2, full), ".F.F.F"},
		{disktest.CrashAt(4), "...FFF"},
	} {
		t.Run(c.want, func(t *testing.T) {
			on := &disktest.Faulty{Base: disktest.NewMemory(), Fail: c.fail}
			got := ""
			for range 6 {
				_, err := on.Stat(".")
				switch {
				case err == nil:
					got += "."
				case errors.Is(err, full), errors.Is(err, disktest.ErrCrashed):
					got += "F"
				}
			}
			if got != c.want || on.Ops() != 6 {
				t.Errorf("%s after %d operations, want %s", got, on.Ops(), c.want)
			}
		})
	}
	on := &disktest.Faulty{Base: disktest.NewMemory(), Fail: disktest.FailAt(2, disktest.ErrShort)}
	f, err := on.CreateTemp(".", "*")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.WriteString(f, "abcd"); n != 2 || !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("short write: %d bytes, %v", n, err)
	}
}

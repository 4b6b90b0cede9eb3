package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is full when a training writes its files: one line, exit code 1, and what the directory held before, whether the
// disk had room for none of the files or for all but the last. KAC_REQUIRE_TMPFS=1 makes a failure of the skip where a
// small file system cannot be mounted.
func TestTrainDiskFull(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	mount := func(options string, flags uintptr) error {
		return unix.Mount("tmpfs", disk, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|flags, options)
	}
	if err := mount("size=1m", 0); err != nil {
		if os.Getenv("KAC_REQUIRE_TMPFS") == "1" {
			t.Fatalf("mounting a small tmpfs: %v, and KAC_REQUIRE_TMPFS=1", err)
		}
		t.Skipf("mounting a small tmpfs needs a privilege: %v", err)
	}
	defer func() {
		if err := unix.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	study := words(trainShort + "--snapshots 0,0.2 --out disk/study")
	good(t, filepath.Dir(disk), study...)
	whole := files(t, filepath.Join(disk, "study"))
	var used unix.Statfs_t
	if err := unix.Statfs(disk, &used); err != nil {
		t.Fatal(err)
	}
	page := int64(used.Bsize)
	full := (int64(used.Blocks) - int64(used.Bfree)) * page
	if err := os.RemoveAll(filepath.Join(disk, "study")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before string // what the directory holds
		room   int64
	}{{"nothing", page}, {"nothing", full / 2}, {"nothing", full - page}, {"a finished study", full + page}, {"a finished study", 2*full - page}} {
		if c.before != "nothing" {
			if err := mount("size=1m", unix.MS_REMOUNT); err != nil {
				t.Fatal(err)
			}
			good(t, filepath.Dir(disk), study...)
		}
		if err := mount(fmt.Sprintf("size=%d", c.room), unix.MS_REMOUNT); err != nil {
			t.Fatal(err)
		}
		before := tree(t, disk)
		r := kac(t, filepath.Dir(disk), append(study, "-q")...)
		if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
			!strings.Contains(r.stderr, "--out disk/study") || !strings.Contains(r.stderr, "no space left on device") {
			t.Errorf("%s before, room of %d: exit code %d, standard output %q, standard error %q", c.before, c.room, r.code, r.stdout, r.stderr)
		}
		if left, err := filepath.Glob(filepath.Join(disk, "study", "*")); c.before == "nothing" && (err != nil || len(left) != 0) {
			t.Errorf("room of %d: the directory holds %v, error %v", c.room, left, err)
		}
		if c.before != "nothing" && tree(t, disk) != before {
			t.Errorf("room of %d: files changed from\n%sto\n%s", c.room, before, tree(t, disk))
		}
	}
	// With room again the same command gives the whole study.
	if err := mount("size=1m", unix.MS_REMOUNT); err != nil {
		t.Fatal(err)
	}
	good(t, filepath.Dir(disk), study...)
	if again := files(t, filepath.Join(disk, "study")); !maps.Equal(again, whole) {
		t.Errorf("files %v, want %v with the same content", slices.Sorted(maps.Keys(again)), slices.Sorted(maps.Keys(whole)))
	}
}

// files returns the contents of the files in dir; that of run.json, which holds times, as "".
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range list {
		if all[e.Name()] = ""; e.Name() != "run.json" {
			all[e.Name()] = string(content(t, dir, e.Name()))
		}
	}
	return all
}

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

// A disk that is full when a training writes its files: one line, exit code 1, and either nothing but run.json, which
// says that the run is not complete, or all tables, and then they are printed. A finished study is printed without room
// for anything. KAC_REQUIRE_TMPFS=1 makes a failure of the skip where a small file system cannot be mounted.
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
	tables := []string{"training.csv", "particles.csv", "histogram.csv", "particles-m8-t0.npy"}
	for _, room := range []int64{page, 2 * page, full / 2, full - page} {
		if err := mount(fmt.Sprintf("size=%d", room), unix.MS_REMOUNT); err != nil {
			t.Fatal(err)
		}
		r := kac(t, filepath.Dir(disk), append(study, "-q")...)
		if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "--out disk/study") || !strings.Contains(r.stderr, "no space left on device") {
			t.Errorf("room of %d: exit code %d, standard error %q", room, r.code, r.stderr)
		}
		left := files(t, filepath.Join(disk, "study"))
		if _, saved := left["training.csv"]; saved {
			for _, name := range tables {
				if left[name] != whole[name] {
					t.Errorf("room of %d: %s is not whole", room, name)
				}
			}
			if !strings.Contains(r.stdout, "Function error") || !strings.Contains(r.stderr, ".svg cannot be made") {
				t.Errorf("room of %d: the tables are written and not printed: %q, %q", room, r.stdout, r.stderr)
			}
		} else {
			for name, is := range left {
				if name != "run.json" && (!strings.HasPrefix(name, "particles-m") || is != whole[name]) { // of runs that are done
					t.Errorf("room of %d: the directory holds %s", room, name)
				}
			}
			if r.stdout != "" {
				t.Errorf("room of %d: standard output %q", room, r.stdout)
			}
		}
		if err := mount("size=1m", unix.MS_REMOUNT); err != nil {
			t.Fatal(err)
		}
		good(t, filepath.Dir(disk), study...)
		if again := files(t, filepath.Join(disk, "study")); !maps.Equal(again, whole) {
			t.Errorf("room of %d, then enough: files %v", room, slices.Sorted(maps.Keys(again)))
		}
		if err := mount(fmt.Sprintf("size=%d", full), unix.MS_REMOUNT); err != nil {
			t.Fatal(err)
		}
		before := tree(t, disk)
		good(t, filepath.Dir(disk), append(study, "-q")...)
		if tree(t, disk) != before {
			t.Errorf("a finished study changed on a full disk")
		}
		if err := os.RemoveAll(filepath.Join(disk, "study")); err != nil {
			t.Fatal(err)
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

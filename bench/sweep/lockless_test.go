package sweep

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kac/internal/disk"
)

// lockless are claims on a file system that refuses every lock: each process gets what it asks for.
type lockless struct{}

func (lockless) try(string, bool) (held, error) { return lockless{}, nil }
func (lockless) release()                       {}
func (lockless) remove()                        {}

const locklessDir = "KAC_TEST_LOCKLESS_DIR"

func locklessOptions() Options {
	o := on(disk.Real)
	o.claims, o.Interval = lockless{}, time.Millisecond
	return o
}

// Two processes work on one directory without locks, from the first file to the tables: no file is lost
// or mixed, and the tables are those of one process.
func TestTwoProcessesWithoutLocks(t *testing.T) {
	if dir := os.Getenv(locklessDir); dir != "" { // one of them
		if err := whole(t.Context(), parse(t, quick), dir, locklessOptions()); err != nil {
			t.Fatal(err)
		}
		return
	}
	_, want := straight(t, quick)
	dir := filepath.Join(t.TempDir(), "out")
	var processes []*exec.Cmd
	var says [2]strings.Builder
	for i := range says {
		c := exec.Command(os.Args[0], "-test.run=^TestTwoProcessesWithoutLocks$")
		c.Env = append(os.Environ(), locklessDir+"="+dir)
		c.Stdout, c.Stderr = &says[i], &says[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, c)
	}
	for i, c := range processes {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", i, err, says[i].String())
		}
	}
	same(t, "two processes", tables(t, disk.Real, dir), want)
	if checked, err := ms.Check(dir); err != nil || len(checked.Bad) > 0 || !checked.Complete {
		t.Errorf("check says %+v, %v", checked, err)
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".partial") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

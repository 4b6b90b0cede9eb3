package benchtest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

// Durable is a program that fills the directory "out", and goes on with what is there.
type Durable struct {
	Run func(on disk.FS) error
	// Check says which files of the directory are not in order, each "name: problem".
	Check func(on disk.FS) ([]string, error)
	// Reached, if set, is how much of its work the last Run found done: a later kill leaves no less of it.
	Reached func() int
}

// losses are what a kill may take of what was not synced: nothing, all, contents, names.
var losses = []disktest.Loss{{Names: true, Data: true}, {}, {Names: true}, {Data: true}}

// files are those of the directory; of records, which have times within, the names alone.
func (d *Durable) files(t testing.TB, m *disktest.Memory) map[string]string {
	t.Helper()
	entries, err := m.ReadDir("out")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		data, err := m.ReadFile(path.Join("out", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if out[e.Name()] = string(data); path.Ext(e.Name()) == ".json" {
			out[e.Name()] = ""
		}
	}
	return out
}

// again runs the program on a good disk, after which the directory must be as if nothing had happened.
func (d *Durable) again(t testing.TB, what string, m *disktest.Memory, want map[string]string) {
	t.Helper()
	if err := d.Run(m); err != nil {
		t.Fatalf("%s: then the same command: %v", what, err)
	}
	if got := d.files(t, m); !maps.Equal(got, want) {
		t.Fatalf("%s: then the same command leaves %q, want %q with the same bytes", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if bad, err := d.Check(m); err != nil || len(bad) > 0 {
		t.Fatalf("%s: after the same command: %q, %v", what, bad, err)
	}
}

// Killed ends the program before every operation on its disk, and some of that which was not synced may
// be lost with it: no file is damaged then, and the same command ends with the same files.
func (d *Durable) Killed(t testing.TB) (operations int) {
	t.Helper()
	want := d.straight(t)
	reached := make([]int, len(losses))
	for n := 1; ; n++ {
		m := disktest.NewMemory()
		system := &disktest.Faulty{Base: m, Fail: disktest.CrashAt(n)}
		err := d.Run(system)
		if err == nil || n > system.Ops() {
			return system.Ops()
		}
		if !errors.Is(err, disktest.ErrCrashed) {
			t.Fatalf("killed before operation %d: %v", n, err)
		}
		for i, loss := range losses {
			what := fmt.Sprintf("killed before operation %d, what is kept: %+v", n, loss)
			after := m.PowerLoss(loss)
			d.whole(t, what, after)
			d.again(t, what, after, want)
			if d.Reached == nil {
				continue
			}
			if now := d.Reached(); now < reached[i] {
				t.Fatalf("%s: %d of the work is done, before it was %d", what, now, reached[i])
			}
			reached[i] = d.Reached()
		}
	}
}

// whole fails a test if a kill has left a file that is not in order. Without a record there are only
// leftovers, which are not looked at.
func (d *Durable) whole(t testing.TB, what string, m *disktest.Memory) {
	t.Helper()
	entries, err := m.ReadDir("out")
	if err != nil || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return path.Ext(e.Name()) == ".json" }) {
		return
	}
	if bad, err := d.Check(m); err != nil || len(bad) > 0 {
		t.Fatalf("%s: check says %q, %v", what, bad, err)
	}
}

func (d *Durable) straight(t testing.TB) map[string]string {
	t.Helper()
	m := disktest.NewMemory()
	if err := d.Run(m); err != nil {
		t.Fatal(err)
	}
	return d.files(t, m)
}

// Failing runs the program on disks that are full, broken or write short at any operation: it tells of
// that or does without, and the same command on a good disk ends with the same files.
func (d *Durable) Failing(t testing.TB) (failed int) {
	t.Helper()
	want := d.straight(t)
	for _, failure := range []error{syscall.ENOSPC, syscall.EIO, disktest.ErrShort} {
		for n := 1; ; n++ {
			m := disktest.NewMemory()
			system := &disktest.Faulty{Base: m, Fail: disktest.FailAt(n, failure)}
			err := d.Run(system)
			if n > system.Ops() {
				break
			}
			what := fmt.Sprintf("%v at operation %d", failure, n)
			if err != nil {
				if failed++; !errors.Is(err, failure) || !strings.Contains(err.Error(), "out") {
					t.Fatalf("%s: the error %q does not say what happened where", what, err)
				}
			}
			d.again(t, what, m, want)
		}
	}
	return failed
}

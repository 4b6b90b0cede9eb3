package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

// smallest has two cells, so that every operation of a run can fail.
const smallest = "problem='circle'\ndim=4\nwidths=2\nseeds=2\nhorizon=0.25\npoints=2\ntolerance=1e-2\ndynamics='descent'\neta=0.125"

// finishedCells are the whole cells in a directory.
func finishedCells(t *testing.T, s *Study, system disk.FS) []string {
	t.Helper()
	var out []string
	for _, c := range s.cells() {
		if _, _, err := readCell(system, "out", c); err == nil {
			out = append(out, c.base())
		}
	}
	return out
}

// The process is killed at the boundary before every single operation on the disk, and the machine
// loses power there, with all combinations of what had reached the disk: the same command ends with
// the same bytes, and no cell that was finished on disk is lost.
func TestKilledAtEveryOperation(t *testing.T) {
	_, want := straight(t, smallest)
	losses := map[string]*disktest.Loss{
		"killed": nil, "power lost": {}, "names kept": {Names: true}, "data kept": {Data: true}, "all kept": {Names: true, Data: true},
	}
	boundaries := 0
	for n := 1; ; n++ {
		m := disktest.NewMemory()
		system := &disktest.Faulty{Base: m, Fail: disktest.CrashAt(n)}
		err := whole(t.Context(), parse(t, smallest), "out", on(system))
		for name, loss := range losses {
			after := m
			if loss != nil {
				after = m.PowerLoss(*loss)
			} else if err != nil {
				after = m.PowerLoss(disktest.Loss{Names: true, Data: true}) // a copy: what the kernel had
			}
			before := finishedCells(t, parse(t, smallest), after)
			if exists(after, "out") {
				if checked, err := ms.check(after, "out"); err != nil && before != nil {
					t.Fatalf("%s before operation %d: check: %v", name, n, err)
				} else if err == nil && loss == nil {
					for _, b := range checked.Bad { // a tables' file may be missing, none may be wrong
						if b.Problem != "is missing" {
							t.Fatalf("%s before operation %d: %+v", name, n, b)
						}
					}
				}
			}
			var notes []string
			o := on(after)
			o.Note = func(line string) { notes = append(notes, line) }
			s := parse(t, smallest)
			tally, err := Run(t.Context(), s, "out", o)
			if err != nil {
				t.Fatalf("%s before operation %d: going on: %v", name, n, err)
			}
			if tally.Found != len(before) {
				t.Fatalf("%s before operation %d: %d finished cells, %d found again", name, n, len(before), tally.Found)
			}
			if _, err := Merge(t.Context(), s, "out", o); err != nil {
				t.Fatalf("%s before operation %d: merging: %v", name, n, err)
			}
			same(t, fmt.Sprintf("%s before operation %d", name, n), tables(t, after, "out"), want)
			if checked, err := ms.check(after, "out"); err != nil || len(checked.Bad) > 0 || !checked.Complete {
				t.Fatalf("%s before operation %d: check at the end: %+v, %v", name, n, checked, err)
			}
			names := parse(t, smallest).names()
			if files := everything(t, after, "out"); len(files) != len(names)+1+len(s.cells()) {
				t.Fatalf("%s before operation %d: %d files at the end: %q", name, n, len(files), files)
			}
			boundaries++
		}
		if err == nil {
			t.Logf("%d operations, %d restarts", system.Ops(), boundaries)
			if system.Ops() < 100 {
				t.Errorf("only %d operations", system.Ops())
			}
			return
		}
		if !errors.Is(err, disktest.ErrCrashed) {
			t.Fatalf("crash at operation %d: %v", n, err)
		}
	}
}

// Likewise while a finished study goes on to a later time: the same command ends with the bytes of a study that had it
// from the start.
func TestKilledWhileGrowing(t *testing.T) {
	larger := strings.NewReplacer("horizon=0.25", "horizon=0.5", "points=2", "points=3").Replace(smallest)
	_, want := straight(t, larger)
	first := disktest.NewMemory()
	if err := whole(t.Context(), parse(t, smallest), "out", on(first)); err != nil {
		t.Fatal(err)
	}
	all := disktest.Loss{Names: true, Data: true} // a copy: what the kernel had
	losses := map[string]*disktest.Loss{"killed": &all, "power lost": {}}
	for n := 1; ; n += 1 + n/80 { // what goes before the cells is done in the first operations
		m := first.PowerLoss(all)
		system := &disktest.Faulty{Base: m, Fail: disktest.CrashAt(n)}
		err := whole(t.Context(), parse(t, larger), "out", on(system))
		for name, loss := range losses {
			after := m.PowerLoss(*loss)
			if err := whole(t.Context(), parse(t, larger), "out", on(after)); err != nil {
				t.Fatalf("%s before operation %d: going on: %v", name, n, err)
			}
			same(t, fmt.Sprintf("%s before operation %d", name, n), tables(t, after, "out"), want)
			if checked, err := ms.check(after, "out"); err != nil || len(checked.Bad) > 0 || !checked.Complete {
				t.Fatalf("%s before operation %d: check at the end: %+v, %v", name, n, checked, err)
			}
		}
		if err == nil {
			if system.Ops() < 100 {
				t.Errorf("only %d operations", system.Ops())
			}
			return
		}
		if !errors.Is(err, disktest.ErrCrashed) {
			t.Fatalf("crash at operation %d: %v", n, err)
		}
	}
}

// A disk that is full, broken or writes short, once at each operation or at every n-th one: the error
// says what happened to which file, finished cells stay, and the command ends well on a good disk.
func TestFailingDisk(t *testing.T) {
	_, want := straight(t, smallest)
	kinds := map[string]error{"full": syscall.ENOSPC, "broken": syscall.EIO, "short": disktest.ErrShort}
	for name, failure := range kinds {
		t.Run(name, func(t *testing.T) {
			last := 0
			run := func(what string, fail func(disktest.Op) error) (passed bool) {
				m := disktest.NewMemory()
				s := parse(t, smallest)
				system := &disktest.Faulty{Base: m, Fail: fail}
				err := whole(t.Context(), s, "out", on(system))
				last = system.Ops()
				if err == nil {
					same(t, what, tables(t, m, "out"), want)
					return true
				}
				if !errors.Is(err, failure) || !strings.Contains(err.Error(), "out") {
					t.Fatalf("%s: error %q does not say what happened where", what, err)
				}
				finished := finishedCells(t, s, m)
				tally, err := Run(t.Context(), s, "out", on(m))
				if err != nil || tally.Found != len(finished) {
					t.Fatalf("%s, then a good disk: %+v, %v", what, tally, err)
				}
				if _, err := Merge(t.Context(), s, "out", on(m)); err != nil {
					t.Fatalf("%s, then a good disk: %v", what, err)
				}
				same(t, what, tables(t, m, "out"), want)
				return false
			}
			for n := 1; n == 1 || n <= last; n++ {
				run(fmt.Sprintf("%s at operation %d", name, n), disktest.FailAt(n, failure))
			}
			for n := 1; n <= 40; n++ {
				run(fmt.Sprintf("%s at every %d-th operation", name, n), disktest.FailEvery(n, failure))
			}
		})
	}
}

// A disk that fails at every n-th operation, and a person who gives the command again and again:
// finished cells only become more.
func TestStubbornOnFailingDisk(t *testing.T) {
	_, want := straight(t, tiny)
	for n := 30; n <= 60; n += 7 {
		m := disktest.NewMemory()
		system := &disktest.Faulty{Base: m, Fail: disktest.FailEvery(n, syscall.ENOSPC)}
		var kept []string
		for tries := 0; ; tries++ {
			s := parse(t, tiny)
			err := whole(t.Context(), s, "out", on(system))
			finished := finishedCells(t, s, m)
			for _, c := range kept {
				if !slices.Contains(finished, c) {
					t.Fatalf("every %d-th operation fails: %s is lost after try %d", n, c, tries)
				}
			}
			kept = finished
			if err == nil {
				break
			}
			if tries == 30 {
				// The tables alone take more operations than come between two failures.
				if err := whole(t.Context(), s, "out", on(m)); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		same(t, "stubborn", tables(t, m, "out"), want)
	}
}

package store

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

// A file system that refuses locks, as some network mounts do, is said once, and the study is written all
// the same; one that another process holds is refused.
func TestRefusedLocks(t *testing.T) {
	for _, refusal := range []error{syscall.ENOLCK, syscall.EOPNOTSUPP, disk.ErrLocked} {
		m := disktest.NewMemory()
		var notes []string
		locks := &disktest.Faulty{Base: m, Fail: func(o disktest.Op) error {
			switch {
			case o.Kind != disktest.OpLock:
				return nil
			case refusal == disk.ErrLocked:
				return refusal
			}
			return fmt.Errorf("%w (%w)", disk.ErrNoLocks, refusal)
		}}
		err := study(locks, func(r *Results) error {
			notes = r.Notes()
			return r.Finish([]File{text("a.csv", "table\n"), text("b.csv", "1\n")}, []File{text("a.svg", "<svg/>")})
		})
		if refusal == disk.ErrLocked {
			if err == nil || Holds(m, "out", RunFile) {
				t.Errorf("a directory that another process holds was written: %v", err)
			}
			continue
		}
		if err != nil || len(notes) != 1 || !strings.Contains(notes[0], refusal.Error()) || !strings.Contains(notes[0], "no other kac process") {
			t.Errorf("%v: %v, notes %q", refusal, err, notes)
		}
		if checked, err := Check(m, "out", RunFile); err != nil || len(checked.Bad) > 0 || !checked.Complete {
			t.Errorf("%v: check says %+v, %v", refusal, checked, err)
		}
	}
}

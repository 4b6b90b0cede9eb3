//go:build unix

package disk

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Flock takes the lock of an open file without waiting. Shared locks exclude exclusive ones only.
// ErrLocked: another process has it; ErrNoLocks, wrapped with the reason: it cannot be had (some
// network file systems have no locks).
func Flock(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		switch err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.EWOULDBLOCK:
			return ErrLocked
		default:
			return fmt.Errorf("%w (%w)", ErrNoLocks, err)
		}
	}
}

// Lock is on the directory itself, so that nothing is left to clean up.
func (real) Lock(dir string) (release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	release = func() { _ = d.Close() }
	switch err := Flock(d, false); err {
	case nil:
		return release, nil
	case ErrLocked:
		release()
		return nil, ErrLocked
	default:
		return release, err
	}
}

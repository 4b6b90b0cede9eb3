//go:build unix

package sweep

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// flocks are locks by flock(2). File systems without it (some network mounts) grant every claim; a
// cell that is then run twice gives the same bytes twice.
type flocks struct{}

type flocked struct{ file *os.File }

func (l *flocked) release() { _ = l.file.Close() }

func (l *flocked) remove() {
	_ = os.Remove(l.file.Name()) // an empty file that stays does no harm
	_ = l.file.Close()
}

func (flocks) try(path string, shared bool) (held, error) {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		for {
			if err = unix.Flock(int(file.Fd()), how|unix.LOCK_NB); err != unix.EINTR {
				break
			}
		}
		switch err {
		case nil, unix.ENOSYS, unix.EOPNOTSUPP, unix.ENOLCK:
		case unix.EWOULDBLOCK:
			_ = file.Close()
			return nil, fmt.Errorf("locking %s: %w", path, errLocked)
		default:
			_ = file.Close()
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		// The holder before may have removed the file between open and flock: a lock on a file
		// without a name excludes nobody.
		mine, err1 := file.Stat()
		named, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, named) {
			return &flocked{file}, nil
		}
		_ = file.Close()
	}
}

// isLocked reports whether a process holds the lock of an existing file.
func isLocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) == unix.EWOULDBLOCK
}

//go:build unix

package sweep

import (
	"errors"
	"fmt"
	"os"

	"kac/internal/disk"
	"kac/internal/regular"
)

// flocks are locks by flock(2). File systems without it (some network mounts) grant every claim; a
// cell that is then run twice gives the same bytes twice. missing is told of it.
type flocks struct{ missing func(error) }

type flocked struct{ file *os.File }

func (l *flocked) release() { _ = l.file.Close() }

func (l *flocked) remove() {
	_ = os.Remove(l.file.Name()) // an empty file that stays does no harm
	_ = l.file.Close()
}

func (l flocks) try(path string, shared bool) (held, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		switch err := disk.Flock(file, shared); {
		case err == nil:
		case errors.Is(err, disk.ErrNoLocks):
			l.missing(err)
			return &flocked{file}, nil
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
	file, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(disk.Flock(file, true), disk.ErrLocked)
}

//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process holds the directory.
var ErrLocked = errors.New("another process is writing there")

// Lock claims dir for this process until release is called or the process ends, however it ends.
// It returns ErrLocked if another process holds it. The lock is on the directory itself, so that
// nothing is left to clean up. File systems without locks (some network mounts) grant every claim.
func Lock(dir string) (release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	for {
		err = unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	if err == unix.EWOULDBLOCK {
		_ = d.Close()
		return nil, fmt.Errorf("locking %s: %w", dir, ErrLocked)
	}
	return func() { _ = d.Close() }, nil
}

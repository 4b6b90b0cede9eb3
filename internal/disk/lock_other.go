//go:build !unix

package disk

import "os"

// Flock has no locks to give on systems without flock.
func Flock(f *os.File, shared bool) error { return ErrNoLocks }

// Lock has none to give.
func (real) Lock(dir string) (release func(), err error) { return func() {}, ErrNoLocks }

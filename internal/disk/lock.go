package disk

import "errors"

// Errors of locks.
var (
	ErrLocked  = errors.New("another process is writing there")
	ErrNoLocks = errors.New("the file system has no locks")
)

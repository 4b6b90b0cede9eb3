package sweep

import (
	"context"
	"errors"
	"time"

	"kac/internal/disk"
)

// claims hands out locks on files. The real ones end with the process, however it ends; tests on file
// systems in memory bring their own.
type claims interface {
	// try takes the lock of the file at path, which it creates; disk.ErrLocked if another process holds
	// it. Shared locks exclude exclusive ones only.
	try(path string, shared bool) (held, error)
}

// held is a lock that is held.
type held interface {
	release() // leaves the file
	remove()  // removes the file, for which the lock must be exclusive
}

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 200 * time.Millisecond

// wait takes a lock as soon as it is free.
func wait(ctx context.Context, c claims, path string) (held, error) {
	for {
		h, err := c.try(path, false)
		if !errors.Is(err, disk.ErrLocked) {
			return h, err
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

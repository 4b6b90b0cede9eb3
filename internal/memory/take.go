package memory

import (
	"context"
	"sync"
)

// What parts of this process have announced that they take and have not given back, bytes.
var taken = struct {
	sync.Mutex
	bytes float64
	given chan struct{} // closed when some of it is given back
}{given: make(chan struct{})}

// Take announces bytes that are about to be taken, and returns how to say that they are given back. What fits only when
// others of this process have given theirs back waits for them; what does not fit alone is an *Error. Beside it the
// context's.
func Take(ctx context.Context, need float64) (give func(), err error) {
	for {
		taken.Lock()
		limit := Tightest()
		switch {
		case need+taken.bytes <= limit.Left: // what they announced and hold already counts twice: rather wait
			taken.bytes += need
			taken.Unlock()
			return sync.OnceFunc(func() {
				taken.Lock()
				defer taken.Unlock()
				taken.bytes -= need
				close(taken.given)
				taken.given = make(chan struct{})
			}), nil
		case taken.bytes == 0:
			taken.Unlock()
			return nil, &Error{Need: need, Limit: limit}
		}
		given := taken.given
		taken.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-given:
		}
	}
}

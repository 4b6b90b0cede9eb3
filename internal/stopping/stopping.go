// Package stopping ends reading with a context.
package stopping

import (
	"context"
	"io"
)

// Reader reads from r until ctx ends, and then returns its error. Where r returns neither bytes nor an error, as one
// that waits and looks up now and then, it is asked again.
func Reader(ctx context.Context, r io.Reader) io.Reader {
	return reader(func(p []byte) (int, error) {
		for {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if n, err := r.Read(p); n > 0 || err != nil || len(p) == 0 {
				return n, err
			}
		}
	})
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

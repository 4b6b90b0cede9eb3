//go:build unix

package userdata

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"kac/internal/stopping"
)

// pipe is the reading end of a named pipe, or of one that the process was started with (/dev/fd/N).
type pipe int // its descriptor

// openPipe opens without waiting for a writer, which Read does.
func openPipe(ctx context.Context, path string) (io.ReadCloser, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	for errors.Is(err, unix.EINTR) {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return struct {
		io.Reader
		io.Closer
	}{stopping.Reader(ctx, pipe(fd)), pipe(fd)}, nil
}

// patience is how long, in milliseconds, a read waits before it returns nothing.
const patience = 100

// Read waits for a writer and for what it writes. The end of the file is when the last writer has gone;
// a pipe that nobody has opened for writing yet is not at its end, though reading it would say so.
func (p pipe) Read(b []byte) (int, error) {
	ready := []unix.PollFd{{Fd: int32(p), Events: unix.POLLIN}}
	if n, err := unix.Poll(ready, patience); n == 0 || errors.Is(err, unix.EINTR) {
		return 0, nil
	} else if err != nil {
		return 0, os.NewSyscallError("poll", err)
	}
	n, err := unix.Read(int(p), b)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (p pipe) Close() error { return unix.Close(int(p)) }

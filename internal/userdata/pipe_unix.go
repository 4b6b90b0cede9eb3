//go:build unix

package userdata

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// pipe is the reading end of a named pipe, or of one that the process was started with (/dev/fd/N).
type pipe struct {
	ctx context.Context
	fd  int
}

// openPipe opens without waiting for a writer, which Read does.
func openPipe(ctx context.Context, path string) (io.ReadCloser, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	for errors.Is(err, unix.EINTR) {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &pipe{ctx, fd}, nil
}

// patience is how long, in milliseconds, a wait goes on before the context is looked at again.
const patience = 100

// Read waits for a writer and for what it writes. The end of the file is when the last writer has gone;
// a pipe that nobody has opened for writing yet is not at its end, though reading it would say so.
func (p *pipe) Read(b []byte) (int, error) {
	for {
		if err := p.ctx.Err(); err != nil {
			return 0, err
		}
		ready := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, patience); n == 0 || errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return 0, os.NewSyscallError("poll", err)
		}
		n, err := unix.Read(p.fd, b)
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (p *pipe) Close() error { return unix.Close(p.fd) }

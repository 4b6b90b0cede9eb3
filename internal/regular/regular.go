// Package regular opens files that must be plain files. Opening a pipe waits for its other end, a device
// may act or never end, and /dev/zero fills the memory: anything but a regular file (or a link to one) is
// refused before a byte of it is read.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrNotRegular is what a *KindError is, by errors.Is.
var ErrNotRegular = errors.New("not a regular file")

// KindError says what stands in a regular file's place.
type KindError struct {
	Name string
	Kind string // with its article, such as "a pipe"
}

func (e *KindError) Error() string {
	return fmt.Sprintf("%s is %s, not a regular file", e.Name, e.Kind)
}
func (e *KindError) Is(target error) bool { return target == ErrNotRegular }

// SizeError says that a file is larger than what is allowed.
type SizeError struct {
	Name        string
	Size, Limit int64 // bytes
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s has %d bytes; allowed are at most %d", e.Name, e.Size, e.Limit)
}

// Kind names what a file that is not regular is; "" for a regular one.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	}
	return "something else"
}

// Check refuses information that is not a regular file's, as a *KindError.
func Check(name string, info fs.FileInfo) error {
	if kind := Kind(info.Mode()); kind != "" {
		return &KindError{Name: name, Kind: kind}
	}
	return nil
}

// Open opens a regular file, or a link to one, for reading. Errors are those of the file system
// (fs.ErrNotExist among them) or a *KindError. It never waits for the other end of a pipe.
func Open(name string) (*os.File, error) {
	// Asked before it is opened, since opening alone makes some devices act.
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := Check(name, info); err != nil {
		return nil, err
	}
	// Asked again of what was opened: another file may have come to the name since. Without O_NONBLOCK
	// the opening of a pipe would wait.
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = Check(name, info)
	}
	if err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	return file, nil
}

// ReadFile returns what a regular file of at most limit bytes holds. A larger one is a *SizeError, by its
// size, before anything is allocated; one that grows meanwhile is cut off there too.
func ReadFile(name string, limit int64) ([]byte, error) {
	file, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, &SizeError{Name: name, Size: info.Size(), Limit: limit}
	}
	// Some files, those of /proc among them, say that they are empty and are not.
	data := make([]byte, 0, max(info.Size()+1, 512))
	for {
		n, err := file.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, &SizeError{Name: name, Size: int64(len(data)), Limit: limit}
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

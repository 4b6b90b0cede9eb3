// Package disk is the part of a file system that durable files need, as an interface, so that the
// order of writes, fsyncs and renames can be tested against disks that fail.
// Real is the operating system; package disktest has the others.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"kac/internal/regular"
)

// File is a file open for writing.
type File interface {
	io.Writer
	Name() string
	Sync() error
	Close() error
}

// Reader is a regular file open for reading.
type Reader interface {
	io.ReadCloser
	Size() int64 // when it was opened
}

// FS is what durable files need of a file system; methods are those of package os unless they say
// otherwise. Whom a new file or directory belongs to and who may read it is for the umask to say.
type FS interface {
	CreateTemp(dir, pattern string) (File, error) // not private to the user, as that of package os is
	// Open opens regular files alone. Anything else, also behind a link, is refused with
	// regular.ErrNotRegular and never waited for: a pipe may have no writer, a device no end.
	Open(name string) (Reader, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	MkdirAll(name string, mode fs.FileMode) error
	SyncDir(name string) error // makes creations, renames and removals in a directory durable
	// Lock takes the lock of a directory, which ends with the process if it is not released before.
	// ErrLocked: another process has it. ErrNoLocks: there are none; release is then not nil.
	Lock(dir string) (release func(), err error)
}

// Real is the operating system's file system.
var Real FS = real{}

type real struct{}

// tries bounds the names that CreateTemp tries.
const tries = 10000

func (real) CreateTemp(dir, pattern string) (File, error) {
	before, after, _ := strings.Cut(pattern, "*")
	for range tries {
		name := filepath.Join(dir, before+strconv.FormatUint(rand.Uint64(), 36)+after)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err // not f: a nil *os.File is not a nil File
		}
		return f, nil
	}
	return nil, &fs.PathError{Op: "createtemp", Path: dir, Err: fs.ErrExist}
}

func (real) ReadDir(name string) ([]fs.DirEntry, error)   { return os.ReadDir(name) }
func (real) Stat(name string) (fs.FileInfo, error)        { return os.Stat(name) }
func (real) Rename(from, to string) error                 { return os.Rename(from, to) }
func (real) Remove(name string) error                     { return os.Remove(name) }
func (real) MkdirAll(name string, mode fs.FileMode) error { return os.MkdirAll(name, mode) }

// SyncDir does nothing on Windows, which has no such call and needs none.
func (real) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

type reader struct {
	*os.File
	size int64
}

func (r *reader) Size() int64 { return r.size }

func (real) Open(name string) (Reader, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &reader{f, info.Size()}, nil
}

// ReadFile returns the content of a regular file of at most limit bytes. Larger ones, such as a file
// that was extended to a terabyte of zeros, are a *regular.SizeError and not read.
func ReadFile(on FS, name string, limit int64) ([]byte, error) {
	f, err := on.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := f.Size()
	if size > limit {
		return nil, &regular.SizeError{Name: name, Size: size, Limit: limit}
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

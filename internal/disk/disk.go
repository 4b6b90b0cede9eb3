// Package disk is the part of a file system that durable files need, as an interface, so that the
// order of writes, fsyncs and renames can be tested against disks that fail.
// Real is the operating system; package disktest has the others.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"

	"kac/internal/regular"
)

// File is a file open for writing.
type File interface {
	io.Writer
	Name() string
	Chmod(mode fs.FileMode) error
	Sync() error
	Close() error
}

// FS is what durable files need of a file system; each method is that of package os.
type FS interface {
	CreateTemp(dir, pattern string) (File, error)
	ReadFile(name string) ([]byte, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	MkdirAll(name string, mode fs.FileMode) error
	SyncDir(name string) error // makes creations, renames and removals in a directory durable
}

// Real is the operating system's file system.
var Real FS = real{}

type real struct{}

func (real) CreateTemp(dir, pattern string) (File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err // not f: a nil *os.File is not a nil File
	}
	return f, nil
}

// maxRead bounds what ReadFile takes into memory: a sparse file says that it is larger than any memory.
const maxRead = 1 << 36

// ReadFile reads regular files alone, so that a pipe or a device in a file's place is an error and no endless wait.
func (real) ReadFile(name string) ([]byte, error)         { return regular.ReadFile(name, maxRead) }
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

// Package disktest has file systems that fail as tests ask them to.
//
//	Memory  files in memory, with a power switch: what was not synced may be lost
//	Faulty  another FS whose n-th operation fails, writes short, or is the last one
package disktest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"kac/internal/disk"
)

// Kinds of operation, as Faulty names them.
const (
	OpCreate  = "create"
	OpWrite   = "write"
	OpSync    = "fsync"
	OpClose   = "close"
	OpRead    = "read"
	OpReadDir = "readdir"
	OpStat    = "stat"
	OpRename  = "rename"
	OpRemove  = "remove"
	OpMakeDir = "mkdir"
	OpSyncDir = "fsync of a directory"
	OpLock    = "lock"
)

// Op is one operation on a file system.
type Op struct {
	N    int    // 1, 2, ...
	Kind string // OpCreate, ...
	Path string // of a rename, the new name
}

// Faulty is a disk.FS that asks Fail before each operation and, if the answer is not nil, does not do
// it and returns that error. ErrShort lets half of a write through first. Safe for concurrent use
// if Base is.
type Faulty struct {
	Base disk.FS
	Fail func(Op) error // nil: never

	mu  sync.Mutex
	ops int
}

// ErrCrashed is what every operation returns after a simulated end of the process.
var ErrCrashed = errors.New("the process has ended (injected)")

// ErrShort makes a write stop half way; other operations fail with it.
var ErrShort = fmt.Errorf("%w (injected)", io.ErrShortWrite)

// CrashAt lets operations 1 to n-1 happen and nothing after them: the process is killed at the
// boundary before operation n.
func CrashAt(n int) func(Op) error {
	return func(o Op) error {
		if o.N >= n {
			return ErrCrashed
		}
		return nil
	}
}

// FailAt fails operation n alone.
func FailAt(n int, err error) func(Op) error {
	return func(o Op) error {
		if o.N == n {
			return fmt.Errorf("%s %s (injected): %w", o.Kind, o.Path, err)
		}
		return nil
	}
}

// FailEvery fails every n-th operation.
func FailEvery(n int, err error) func(Op) error {
	return func(o Op) error {
		if o.N%n == 0 {
			return fmt.Errorf("%s %s (injected): %w", o.Kind, o.Path, err)
		}
		return nil
	}
}

// Ops is the number of operations so far, failed ones included.
func (f *Faulty) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

func (f *Faulty) ask(kind, path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops++
	if f.Fail == nil {
		return nil
	}
	return f.Fail(Op{f.ops, kind, path})
}

type faultyFile struct {
	disk.File
	fs *Faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	err := f.fs.ask(OpWrite, f.Name())
	if err == nil {
		return f.File.Write(p)
	}
	n := 0
	if errors.Is(err, io.ErrShortWrite) {
		n, _ = f.File.Write(p[:len(p)/2])
	}
	return n, err
}

func (f *faultyFile) Sync() error {
	if err := f.fs.ask(OpSync, f.Name()); err != nil {
		return err
	}
	return f.File.Sync()
}

// Close gives the descriptor back in any case, as close(2) does.
func (f *faultyFile) Close() error {
	return errors.Join(f.fs.ask(OpClose, f.Name()), f.File.Close())
}

// CreateTemp counts as OpCreate; the methods below likewise.
func (f *Faulty) CreateTemp(dir, pattern string) (disk.File, error) {
	if err := f.ask(OpCreate, dir); err != nil {
		return nil, err
	}
	file, err := f.Base.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f}, nil
}

func (f *Faulty) Open(name string) (disk.Reader, error) {
	if err := f.ask(OpRead, name); err != nil {
		return nil, err
	}
	return f.Base.Open(name)
}

func (f *Faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.ask(OpReadDir, name); err != nil {
		return nil, err
	}
	return f.Base.ReadDir(name)
}

func (f *Faulty) Stat(name string) (fs.FileInfo, error) {
	if err := f.ask(OpStat, name); err != nil {
		return nil, err
	}
	return f.Base.Stat(name)
}

func (f *Faulty) Rename(from, to string) error {
	if err := f.ask(OpRename, to); err != nil {
		return err
	}
	return f.Base.Rename(from, to)
}

func (f *Faulty) Remove(name string) error {
	if err := f.ask(OpRemove, name); err != nil {
		return err
	}
	return f.Base.Remove(name)
}

func (f *Faulty) MkdirAll(name string, mode fs.FileMode) error {
	if err := f.ask(OpMakeDir, name); err != nil {
		return err
	}
	return f.Base.MkdirAll(name, mode)
}

func (f *Faulty) SyncDir(name string) error {
	if err := f.ask(OpSyncDir, name); err != nil {
		return err
	}
	return f.Base.SyncDir(name)
}

func (f *Faulty) Lock(dir string) (release func(), err error) {
	if err := f.ask(OpLock, dir); err != nil {
		return func() {}, err
	}
	return f.Base.Lock(dir)
}

package disktest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"kac/internal/disk"
	"kac/internal/regular"
)

// Memory is a file system in memory that keeps apart what programs see and what a disk has: data
// reaches the disk at Sync, names at SyncDir. Directories are durable at once. Paths are cleaned and
// slashed; a directory exists after MkdirAll, the root "." always. Safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	seen  map[string]*inode // names as programs see them
	disk  map[string]*inode // names that would survive a power loss
	dirs  map[string]bool
	count int // of temporary names
}

type inode struct {
	data, synced []byte
	mode         fs.FileMode
}

// NewMemory returns an empty file system.
func NewMemory() *Memory {
	return &Memory{seen: map[string]*inode{}, disk: map[string]*inode{}, dirs: map[string]bool{".": true}}
}

// Loss says what a power loss keeps of that which was not synced.
type Loss struct {
	Names bool // creations, renames and removals that SyncDir has not seen did reach the disk
	Data  bool // unsynced data did reach the disk
}

// PowerLoss returns the file system that a machine finds when it starts again.
func (m *Memory) PowerLoss(keeps Loss) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := NewMemory()
	for dir := range m.dirs {
		after.dirs[dir] = true
	}
	names := m.disk
	if keeps.Names {
		names = m.seen
	}
	for name, node := range names {
		data := node.synced
		if keeps.Data {
			data = node.data
		}
		n := &inode{data: slices.Clone(data), synced: slices.Clone(data), mode: node.mode}
		after.seen[name], after.disk[name] = n, n
	}
	return after
}

func clean(name string) string { return path.Clean(filepath.ToSlash(name)) }

func missing(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

type memoryFile struct {
	fs   *Memory
	name string
	node *inode
}

func (f *memoryFile) Name() string { return f.name }
func (f *memoryFile) Close() error { return nil }

func (f *memoryFile) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.data = append(f.node.data, p...)
	return len(p), nil
}

func (f *memoryFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.synced = slices.Clone(f.node.data)
	return nil
}

// CreateTemp puts a number in place of the pattern's star.
func (m *Memory) CreateTemp(dir, pattern string) (disk.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dirs[clean(dir)] {
		return nil, missing("createtemp", dir)
	}
	m.count++
	name := path.Join(clean(dir), strings.Replace(pattern, "*", fmt.Sprint(m.count), 1))
	node := &inode{mode: 0o644} // as with the usual umask
	m.seen[name] = node
	return &memoryFile{m, name, node}, nil
}

type memoryReader struct {
	*bytes.Reader
}

func (memoryReader) Close() error { return nil }

func (m *Memory) Open(name string) (disk.Reader, error) {
	m.mu.Lock()
	isDir := m.dirs[clean(name)]
	m.mu.Unlock()
	if isDir {
		return nil, &regular.KindError{Name: name, Kind: "a directory"}
	}
	data, err := m.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return memoryReader{bytes.NewReader(data)}, nil
}

// Lock excludes nobody: a process that ended in a test would hold it for good.
func (m *Memory) Lock(dir string) (release func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dirs[clean(dir)] {
		return nil, missing("lock", dir)
	}
	return func() {}, nil
}

// ReadFile returns a file's content, for tests.
func (m *Memory) ReadFile(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	node, ok := m.seen[clean(name)]
	if !ok {
		return nil, missing("open", name)
	}
	return slices.Clone(node.data), nil
}

// view is the present content for the reading methods, which fstest.MapFS has.
func (m *Memory) view() fstest.MapFS {
	v := fstest.MapFS{}
	for dir := range m.dirs {
		v[dir] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	}
	for name, node := range m.seen {
		v[name] = &fstest.MapFile{Data: node.data, Mode: node.mode, ModTime: time.Unix(0, 0)}
	}
	return v
}

func (m *Memory) ReadDir(name string) ([]fs.DirEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.view().ReadDir(clean(name))
}

func (m *Memory) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.view().Stat(clean(name))
}

func (m *Memory) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	node, ok := m.seen[clean(from)]
	if !ok {
		return missing("rename", from)
	}
	if !m.dirs[path.Dir(clean(to))] {
		return missing("rename", to)
	}
	delete(m.seen, clean(from))
	m.seen[clean(to)] = node
	return nil
}

func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.seen[clean(name)]; !ok {
		return missing("remove", name)
	}
	delete(m.seen, clean(name))
	return nil
}

func (m *Memory) MkdirAll(name string, _ fs.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for dir := clean(name); !m.dirs[dir]; dir = path.Dir(dir) {
		if m.seen[dir] != nil {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrExist}
		}
		m.dirs[dir] = true
	}
	return nil
}

func (m *Memory) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir := clean(name)
	if !m.dirs[dir] {
		return missing("sync", name)
	}
	for n := range m.disk {
		if path.Dir(n) == dir && m.seen[n] == nil {
			delete(m.disk, n)
		}
	}
	for n, node := range m.seen {
		if path.Dir(n) == dir {
			m.disk[n] = node
		}
	}
	return nil
}

// Package atomicfile replaces files so that a reader, or a machine that loses power, sees the old
// content or the new one and never a mixture: temporary file in the same directory, write, fsync,
// rename, fsync of the directory.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"

	"kac/internal/disk"
	"kac/internal/regular"
)

// Write replaces the file at path with what fill writes. If fill or any system call fails, path
// keeps its old content (or stays absent) and the temporary file is removed. A failed fsync is
// reported and not retried: after a failed fsync the kernel may have dropped the data.
func Write(path string, fill func(io.Writer) error) error {
	return WriteOn(disk.Real, path, fill)
}

// WriteOn is Write on any file system.
func WriteOn(on disk.FS, path string, fill func(io.Writer) error) error {
	staged, err := Stage(on, path, fill)
	if err != nil {
		return err
	}
	return staged.Commit()
}

// Staged is new content of a file, whole and durable under a temporary name.
type Staged struct {
	on         disk.FS
	temp, path string
}

// Stage writes the new content of path beside it. Commit or Discard must follow.
func Stage(on disk.FS, path string, fill func(io.Writer) error) (*Staged, error) {
	// A rename would put the file in the place of a pipe, a device, or a link to one, that is not ours.
	if info, err := on.Stat(path); err == nil {
		if err := regular.Check(path, info); err != nil {
			return nil, fmt.Errorf("writing %s: %w", path, err)
		}
	}
	tmp, err := on.CreateTemp(filepath.Dir(path), pattern)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	if err := write(tmp, fill); err != nil {
		_ = on.Remove(tmp.Name()) // the first error is the one to tell
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return &Staged{on, tmp.Name(), path}, nil
}

// write fills, syncs and closes tmp.
func write(tmp disk.File, fill func(io.Writer) error) (err error) {
	defer func() {
		if closed := tmp.Close(); err == nil {
			err = closed
		}
	}()
	buffered := bufio.NewWriterSize(tmp, 1<<16)
	if err := fill(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return tmp.Sync()
}

// Commit puts the content in the file's place. After an error the file holds the old content or the
// new one, and no temporary file is left if it can be removed.
func (s *Staged) Commit() error {
	if err := s.on.Rename(s.temp, s.path); err != nil {
		_ = s.on.Remove(s.temp) // the first error is the one to tell
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	if err := s.on.SyncDir(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	return nil
}

// Discard removes the content again.
func (s *Staged) Discard() error {
	if err := s.on.Remove(s.temp); err != nil {
		return fmt.Errorf("writing %s: %w", s.path, err)
	}
	return nil
}

// WriteBytes replaces the file at path with data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// MakeDir creates dir and its parents, makes the new entries durable, and checks that files can be
// created in it, so that a long computation does not end at a directory it cannot write.
func MakeDir(dir string) error { return MakeDirOn(disk.Real, dir) }

// MakeDirOn is MakeDir on any file system.
func MakeDirOn(on disk.FS, dir string) error {
	if err := on.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("creating the directory %s: %w", dir, err)
	}
	probe, err := on.CreateTemp(dir, pattern)
	if err != nil {
		return fmt.Errorf("the directory %s is not writable: %w", dir, err)
	}
	_ = probe.Close()
	if err := on.Remove(probe.Name()); err != nil {
		return fmt.Errorf("the directory %s is not writable: %w", dir, err)
	}
	if err := on.SyncDir(filepath.Dir(filepath.Clean(dir))); err != nil {
		return fmt.Errorf("creating the directory %s: %w", dir, err)
	}
	return nil
}

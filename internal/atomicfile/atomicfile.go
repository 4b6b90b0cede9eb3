// Package atomicfile replaces files so that a reader, or a machine that loses power, sees the old
// content or the new one and never a mixture: temporary file in the same directory, write, fsync,
// rename, fsync of the directory.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// The temporary names: a leading dot keeps them out of listings, and RemoveLeftovers finds
// those that a killed process left behind.
const pattern = ".kac-*.partial"

// Write replaces the file at path with what fill writes. If fill or any system call fails, path
// keeps its old content (or stays absent) and the temporary file is removed. A failed fsync is
// reported and not retried: after a failed fsync the kernel may have dropped the data.
func Write(path string, fill func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", path, err)
			_ = tmp.Close() // already closed on the late paths; the first error is the one to tell
			_ = os.Remove(tmp.Name())
		}
	}()

	buffered := bufio.NewWriterSize(tmp, 1<<16)
	if err := fill(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	// CreateTemp makes files private to the user; results are meant to be shared like any output.
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// WriteBytes replaces the file at path with data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// RemoveLeftovers deletes temporary files that a killed process left in dir. The caller must be
// the only writer of dir.
func RemoveLeftovers(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return fmt.Errorf("listing leftovers in %s: %w", dir, err)
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.Remove(name))
	}
	return errors.Join(errs...)
}

// MakeDir creates dir and its parents, makes the new entries durable, and checks that files can be
// created in it, so that a long computation does not end at a directory it cannot write.
func MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("creating the directory %s: %w", dir, err)
	}
	probe, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return fmt.Errorf("the directory %s is not writable: %w", dir, err)
	}
	_ = probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return fmt.Errorf("the directory %s is not writable: %w", dir, err)
	}
	return syncDir(filepath.Dir(filepath.Clean(dir)))
}

// syncDir makes a rename durable. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

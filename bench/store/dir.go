package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"

	"kac/internal/atomicfile"
	"kac/internal/disk"
)

// File is a file of a run and what fills it.
type File struct {
	Name string
	Fill func(io.Writer) error
}

// Found is what a look at a directory has found of a run.
type Found int

// Findings, from nothing to all.
const (
	Nothing Found = iota // or a run under way
	Tables               // a complete run whose tables are as they were written, not all of its pictures
	All                  // every file of a complete run, as it was written: nothing need be written
)

// Dir is a claimed directory.
type Dir struct {
	on      disk.FS
	path    string
	name    string // of the record
	record  any    // what that file holds; seals are within
	seals   *Seals
	before  func() // a record is written; nil: nothing to do
	release func()
	notes   []string
}

// Claim locks a directory for this process, creating it if need be, and removes what killed processes
// left. look reads what is there: before anything is written, and again when nobody else can change
// it. Where it finds all, the directory is neither locked nor written, and where it finds the tables it
// need not be writable.
func Claim(on disk.FS, path string, look func() (Found, error)) (*Dir, error) {
	d := &Dir{on: on, path: path, name: RunFile, release: func() {}}
	found, err := look()
	if err != nil {
		return nil, err
	}
	if found == All {
		_ = atomicfile.RemoveLeftoversOn(on, path) // if the directory can be written
		return d, nil
	}
	if err := atomicfile.MakeDirOn(on, path); err != nil {
		if found == Tables && notWritable(err) {
			return d, nil
		}
		return nil, err
	}
	release, err := on.Lock(path)
	switch {
	case errors.Is(err, disk.ErrNoLocks):
		d.notes = append(d.notes, fmt.Sprintf("%s: %v: see to it that no other kac process writes there", path, err))
	case err != nil:
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	d.release = release
	_, err = look()
	if err = errors.Join(err, atomicfile.RemoveLeftoversOn(on, path)); err != nil {
		release()
		return nil, err
	}
	return d, nil
}

// Share is for a directory that is not of the run alone, such as one with other reports: the run's
// record has a name of its own there, nothing is locked, and files of a living process stay.
func Share(on disk.FS, path, record string, look func() error) (*Dir, error) {
	if err := look(); err != nil {
		return nil, err
	}
	if err := atomicfile.MakeDirOn(on, path); err != nil {
		return nil, err
	}
	if err := atomicfile.RemoveLeftoversOn(on, path); err != nil {
		return nil, err
	}
	return &Dir{on: on, path: path, name: record, release: func() {}}, nil
}

// notWritable tells a directory that may not be written from a disk that fails.
func notWritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// Notes are what a person should know about the directory, one line each.
func (d *Dir) Notes() []string { return d.notes }

// Close lets others have the directory.
func (d *Dir) Close() { d.release() }

// Record says what the directory's record is; seals are those within it, and stamp, which may be nil,
// is called before it is written.
func (d *Dir) Record(record any, seals *Seals, stamp func()) {
	d.record, d.seals, d.before = record, seals, stamp
}

// WriteRecord replaces the record's file.
func (d *Dir) WriteRecord() error {
	if d.before != nil {
		d.before()
	}
	data, err := Encode(d.name, d.record, d.seals)
	if err != nil {
		return err
	}
	return atomicfile.WriteOn(d.on, filepath.Join(d.path, d.name), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace replaces files, in order: it writes all of them beside the old ones, so that a full disk
// leaves what was there, then a record with the checksums of old and new contents, and then puts them
// in their places. Wherever the process is killed, what is there has a checksum that fits. The record
// on the disk keeps the old checksums until WriteRecord or the next Replace.
func (d *Dir) Replace(files ...File) (err error) {
	var staged []*atomicfile.Staged
	defer func() {
		if err != nil {
			for _, left := range staged {
				_ = left.Discard() // the first error is the one to tell
			}
		}
	}()
	before, next := make([]content, len(files)), make([]content, len(files))
	for i, f := range files {
		one, err := atomicfile.Stage(d.on, filepath.Join(d.path, f.Name), measured(f.Fill, &next[i]))
		if err != nil {
			return err
		}
		staged = append(staged, one)
	}
	for i, f := range files {
		before[i] = d.seals.of(f.Name)
		d.seals.set(f.Name, before[i].and(next[i]))
	}
	if err := d.WriteRecord(); err != nil {
		for i, f := range files {
			d.seals.set(f.Name, before[i])
		}
		return err
	}
	for i, f := range files {
		one := staged[0]
		staged = staged[1:]
		if err := one.Commit(); err != nil {
			return err
		}
		d.seals.set(f.Name, next[i])
	}
	return nil
}

// Remove removes files that a run which is not complete has no use for any more, and their checksums from the record
// that is written next.
func (d *Dir) Remove(names ...string) error {
	for _, name := range names {
		if err := d.on.Remove(filepath.Join(d.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", name, err)
		}
		d.seals.set(name, content{})
	}
	if len(names) == 0 {
		return nil
	}
	if err := d.on.SyncDir(d.path); err != nil {
		return fmt.Errorf("removing files of %s: %w", d.path, err)
	}
	return nil
}

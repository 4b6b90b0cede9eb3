package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"kac/bench/store"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/regular"
	"kac/internal/sealed"
)

// foreign is what every other command with results leaves in their directory.
const foreign = store.RunFile

// open gives the study its horizons and claims dir for it, creating it if need be. A directory that
// holds something else is refused with an InputError before anything is written. The record is what
// an earlier process left.
func (s *Study) open(ctx context.Context, dir string, o Options) (*Record, error) {
	before, err := s.look(dir, o)
	if err != nil && !errors.As(err, new(*unresolvedError)) {
		return nil, err
	}
	if before == nil {
		err = s.Resolve(ctx, func(group string) { o.Progress(0, "the horizon of "+group) })
		if err != nil {
			return nil, err
		}
	}
	if err := atomicfile.MakeDirOn(o.FS, dir); err != nil {
		return nil, err
	}
	lock, err := wait(ctx, o.claims, filepath.Join(dir, studyLock))
	if err != nil {
		return nil, err
	}
	defer lock.remove()
	// Another process may have been here since.
	if before, err = s.look(dir, o); err != nil {
		return nil, err
	}
	if before == nil {
		if s.grown != nil {
			if err := s.goOn(dir, s.grown, o); err != nil {
				return nil, err
			}
			if err := removeIfThere(o.FS, filepath.Join(dir, SumsFile)); err != nil { // of the tables before
				return nil, err
			}
		}
		record, err := s.record()
		if err != nil {
			return nil, err
		}
		if err := writeRecord(o.FS, dir, record); err != nil {
			return nil, err
		}
		before = &record
	}
	return before, s.makeDirs(dir, o.FS)
}

// look reads the directory's record and adopts it; nil if there is none, or a damaged one, which is
// no loss where there are cells: it is made of the study file, and cells know their study.
func (s *Study) look(dir string, o Options) (*Record, error) {
	s.grown = nil
	for _, name := range append(s.outputs(), SumsFile) { // they would be removed or replaced
		path := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := o.FS.Stat(path); err == nil {
			if err := regular.Check(path, info); err != nil {
				return nil, err
			}
		}
	}
	r, err := readRecord(o.FS, dir)
	version := (*sealed.VersionError)(nil)
	switch {
	case errors.As(err, &version):
		return nil, refuse("out", dir, "%s is a %s; choose another directory", StudyFile, version)
	case errors.Is(err, sealed.ErrDamaged) && !s.vouched(dir, o.FS):
		return nil, refuse("out", dir, "holds a %s that is damaged or that no kac sweep wrote, and no cells that tell; choose another directory", StudyFile)
	case errors.Is(err, sealed.ErrDamaged):
		o.Note(fmt.Sprintf("%v; it is written again", err))
		return nil, nil
	case err != nil:
		return nil, err
	case r != nil:
		failed := s.adopt(dir, r)
		if failed == nil {
			return r, nil
		}
		what, grows := s.grows(r)
		if !grows && !s.resolved() && len(r.Groups) == len(s.Groups) {
			return nil, &unresolvedError{failed}
		}
		if !grows {
			return nil, failed
		}
		s.grown = r
		o.Note(fmt.Sprintf("%s holds the study without what is new: %s; the cells that are there are not run again", dir, what))
		return nil, nil // study.json is written anew
	}
	if store.Holds(o.FS, dir, foreign) {
		return nil, refuse("out", dir, "holds %s but no %s: the results of another command; choose another directory", foreign, StudyFile)
	}
	if name := s.foreign(dir, o.FS); name != "" && !s.vouched(dir, o.FS) {
		return nil, refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, StudyFile)
	}
	return nil, nil
}

// unresolvedError refuses a directory whose study may be one that grows to the times that the study has still to find.
type unresolvedError struct{ error }

func (e *unresolvedError) Unwrap() error { return e.error }

// foreign names a file that a study would replace; "" if there is none.
func (s *Study) foreign(dir string, on disk.FS) string {
	for _, name := range append(s.outputs(), SumsFile) {
		if store.Holds(on, filepath.Dir(filepath.Join(dir, filepath.FromSlash(name))), path.Base(name)) {
			return name
		}
	}
	return ""
}

// vouched reports whether the directory holds cells or checkpoints, which are under a seal of kac's.
func (s *Study) vouched(dir string, on disk.FS) bool {
	groups, err := on.ReadDir(filepath.Join(dir, cellsDir))
	if err != nil {
		return false
	}
	for _, group := range groups {
		entries, err := on.ReadDir(filepath.Join(dir, cellsDir, group.Name()))
		if err != nil {
			continue
		}
		for _, e := range entries {
			if sealed.Looks(on, filepath.Join(dir, cellsDir, group.Name(), e.Name())) {
				return true
			}
		}
	}
	return false
}

// Finished reports whether the directory holds the tables of the study.
func (s *Study) Finished(dir string, o Options) bool { return s.finished(dir, o.filled()) != nil }

// finished reads the record of a study whose tables are written, nil for any other: what needs no
// writing needs no lock either, and a directory that can be written.
func (s *Study) finished(dir string, o Options) *Record {
	o.Note = func(string) {} // told of when it is opened
	r, err := s.look(dir, o)
	if err != nil || r == nil || !r.Complete {
		return nil
	}
	return r
}

func (s *Study) makeDirs(dir string, on disk.FS) error {
	for _, g := range s.Groups {
		cells := filepath.Join(dir, cellsDir, g.Name)
		if _, err := on.Stat(cells); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("looking for %s: %w", cells, err)
		}
		if err := on.MkdirAll(cells, 0o777); err != nil {
			return fmt.Errorf("creating %s: %w", cells, err)
		}
	}
	for _, made := range []string{filepath.Join(dir, cellsDir), dir} {
		if err := on.SyncDir(made); err != nil {
			return fmt.Errorf("creating %s: %w", made, err)
		}
	}
	return nil
}

// present joins the processes that run cells in dir; if it is the only one, it first removes the
// temporary files that killed ones have left. A shard does not: on a file system whose locks are each
// machine's own it would take the files of the other shards for left ones. Merge cleans after them.
func (s *Study) present(ctx context.Context, dir string, o Options) (held, error) {
	lockFile := filepath.Join(dir, runLock)
	alone, err := o.claims.try(lockFile, false)
	if err == nil {
		if o.Of == 1 {
			err = s.clean(dir, o.FS)
		}
		alone.release()
	}
	if err != nil && !errors.Is(err, disk.ErrLocked) {
		return nil, err
	}
	for {
		lock, err := o.claims.try(lockFile, true)
		if !errors.Is(err, disk.ErrLocked) { // by one that cleans
			return lock, err
		}
		if err := sleep(ctx, lockPoll/10); err != nil {
			return nil, err
		}
	}
}

func (s *Study) clean(dir string, on disk.FS) error {
	for _, g := range s.Groups {
		if err := atomicfile.RemoveLeftoversOn(on, filepath.Join(dir, cellsDir, g.Name)); err != nil {
			return err
		}
	}
	return nil
}

// again marks a study as not complete whose cells must be run again.
func (s *Study) again(ctx context.Context, dir string, o Options) error {
	lock, err := wait(ctx, o.claims, filepath.Join(dir, studyLock))
	if err != nil {
		return err
	}
	defer lock.remove()
	if err := removeIfThere(o.FS, filepath.Join(dir, SumsFile)); err != nil {
		return err
	}
	record, err := s.record()
	if err != nil {
		return err
	}
	return writeRecord(o.FS, dir, record)
}

func removeIfThere(on disk.FS, name string) error {
	if err := on.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	return nil
}

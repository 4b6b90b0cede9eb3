package training

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"

	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// errOther says that a whole checkpoint belongs to a run with other parameters.
var errOther = errors.New("of a run with other parameters")

// Check looks at all files of a training's directory, finished or not: those that run.json tells of, and
// the checkpoints, which must be of that run. Errors are those of store.Check.
func Check(on disk.FS, dir string) (*store.Checked, error) {
	out := &store.Checked{Program: program}
	var record *Record
	if store.Holds(on, dir, store.RunFile) {
		var err error
		if out, err = store.Check(on, dir, store.RunFile); err != nil {
			return nil, err
		}
		record = recorded(on, dir)
	}
	path := filepath.Join(dir, CheckpointFile)
	for _, name := range []string{path, sealed.Previous(path)} {
		c, err := readCheckpoint(on, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil && !store.IsBad(err):
			return nil, err
		case err == nil && record != nil && !reflect.DeepEqual(c.Parameters, record.Parameters):
			err = errOther
		case err == nil && !c.fits():
			err = fmt.Errorf("%w: it does not hold what it should", sealed.ErrDamaged)
		}
		out.Add(dir, filepath.Base(name), err)
	}
	return out, nil
}

// recorded is run.json, nil if it cannot be read.
func recorded(on disk.FS, dir string) *Record {
	var r Record
	if is, err := store.ReadRecord(on, dir, program, &r); err != nil || !is {
		return nil
	}
	return &r
}

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// ResultRecord is the record of a study that is computed in one go.
type ResultRecord struct {
	Program    string          `json:"program"`
	Format     int             `json:"format"`
	Complete   bool            `json:"complete"`
	Parameters json.RawMessage `json:"parameters"`
	bench.Session
	Seals
}

// Results are the output directory of such a study. The same study may be computed again into it; a
// finished one whose files would not change is not written again.
type Results struct {
	on     disk.FS
	path   string
	dir    *Dir
	record ResultRecord
	before Seals // of a finished run that is whole
	found  Found
	files  []string
	kept   bool // the study keeps its finished cells in Unfinished
	start  time.Time
}

// Unfinished is the file in which a study that is interrupted keeps its finished cells, until Finish removes it.
const Unfinished = "unfinished.csv"

// OpenResults claims dir for program with the given parameters, creating it if need be. A directory
// that holds something else under one of the names of files is refused with an InputError, before
// anything is written. If Unfinished is among files, it is there only until the study is finished.
func OpenResults(on disk.FS, dir, program string, parameters any, session bench.Session, files ...string) (*Results, error) {
	encoded, err := json.Marshal(parameters)
	if err != nil {
		return nil, fmt.Errorf("encoding the parameters: %w", err)
	}
	s := &Results{on: on, path: dir, start: time.Now()}
	for _, name := range files {
		if s.kept = s.kept || name == Unfinished; name != Unfinished {
			s.files = append(s.files, name)
		}
	}
	s.record = ResultRecord{Program: program, Format: RecordFormat, Parameters: encoded, Session: session}
	s.record.StartTime = s.start.UTC().Format(time.RFC3339)
	return s, s.claim(s.look)
}

// claim takes the directory, and says in it whose it is.
func (s *Results) claim(look func() (Found, error)) error {
	dir, err := Claim(s.on, s.path, look)
	if err != nil {
		return err
	}
	s.dir = dir
	dir.Record(&s.record, &s.record.Seals, func() { s.record.WallTime = time.Since(s.start).Seconds() })
	if s.found == All {
		return nil
	}
	if err := dir.WriteRecord(); err != nil {
		dir.Close()
		return err
	}
	return nil
}

// look compares all files with their checksums. What is not as it was written is made again.
func (s *Results) look() (Found, error) {
	s.found, s.record.Seals = Nothing, Seals{}
	names := s.files
	if s.kept {
		names = append(names[:len(names):len(names)], Unfinished)
	}
	data, err := Read(s.on, s.path, RunFile, s.record.Program, names...)
	if data == nil {
		return Nothing, err
	}
	var before ResultRecord
	if err := json.Unmarshal(data, &before); err != nil {
		return Nothing, Damaged(filepath.Join(s.path, RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	if err := bench.OtherParameters(s.path, before.Parameters, s.record.Parameters); err != nil {
		return Nothing, err
	}
	whole := before.Complete
	for _, name := range names {
		one, err := before.Verify(s.on, s.path, RunFile, name)
		switch {
		case err == nil:
			s.record.Adopt(one)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, sealed.ErrDamaged):
			whole = whole && name == Unfinished
		default:
			return Nothing, fmt.Errorf("reading what the output directory holds: %w", err)
		}
	}
	s.before = s.record.Seals
	if whole {
		s.found = All
	}
	return s.found, nil
}

// Notes are what a person should know about the directory, one line each.
func (s *Results) Notes() []string { return s.dir.Notes() }

// Finish writes the tables, then a complete record, then the pictures; a picture that fails is a
// *PictureError. Of a finished run nothing is written if its files would be as they are.
func (s *Results) Finish(tables, pictures []File) error {
	if s.found == All {
		if s.same(tables, pictures) {
			return nil
		}
		// Another build gives other last digits: now the directory must be ours.
		if err := s.claim(func() (Found, error) { _, err := s.look(); s.found = Nothing; return Nothing, err }); err != nil {
			return err
		}
	}
	if err := s.dir.Replace(tables...); err != nil {
		return err
	}
	s.record.Complete = true
	if err := s.discard(); err != nil {
		return err
	}
	if err := s.dir.WriteRecord(); err != nil {
		return err
	}
	return s.dir.Draw(pictures...)
}

// discard removes the cells of an unfinished study, once the tables are written. A process that is killed meanwhile
// leaves a record by which they may or may not be there.
func (s *Results) discard() error {
	if len(s.record.Sums[Unfinished]) == 0 {
		return nil
	}
	s.record.Drawing = []string{Unfinished}
	if err := s.dir.WriteRecord(); err != nil {
		return err
	}
	if err := s.on.Remove(filepath.Join(s.path, Unfinished)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the cells of the unfinished study: %w", err)
	}
	s.record.Drawing = nil
	s.record.set(Unfinished, content{})
	return nil
}

// same reports whether all files would have the content that they have.
func (s *Results) same(lists ...[]File) bool {
	for _, list := range lists {
		for _, f := range list {
			var c content
			if err := measured(f.Fill, &c)(io.Discard); err != nil {
				return false // it will be told of when it is written
			}
			if known := s.before.Sums[f.Name]; len(known) == 0 || known[0] != c.sums[0] {
				return false
			}
		}
	}
	return true
}

// Close lets others have the directory.
func (s *Results) Close() { s.dir.Close() }

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"kac/bench"
	"kac/internal/disk"
)

// ResultRecord is the record of a study that is computed in one go.
type ResultRecord struct {
	Opening
	Parameters json.RawMessage `json:"parameters"`
	Closing
}

// Results are the output directory of such a study. The same study may be computed again into it; a
// finished one whose files would not change is not written again.
type Results struct {
	*Run
	record ResultRecord
	before Seals // of a finished run that is whole
	files  []string
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
	s := &Results{files: files, record: ResultRecord{Parameters: encoded}}
	s.Run = NewRun(on, dir, program, &s.record, session, files...)
	return s, s.claim(s.look)
}

// claim takes the directory, and says in it whose it is.
func (s *Results) claim(look func() (Found, error)) error {
	if err := s.Claim(look); err != nil || s.Drawn() {
		return err
	}
	if err := s.WriteRecord(); err != nil {
		s.Close()
		return err
	}
	return nil
}

// look compares all files with their checksums. What is not as it was written is made again.
func (s *Results) look() (Found, error) {
	var before ResultRecord
	is, err := s.Look(&before)
	if !is {
		return Nothing, err
	}
	if err := bench.OtherParameters(s.path, before.Parameters, s.record.Parameters); err != nil {
		return Nothing, err
	}
	if err := s.Verify(s.files, nil); err != nil {
		return Nothing, err
	}
	s.before = s.record.Seals
	for _, name := range s.files {
		if name != Unfinished && !s.Whole(name) {
			return Nothing, nil
		}
	}
	if before.Complete {
		return All, nil
	}
	return Nothing, nil
}

// Finish writes the tables, then a complete record, then the pictures; a picture that fails is a
// *PictureError. Of a finished run nothing is written if its files would be as they are.
func (s *Results) Finish(tables, pictures []File) error {
	if s.Drawn() {
		if s.same(tables, pictures) {
			return nil
		}
		// Another build gives other last digits: now the directory must be ours.
		if err := s.claim(func() (Found, error) { _, err := s.look(); return Nothing, err }); err != nil {
			return err
		}
	}
	if err := s.Replace(tables...); err != nil {
		return err
	}
	s.record.Complete = true
	if err := s.discard(); err != nil {
		return err
	}
	if err := s.WriteRecord(); err != nil {
		return err
	}
	return s.Draw(pictures...)
}

// discard removes the cells of an unfinished study, once the tables are written. A process that is killed meanwhile
// leaves a record by which they may or may not be there.
func (s *Results) discard() error {
	if len(s.record.Sums[Unfinished]) == 0 {
		return nil
	}
	s.record.Drawing = []string{Unfinished}
	if err := s.WriteRecord(); err != nil {
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

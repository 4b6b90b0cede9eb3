package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/plotting"
	"kac/internal/sealed"
)

// ResultRecord is run.json of a study that is computed in one go.
type ResultRecord struct {
	Program    string          `json:"program"`
	Format     int             `json:"format"`
	Complete   bool            `json:"complete"`
	Parameters json.RawMessage `json:"parameters"`
	Session
	Seals
}

// ResultStore is the output directory of such a study: files are replaced whole, run.json last. The
// same study may be computed again into it.
type ResultStore struct {
	dir     string
	record  ResultRecord
	start   time.Time
	release func()
}

// OpenResults claims dir for program with the given parameters, creating it if need be. A directory
// that holds something else under one of the names of files is refused with an InputError, before
// anything is written.
func OpenResults(dir, program string, parameters any, session Session, files ...string) (*ResultStore, error) {
	encoded, err := json.Marshal(parameters)
	if err != nil {
		return nil, fmt.Errorf("encoding the parameters: %w", err)
	}
	s := &ResultStore{dir: dir, start: time.Now(), record: ResultRecord{Program: program, Format: RecordFormat, Parameters: encoded, Session: session}}
	if s.release, err = ClaimDir(dir, func() error { return s.check(files) }); err != nil {
		return nil, err
	}
	s.record.StartTime = s.start.UTC().Format(time.RFC3339)
	return s, nil
}

func (s *ResultStore) check(files []string) error {
	data, err := ReadRun(s.dir, s.record.Program, files...)
	if data == nil {
		return err
	}
	var before ResultRecord
	if err := json.Unmarshal(data, &before); err != nil {
		return DamagedRun(filepath.Join(s.dir, RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	return OtherParameters(s.dir, before.Parameters, s.record.Parameters)
}

// Write replaces a file.
func (s *ResultStore) Write(name string, fill func(io.Writer) error) error {
	return atomicfile.Write(filepath.Join(s.dir, name), s.record.Keep(name, fill))
}

// WritePicture replaces a file by a drawing as SVG.
func (s *ResultStore) WritePicture(name string, picture *plotting.Figure) error {
	return s.Write(name, func(w io.Writer) error { return picture.Write(w, "svg") })
}

// Begin writes run.json, not complete: it claims the directory for these parameters.
func (s *ResultStore) Begin() error { return s.writeRecord() }

// Finish writes run.json, complete.
func (s *ResultStore) Finish() error {
	s.record.Complete = true
	return s.writeRecord()
}

// Close lets others have the directory.
func (s *ResultStore) Close() { s.release() }

func (s *ResultStore) writeRecord() error {
	s.record.WallTime = time.Since(s.start).Seconds()
	return WriteRun(s.dir, &s.record, &s.record.Seals)
}

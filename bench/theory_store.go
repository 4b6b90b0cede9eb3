package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/plotting"
)

// ResultRecord is run.json of a study that is computed in one go.
type ResultRecord struct {
	Program    string          `json:"program"`
	Format     int             `json:"format"`
	Complete   bool            `json:"complete"`
	Parameters json.RawMessage `json:"parameters"`
	Session
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
	s := &ResultStore{dir: dir, start: time.Now(), record: ResultRecord{Program: program, Format: recordFormat, Parameters: encoded, Session: session}}
	if err := s.check(files); err != nil {
		return nil, err
	}
	if err := atomicfile.MakeDir(dir); err != nil {
		return nil, err
	}
	if s.release, err = atomicfile.Lock(dir); err != nil {
		return nil, err
	}
	if err := errors.Join(s.check(files), atomicfile.RemoveLeftovers(dir)); err != nil {
		s.release()
		return nil, err
	}
	s.record.StartTime = s.start.UTC().Format(time.RFC3339)
	return s, nil
}

func (s *ResultStore) check(files []string) error {
	path, data, err := readRun(s.dir, files)
	if data == nil {
		return err
	}
	var before ResultRecord
	if err := json.Unmarshal(data, &before); err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it or choose another directory", path, err)
	}
	if before.Program != s.record.Program || before.Format != s.record.Format {
		return refuse("out", s.dir, "holds a %q run of format %d, not one of %q; choose another directory", before.Program, before.Format, s.record.Program)
	}
	var old bytes.Buffer
	if err := json.Compact(&old, before.Parameters); err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it or choose another directory", path, err)
	}
	if !bytes.Equal(old.Bytes(), s.record.Parameters) {
		return refuse("out", s.dir, "holds a run with other parameters; choose another directory")
	}
	return nil
}

// Write replaces a file.
func (s *ResultStore) Write(name string, fill func(io.Writer) error) error {
	return atomicfile.Write(filepath.Join(s.dir, name), fill)
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
	return s.Write(RunFile, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(&s.record)
	})
}

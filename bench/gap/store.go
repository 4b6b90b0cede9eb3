package gap

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kac/bench"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/sealed"
	"kac/meanfield"
	"kac/particles"
)

// Files of a gap study.
const (
	File          = "gap.csv"
	ReferenceFile = "reference.csv"
	PictureFile   = "gap.svg"
)

const program = "kac gap"

// ReferenceRecord tells how the reference was solved.
type ReferenceRecord struct {
	Error       float64 `json:"error"` // largest over time, of the risk
	Panels      int     `json:"panels"`
	Nodes       int     `json:"nodes"`
	Steps       int     `json:"steps"`
	Evaluations int     `json:"right_hand_sides"`
}

// RunRecord is run.json: what was asked, by whom it was computed, and whether it is all there.
type RunRecord struct {
	Program    string          `json:"program"`
	Format     int             `json:"format"`
	Complete   bool            `json:"complete"`
	Parameters Parameters      `json:"parameters"`
	Reference  ReferenceRecord `json:"reference"`
	bench.Session
	Earlier []bench.Session `json:"earlier_sessions,omitempty"`
	bench.Seals
}

// Store is the directory of one study. Files in it are replaced whole. While one process holds
// it, others are refused.
type Store struct {
	dir      string
	problem  particles.Expectations
	record   RunRecord
	before   *RunRecord // what an earlier process left
	cells    []Cell     // finished, in the order of gap.csv
	damaged  []string   // of the other files
	complete bool
	solved   *meanfield.Reference
	start    time.Time
	saved    time.Time
	release  func()
}

// Open claims dir for a study with checked parameters, creating it if need be, and reads the
// cells that earlier processes finished. A directory that holds something else is refused with an
// bench.InputError, before anything is written.
func Open(dir string, p *Parameters, problem particles.Expectations, session bench.Session) (*Store, error) {
	s := &Store{dir: dir, problem: problem, start: time.Now()}
	release, err := bench.ClaimDir(dir, func() error { return s.readRecord(p) })
	if err != nil {
		return nil, err
	}
	s.release = release
	if err := s.claim(p, session); err != nil {
		release()
		return nil, err
	}
	return s, nil
}

// claim reads what the directory holds and begins a new session.
func (s *Store) claim(p *Parameters, session bench.Session) error {
	if err := s.readFiles(p); err != nil {
		return err
	}
	s.complete = s.isComplete(p)
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.record = RunRecord{Program: program, Format: bench.RecordFormat, Parameters: *p, Session: session, Seals: s.record.Seals}
	if s.before != nil {
		s.record.Earlier = s.before.Earlier
		if s.before.Session.Cells > 0 {
			s.record.Earlier = append(slices.Clone(s.before.Earlier), s.before.Session)
		}
	}
	return nil
}

// readRecord sets s.before, nil if the directory holds no study.
func (s *Store) readRecord(p *Parameters) error {
	s.before = nil
	data, err := bench.ReadRun(s.dir, program, File, ReferenceFile, PictureFile)
	if data == nil {
		return err
	}
	var record RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return bench.DamagedRun(filepath.Join(s.dir, bench.RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	if err := bench.OtherParameters(s.dir, record.Parameters, p); err != nil {
		return err
	}
	s.before = &record
	return nil
}

// readFiles compares the files with their checksums and reads the cells. Damaged cells are refused: to
// run them again or not is for the user to say. The other files are made of them.
func (s *Store) readFiles(p *Parameters) error {
	if s.before == nil {
		return nil
	}
	for _, name := range []string{File, ReferenceFile, PictureFile} {
		path := filepath.Join(s.dir, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading finished cells: %w", err)
		}
		err = s.before.Verify(name, data)
		if err != nil && name != File {
			s.damaged = append(s.damaged, fmt.Sprintf("%s is %v", path, err))
			continue
		}
		if err == nil && name == File {
			s.cells, err = ReadCSV(bytes.NewReader(data), s.problem.Name(), p)
		}
		if err != nil {
			return fmt.Errorf("%s: %w; remove it, and its cells are run again, or choose another directory", path, err)
		}
		sum := sha256.Sum256(data)
		s.record.Set(name, hex.EncodeToString(sum[:]))
	}
	return nil
}

// Cells returns the finished cells, by width and seed.
func (s *Store) Cells() []Cell { return s.cells }

// Damaged says which files, those of the cells apart, are not as they were written; Finish makes them
// again.
func (s *Store) Damaged() []string { return s.damaged }

// Complete reports whether, when the directory was claimed, the study was finished and all its files
// were there as they were written.
func (s *Store) Complete() bool { return s.complete }

// isComplete looks at what readFiles has found.
func (s *Store) isComplete(p *Parameters) bool {
	return s.before != nil && s.before.Complete && len(s.cells) == len(p.Widths)*p.Seeds && len(s.damaged) == 0 &&
		s.record.Sums[ReferenceFile] != nil && s.record.Sums[PictureFile] != nil
}

func (s *Store) all() int { return len(s.record.Parameters.Widths) * s.record.Parameters.Seeds }

// Changed says, for people, in what the process that made the finished cells differs from this one,
// if that can change the last digits; "" if it does not differ.
func (s *Store) Changed() string {
	if s.before == nil || len(s.cells) == 0 {
		return ""
	}
	return s.before.Session.Changed(&s.record.Session, s.record.Parameters.Precision)
}

// Begin writes the reference and the first run.json, not complete.
func (s *Store) Begin(r *meanfield.Reference) error {
	s.solved = r
	stats := r.Stats()
	s.record.Reference = ReferenceRecord{
		Error: r.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations,
	}
	rows := bench.ReferenceRows(r, s.record.Parameters.Times())
	return s.write(ReferenceFile, func(w io.Writer) error { return bench.WriteReferenceCSV(w, rows) })
}

// Between two saves of a running study.
const saveInterval = 5 * time.Second

// Add keeps a finished cell, and saves now and then.
func (s *Store) Add(c Cell) error {
	at, _ := slices.BinarySearchFunc(s.cells, c, compareCells)
	s.cells = slices.Insert(s.cells, at, c)
	s.record.Cells++
	if time.Since(s.saved) < saveInterval {
		return nil
	}
	return s.Save()
}

// Save writes the finished cells and a run.json that is not complete.
func (s *Store) Save() error {
	err := s.write(File, func(w io.Writer) error {
		return WriteCSV(w, s.problem.Name(), &s.record.Parameters, s.cells)
	})
	s.saved = time.Now()
	return err
}

// Points of the reference's curve in the picture.
const curvePoints = 301

// Finish writes the table, the picture, and last a complete run.json. Begin came before.
func (s *Store) Finish(summary *Summary) error {
	if err := s.Save(); err != nil {
		return err
	}
	p := &s.record.Parameters
	picture, err := Picture(s.problem, p, summary, bench.ReferenceRows(s.solved, bench.Grid(p.Horizon, curvePoints)), SolveLimit(context.Background(), s.problem, p.Horizon))
	if err != nil {
		return err
	}
	if err := s.write(PictureFile, func(w io.Writer) error { return picture.Write(w, "svg") }); err != nil {
		return err
	}
	s.record.Complete = len(s.cells) == s.all()
	return s.writeRecord()
}

// Close lets others have the directory.
func (s *Store) Close() { s.release() }

func (s *Store) writeRecord() error {
	s.record.WallTime = time.Since(s.start).Seconds()
	return bench.WriteRun(s.dir, &s.record, &s.record.Seals)
}

// write replaces a file, after a run.json that has the checksums of its old content and of the new:
// wherever the process is killed, what is there has a checksum that fits. The first run.json claims the
// directory for these parameters.
func (s *Store) write(name string, fill func(io.Writer) error) error {
	before := s.record.Sums[name]
	staged, err := atomicfile.Stage(disk.Real, filepath.Join(s.dir, name), s.record.Keep(name, fill))
	if err != nil {
		s.record.Set(name, before...)
		return err
	}
	next := s.record.Sums[name]
	s.record.Set(name, append(slices.Clone(before), next...)...)
	if err := s.writeRecord(); err != nil {
		_ = staged.Discard() // the first error is the one to tell
		return err
	}
	if err := staged.Commit(); err != nil {
		return err
	}
	s.record.Set(name, next...)
	return nil
}

package bench

import (
	"bytes"
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
	"strings"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/sealed"
	"kac/meanfield"
	"kac/particles"
)

// Files of a gap study.
const (
	GapFile       = "gap.csv"
	ReferenceFile = "reference.csv"
	PictureFile   = "gap.svg"
)

const gapProgram = "kac gap"

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
	Parameters GapParameters   `json:"parameters"`
	Reference  ReferenceRecord `json:"reference"`
	Session
	Earlier []Session `json:"earlier_sessions,omitempty"`
	Seals
}

// GapStore is the directory of one study. Files in it are replaced whole. While one process holds
// it, others are refused.
type GapStore struct {
	dir      string
	problem  *particles.Problem
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

// OpenGap claims dir for a study with checked parameters, creating it if need be, and reads the
// cells that earlier processes finished. A directory that holds something else is refused with an
// InputError, before anything is written.
func OpenGap(dir string, p *GapParameters, problem *particles.Problem, session Session) (*GapStore, error) {
	s := &GapStore{dir: dir, problem: problem, start: time.Now()}
	release, err := claimDir(dir, func() error { return s.readRecord(p) })
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
func (s *GapStore) claim(p *GapParameters, session Session) error {
	if err := s.readFiles(p); err != nil {
		return err
	}
	s.complete = s.isComplete(p)
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.record = RunRecord{Program: gapProgram, Format: recordFormat, Parameters: *p, Session: session, Seals: s.record.Seals}
	if s.before != nil {
		s.record.Earlier = s.before.Earlier
		if s.before.Session.Cells > 0 {
			s.record.Earlier = append(slices.Clone(s.before.Earlier), s.before.Session)
		}
	}
	return nil
}

// readRecord sets s.before, nil if the directory holds no study.
func (s *GapStore) readRecord(p *GapParameters) error {
	s.before = nil
	data, err := readRun(s.dir, gapProgram, GapFile, ReferenceFile, PictureFile)
	if data == nil {
		return err
	}
	var record RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return damagedRun(filepath.Join(s.dir, RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	differences, err := record.Parameters.differences(p)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		return refuse("out", s.dir, "holds a run with other parameters (%s); choose another directory", strings.Join(differences, "; "))
	}
	s.before = &record
	return nil
}

// readFiles compares the files with their checksums and reads the cells. Damaged cells are refused: to
// run them again or not is for the user to say. The other files are made of them.
func (s *GapStore) readFiles(p *GapParameters) error {
	if s.before == nil {
		return nil
	}
	for _, name := range []string{GapFile, ReferenceFile, PictureFile} {
		path := filepath.Join(s.dir, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading finished cells: %w", err)
		}
		err = s.before.verify(name, data)
		if err != nil && name != GapFile {
			s.damaged = append(s.damaged, fmt.Sprintf("%s is %v", path, err))
			continue
		}
		if err == nil && name == GapFile {
			s.cells, err = ReadGapCSV(bytes.NewReader(data), s.problem.Name(), p)
		}
		if err != nil {
			return fmt.Errorf("%s: %w; remove it, and its cells are run again, or choose another directory", path, err)
		}
		sum := sha256.Sum256(data)
		s.record.set(name, hex.EncodeToString(sum[:]))
	}
	return nil
}

// Cells returns the finished cells, by width and seed.
func (s *GapStore) Cells() []Cell { return s.cells }

// Damaged says which files, those of the cells apart, are not as they were written; Finish makes them
// again.
func (s *GapStore) Damaged() []string { return s.damaged }

// Complete reports whether, when the directory was claimed, the study was finished and all its files
// were there as they were written.
func (s *GapStore) Complete() bool { return s.complete }

// isComplete looks at what readFiles has found.
func (s *GapStore) isComplete(p *GapParameters) bool {
	return s.before != nil && s.before.Complete && len(s.cells) == len(p.Widths)*p.Seeds && len(s.damaged) == 0 &&
		s.record.Sums[ReferenceFile] != nil && s.record.Sums[PictureFile] != nil
}

func (s *GapStore) all() int { return len(s.record.Parameters.Widths) * s.record.Parameters.Seeds }

// Changed says, for people, in what the process that made the finished cells differs from this one,
// if that can change the last digits; "" if it does not differ.
func (s *GapStore) Changed() string {
	if s.before == nil || len(s.cells) == 0 {
		return ""
	}
	return s.before.Session.changed(&s.record.Session, s.record.Parameters.Precision)
}

// Begin writes the reference and the first run.json, not complete.
func (s *GapStore) Begin(r *meanfield.Reference) error {
	s.solved = r
	stats := r.Stats()
	s.record.Reference = ReferenceRecord{
		Error: r.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations,
	}
	rows := ReferenceRows(r, s.record.Parameters.Times())
	return s.write(ReferenceFile, func(w io.Writer) error { return WriteReferenceCSV(w, rows) })
}

// Between two saves of a running study.
const saveInterval = 5 * time.Second

// Add keeps a finished cell, and saves now and then.
func (s *GapStore) Add(c Cell) error {
	at, _ := slices.BinarySearchFunc(s.cells, c, compareCells)
	s.cells = slices.Insert(s.cells, at, c)
	s.record.Cells++
	if time.Since(s.saved) < saveInterval {
		return nil
	}
	return s.Save()
}

// Save writes the finished cells and a run.json that is not complete.
func (s *GapStore) Save() error {
	err := s.write(GapFile, func(w io.Writer) error {
		return WriteGapCSV(w, s.problem.Name(), &s.record.Parameters, s.cells)
	})
	s.saved = time.Now()
	return err
}

// Points of the reference's curve in the picture.
const curvePoints = 301

// Finish writes the table, the picture, and last a complete run.json. Begin came before.
func (s *GapStore) Finish(summary *GapSummary) error {
	if err := s.Save(); err != nil {
		return err
	}
	p := &s.record.Parameters
	picture, err := GapPicture(s.problem, p, summary, ReferenceRows(s.solved, Grid(p.Horizon, curvePoints)))
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
func (s *GapStore) Close() { s.release() }

func (s *GapStore) writeRecord() error {
	s.record.WallTime = time.Since(s.start).Seconds()
	return writeRun(s.dir, &s.record, &s.record.Seals)
}

// write replaces a file, after a run.json that has the checksums of its old content and of the new:
// wherever the process is killed, what is there has a checksum that fits. The first run.json claims the
// directory for these parameters.
func (s *GapStore) write(name string, fill func(io.Writer) error) error {
	before := s.record.Sums[name]
	staged, err := atomicfile.Stage(disk.Real, filepath.Join(s.dir, name), s.record.keep(name, fill))
	if err != nil {
		s.record.set(name, before...)
		return err
	}
	next := s.record.Sums[name]
	s.record.set(name, append(slices.Clone(before), next...)...)
	if err := s.writeRecord(); err != nil {
		_ = staged.Discard() // the first error is the one to tell
		return err
	}
	if err := staged.Commit(); err != nil {
		return err
	}
	s.record.set(name, next...)
	return nil
}

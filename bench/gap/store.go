package gap

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
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
	Extends    *Span           `json:"extends,omitempty"` // the times that gap.csv may have until the study is complete
	bench.Session
	Earlier []bench.Session `json:"earlier_sessions,omitempty"`
	store.Seals
}

// Span are equally spaced times from 0 on.
type Span struct {
	Horizon float64 `json:"horizon"`
	Points  int     `json:"points"`
}

// Store is the directory of one study. Files in it are replaced whole. While one process holds
// it, others are refused.
type Store struct {
	on      disk.FS
	path    string
	dir     *store.Dir
	problem particles.Expectations
	record  RunRecord
	before  *RunRecord // what an earlier process left
	cells   []Cell     // finished, in the order of gap.csv
	there   []Cell     // finished up to the last time of the study before it grew
	ends    map[place]end
	queue   []store.File    // particles for the next save
	queued  int             // their coordinates
	damaged []string        // of the other files
	lost    map[string]bool // names of files that are there and damaged
	found   store.Found
	solved  *meanfield.Reference
	limit   *Limit // that of an earlier process, at the study's times
	picture func(*Summary) (*plotting.Figure, error)
	start   time.Time
	saved   time.Time
	grown   string
	mu      sync.Mutex // of the directory and its record, which snapshots share with Add
}

// Open claims dir for a study with checked parameters, creating it if need be, and reads the
// cells that earlier processes finished. A directory that holds something else is refused with an
// bench.InputError, before anything is written.
func Open(dir string, p *Parameters, problem particles.Expectations, session bench.Session) (*Store, error) {
	return OpenOn(disk.Real, dir, p, problem, session)
}

// OpenOn is Open on any file system.
func OpenOn(on disk.FS, dir string, p *Parameters, problem particles.Expectations, session bench.Session) (*Store, error) {
	s := &Store{on: on, path: dir, problem: problem, start: time.Now()}
	s.picture = s.measured
	var err error
	if s.dir, err = store.Claim(on, dir, func() (store.Found, error) { return s.look(p) }); err != nil {
		return nil, err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.record = RunRecord{Program: program, Format: store.RecordFormat, Parameters: *p, Session: session, Seals: s.record.Seals, Extends: s.record.Extends}
	if s.before != nil {
		s.record.Earlier = s.before.Earlier
		if s.before.Session.Cells > 0 {
			s.record.Earlier = append(slices.Clone(s.before.Earlier), s.before.Session)
		}
	}
	s.dir.Record(&s.record, &s.record.Seals, func() { s.record.WallTime = time.Since(s.start).Seconds() })
	return s, nil
}

// look reads what the directory holds.
func (s *Store) look(p *Parameters) (store.Found, error) {
	s.cells, s.there, s.ends, s.damaged, s.limit, s.found, s.record = nil, nil, nil, nil, nil, store.Nothing, RunRecord{Parameters: *p}
	s.lost = map[string]bool{}
	if err := s.readRecord(p); err != nil {
		return store.Nothing, err
	}
	if err := s.readFiles(p); err != nil {
		return store.Nothing, err
	}
	if err := s.keepParticles(p); err != nil {
		return store.Nothing, err
	}
	if s.before != nil && s.before.Complete && !s.lost[StatesFile] && len(s.cells) == len(p.Widths)*p.Seeds && s.whole(ReferenceFile) {
		if s.found = store.Tables; s.whole(PictureFile) {
			s.found = store.All
		}
	}
	return s.found, nil
}

// readRecord sets s.before, nil if the directory holds no study.
func (s *Store) readRecord(p *Parameters) error {
	s.before = nil
	data, err := store.Read(s.on, s.path, store.RunFile, program, File, ReferenceFile, PictureFile, StatesFile, SnapshotPattern)
	if data == nil {
		return err
	}
	var record RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return store.Damaged(filepath.Join(s.path, store.RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	var larger bool
	if s.grown, larger = grows(&record.Parameters, p); !larger {
		if err := bench.OtherParameters(s.path, record.Parameters, p); err != nil {
			if more := notLater(&record.Parameters, p); more != "" {
				return bench.Refuse("out", s.path, "holds the study up to %s; %s; or choose another directory", bench.Number(record.Parameters.Horizon), more)
			}
			return err
		}
	}
	s.before, s.record.Extends = &record, record.Extends
	if record.Parameters.Horizon != p.Horizon {
		s.record.Extends = &Span{record.Parameters.Horizon, record.Parameters.Points}
	}
	return nil
}

// readFiles compares the files with their checksums and reads the cells. Damaged cells are refused: to
// run them again or not is for the user to say. The other files are made of them.
func (s *Store) readFiles(p *Parameters) error {
	if s.before == nil {
		return nil
	}
	for _, name := range []string{File, ReferenceFile, PictureFile, StatesFile} {
		path := filepath.Join(s.path, name)
		one, err := s.before.Verify(s.on, s.path, store.RunFile, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, sealed.ErrDamaged) && name != File:
			s.lose(name, err)
			continue
		case err != nil && !errors.Is(err, sealed.ErrDamaged):
			return fmt.Errorf("reading finished cells: %w", err)
		}
		switch {
		case err == nil && name == File:
			err = s.readCells(path, p)
		case err == nil && name == ReferenceFile && !s.later(): // else it is made again, to a later time
			err = s.readLimit(path)
		case err == nil && name == StatesFile:
			err = s.readStates()
		}
		if err != nil {
			return fmt.Errorf("%s: %w; remove it, and its cells are run again, or choose another directory", path, err)
		}
		s.record.Adopt(one)
	}
	return nil
}

// lose keeps the checksums of a damaged file, which is made again.
func (s *Store) lose(name string, err error) {
	s.damaged = append(s.damaged, fmt.Sprintf("%s is %v", filepath.Join(s.path, name), err))
	s.lost[name] = true
	s.record.Keep(&s.before.Seals, name)
}

// whole reports whether a file is there as it was written.
func (s *Store) whole(name string) bool { return s.record.Sums[name] != nil && !s.lost[name] }

func (s *Store) readCells(path string, p *Parameters) error {
	f, err := s.on.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.cells, err = ReadCSV(f, s.problem.Name(), p); err == nil || s.record.Extends == nil {
		return err
	}
	before := *p
	before.Horizon, before.Points = s.record.Extends.Horizon, s.record.Extends.Points
	g, failed := s.on.Open(path)
	if failed != nil {
		return failed
	}
	defer g.Close()
	there, failed := ReadCSV(g, s.problem.Name(), &before)
	if failed == nil {
		s.cells, s.there, err = nil, there, nil
	}
	return err
}

// later reports whether the study is asked for up to a later time than the one that is there.
func (s *Store) later() bool {
	return s.before != nil && s.before.Parameters.Horizon != s.record.Parameters.Horizon
}

func (s *Store) readLimit(path string) error {
	f, err := s.on.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s.limit, err = readLimit(f)
	return err
}

// Limit is that of a finished study, nil if it was not computed.
func (s *Store) Limit() *Limit { return s.limit }

// Cells returns the finished cells, by width and seed.
func (s *Store) Cells() []Cell { return s.cells }

// Damaged says which files, those of the cells apart, are not as they were written; Finish makes them
// again.
func (s *Store) Damaged() []string { return s.damaged }

// Notes are what a person should know about the directory, one line each.
func (s *Store) Notes() []string { return s.dir.Notes() }

// Complete reports whether, when the directory was claimed, the study was finished and all its tables
// were there as they were written.
func (s *Store) Complete() bool { return s.found >= store.Tables }

// Drawn reports whether, beside that, its picture was.
func (s *Store) Drawn() bool { return s.found == store.All }

func (s *Store) all() int { return len(s.record.Parameters.Widths) * s.record.Parameters.Seeds }

// Changed says, for people, in what the process that made the finished cells differs from this one,
// if that can change the last digits; "" if it does not differ.
func (s *Store) Changed() string {
	if s.before == nil || len(s.cells)+len(s.there) == 0 {
		return ""
	}
	return s.before.Session.Changed(&s.record.Session, s.record.Parameters.Precision)
}

// Solved keeps the reference, for the picture.
func (s *Store) Solved(r *meanfield.Reference) { s.solved = r }

// Begin writes the reference and the first run.json, not complete.
func (s *Store) Begin(r *meanfield.Reference) error {
	s.solved = r
	stats := r.Stats()
	s.record.Reference = ReferenceRecord{
		Error: r.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations,
	}
	if s.later() { // until cells are finished the table is empty, and states.bin has them
		if err := s.save(); err != nil {
			return err
		}
	}
	return s.writeReference(nil)
}

func (s *Store) writeReference(l *Limit) error {
	rows := bench.ReferenceRows(s.solved, s.record.Parameters.Times())
	return s.dir.Replace(store.File{Name: ReferenceFile, Fill: func(w io.Writer) error { return writeReference(w, rows, l) }})
}

// Between two saves of a running study.
const saveInterval = 5 * time.Second

// Add keeps a finished cell, and saves now and then.
func (s *Store) Add(c Cell) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, _ := slices.BinarySearchFunc(s.cells, c, compareCells)
	s.cells = slices.Insert(s.cells, at, c)
	s.record.Cells++
	if time.Since(s.saved) < saveInterval {
		return nil
	}
	return s.save()
}

// Save writes the finished cells and a run.json that is not complete.
func (s *Store) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

func (s *Store) save() error {
	err := s.dir.Replace(append(s.stateFiles(), store.File{Name: File, Fill: func(w io.Writer) error {
		return WriteCSV(w, s.problem.Name(), &s.record.Parameters, s.cells)
	}})...)
	if err == nil {
		s.queue, s.queued = nil, 0
	}
	s.saved = time.Now()
	return err
}

// Points of the reference's curve in the picture.
const curvePoints = 301

// Finish writes the table, a complete run.json, and last the picture; one that cannot be made is a
// *store.PictureError. Begin came before.
func (s *Store) Finish(summary *Summary) error {
	if summary.Limit != nil {
		if err := s.writeReference(summary.Limit); err != nil {
			return err
		}
	}
	if err := s.Save(); err != nil {
		return err
	}
	if err := s.dir.Remove(s.stale()...); err != nil {
		return err
	}
	s.record.Complete, s.record.Extends = len(s.cells) == s.all(), nil
	if err := s.dir.WriteRecord(); err != nil {
		return err
	}
	return s.Draw(summary)
}

// Draw draws the picture of a finished study. Solved or Begin came before.
func (s *Store) Draw(summary *Summary) error {
	s.record.Complete = len(s.cells) == s.all()
	return s.dir.Draw(store.Picture(PictureFile, func() (*plotting.Figure, error) { return s.picture(summary) }))
}

// measured is the picture of the cells beside the limit.
func (s *Store) measured(summary *Summary) (*plotting.Figure, error) {
	p := &s.record.Parameters
	return Picture(s.problem, p, summary, bench.ReferenceRows(s.solved, bench.Grid(p.Horizon, curvePoints)))
}

// Close lets others have the directory.
func (s *Store) Close() { s.dir.Close() }

package gap

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
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
	store.Opening
	Parameters Parameters      `json:"parameters"`
	Reference  ReferenceRecord `json:"reference"`
	Extends    *Span           `json:"extends,omitempty"` // the times that gap.csv may have until the study is complete
	store.Closing
}

// Span are equally spaced times from 0 on.
type Span struct {
	Horizon float64 `json:"horizon"`
	Points  int     `json:"points"`
}

// Store is the directory of one study: a store.Run of finished cells, and of what networks go on from. Files in it are
// replaced whole. While one process holds it, others are refused.
type Store struct {
	*store.Run
	on      disk.FS
	path    string
	problem particles.Expectations
	record  RunRecord
	before  *RunRecord // what an earlier process left; nil: nothing
	cells   []Cell     // finished, in the order of gap.csv
	there   []Cell     // finished up to the last time of the study before it grew
	ends    map[place]end
	queue   []store.File // particles for the next save
	queued  int          // their coordinates
	solved  *meanfield.Reference
	limit   *Limit // that of an earlier process, at the study's times
	picture func(*Summary) (*plotting.Figure, error)
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
	s := &Store{on: on, path: dir, problem: problem, record: RunRecord{Parameters: *p}}
	s.picture = s.measured
	s.Run = store.NewRun(on, dir, program, &s.record, session, File, ReferenceFile, PictureFile, StatesFile, SnapshotPattern)
	if err := s.Claim(s.look); err != nil {
		return nil, err
	}
	if s.before != nil {
		s.record.Earlier = s.before.Earlier
		if s.before.Session.Cells > 0 {
			s.record.Earlier = append(slices.Clone(s.before.Earlier), s.before.Session)
		}
	}
	return s, nil
}

// look reads what the directory holds.
func (s *Store) look() (store.Found, error) {
	s.before, s.cells, s.there, s.ends, s.limit, s.grown, s.record.Extends = nil, nil, nil, nil, nil, "", nil
	before := new(RunRecord)
	is, err := s.Look(before)
	if !is {
		return store.Nothing, err
	}
	s.before = before
	if err := s.compare(); err != nil {
		return store.Nothing, err
	}
	if err := s.Verify([]string{File, ReferenceFile, PictureFile, StatesFile}, s.read); err != nil {
		return store.Nothing, err
	}
	if err := s.Lost(File); err != nil { // to run the cells again or not is for the user to say
		return store.Nothing, s.refuse(File, err)
	}
	if err := s.keepParticles(); err != nil {
		return store.Nothing, err
	}
	switch {
	case !before.Complete || s.Lost(StatesFile) != nil || len(s.cells) != s.all() || !s.Whole(ReferenceFile):
		return store.Nothing, nil
	case !s.Whole(PictureFile):
		return store.Tables, nil
	}
	return store.All, nil
}

// compare refuses what is not the study, or one that the study goes on from.
func (s *Store) compare() error {
	there, asked := &s.before.Parameters, &s.record.Parameters
	var larger bool
	if s.grown, larger = grows(there, asked); !larger {
		if err := bench.OtherParameters(s.path, *there, asked); err != nil {
			if more := notLater(there, asked); more != "" {
				return bench.Refuse("out", s.path, "holds the study up to %s; %s; or choose another directory", bench.Number(there.Horizon), more)
			}
			return err
		}
	}
	if s.record.Extends = s.before.Extends; there.Horizon != asked.Horizon {
		s.record.Extends = &Span{there.Horizon, there.Points}
	}
	return nil
}

// read reads a file that is as it was written.
func (s *Store) read(name string) error {
	path := filepath.Join(s.path, name)
	var err error
	switch {
	case name == File:
		err = s.readCells(path)
	case name == ReferenceFile && !s.later(): // else it is made again, to a later time
		err = s.readLimit(path)
	case name == StatesFile:
		err = s.readStates()
	}
	if err != nil {
		return s.refuse(name, err)
	}
	return nil
}

func (s *Store) refuse(name string, err error) error {
	return fmt.Errorf("%s: %w; remove it, and its cells are run again, or choose another directory", filepath.Join(s.path, name), err)
}

func (s *Store) readCells(path string) error {
	p := &s.record.Parameters
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
	return s.Replace(store.File{Name: ReferenceFile, Fill: func(w io.Writer) error { return writeReference(w, rows, l) }})
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
	err := s.Replace(append(s.stateFiles(), store.File{Name: File, Fill: func(w io.Writer) error {
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
	if err := s.Remove(s.stale()...); err != nil {
		return err
	}
	s.record.Complete, s.record.Extends = len(s.cells) == s.all(), nil
	if err := s.WriteRecord(); err != nil {
		return err
	}
	return s.Draw(summary)
}

// Draw draws the picture of a finished study. Solved or Begin came before.
func (s *Store) Draw(summary *Summary) error {
	s.record.Complete = len(s.cells) == s.all()
	return s.Run.Draw(store.Picture(PictureFile, func() (*plotting.Figure, error) { return s.picture(summary) }))
}

// measured is the picture of the cells beside the limit.
func (s *Store) measured(summary *Summary) (*plotting.Figure, error) {
	p := &s.record.Parameters
	return Picture(s.problem, p, summary, bench.ReferenceRows(s.solved, bench.Grid(p.Horizon, curvePoints)))
}

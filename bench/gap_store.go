package bench

import (
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
	"kac/internal/provenance"
	"kac/meanfield"
	"kac/particles"
)

// Files of a gap study.
const (
	GapFile       = "gap.csv"
	ReferenceFile = "reference.csv"
	RunFile       = "run.json"
	PictureFile   = "gap.svg"
)

// recordFormat is raised when an old run.json can no longer be continued.
const recordFormat = 1

// Session is one process that worked on a study.
type Session struct {
	provenance.Info
	CommandLine []string `json:"command_line"`
	Workers     int      `json:"workers"`
	StartTime   string   `json:"start_time"` // RFC 3339
	WallTime    float64  `json:"wall_time_seconds"`
	Cells       int      `json:"cells_computed"`
}

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
}

// GapStore is the directory of one study. Files in it are replaced whole. While one process holds
// it, others are refused.
type GapStore struct {
	dir     string
	problem *particles.Problem
	record  RunRecord
	before  *RunRecord // what an earlier process left
	cells   []Cell     // finished, in the order of gap.csv
	solved  *meanfield.Reference
	start   time.Time
	saved   time.Time
	release func()
}

// OpenGap claims dir for a study with checked parameters, creating it if need be, and reads the
// cells that earlier processes finished. A directory that holds something else is refused with an
// InputError, before anything is written.
func OpenGap(dir string, p *GapParameters, problem *particles.Problem, session Session) (*GapStore, error) {
	s := &GapStore{dir: dir, problem: problem, start: time.Now()}
	if err := s.readRecord(p); err != nil {
		return nil, err
	}
	if err := atomicfile.MakeDir(dir); err != nil {
		return nil, err
	}
	release, err := atomicfile.Lock(dir)
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

// claim reads the record again, now that nobody else can change it, and the cells.
func (s *GapStore) claim(p *GapParameters, session Session) error {
	if err := s.readRecord(p); err != nil {
		return err
	}
	if err := atomicfile.RemoveLeftovers(s.dir); err != nil {
		return fmt.Errorf("cleaning up in %s: %w", s.dir, err)
	}
	if err := s.readCells(p); err != nil {
		return err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.record = RunRecord{Program: "kac gap", Format: recordFormat, Parameters: *p, Session: session}
	if s.before != nil {
		s.record.Earlier = s.before.Earlier
		if s.before.Session.Cells > 0 {
			s.record.Earlier = append(slices.Clone(s.before.Earlier), s.before.Session)
		}
	}
	return nil
}

// readRun returns the content of the directory's run.json and its path; nil where there is none. A directory with files of that kind but
// without it is refused.
func readRun(dir string, files []string) (path string, data []byte, err error) {
	path = filepath.Join(dir, RunFile)
	data, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range files {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return path, nil, refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, RunFile)
			}
		}
		return path, nil, nil
	}
	if err != nil {
		return path, nil, fmt.Errorf("reading what the output directory holds: %w", err)
	}
	return path, data, nil
}

// readRecord sets s.before, nil if the directory holds no study.
func (s *GapStore) readRecord(p *GapParameters) error {
	s.before = nil
	path, data, err := readRun(s.dir, []string{GapFile, ReferenceFile, PictureFile})
	if data == nil {
		return err
	}
	var record RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it or choose another directory", path, err)
	}
	if record.Program != "kac gap" || record.Format != recordFormat {
		return refuse("out", s.dir, "holds a %q run of format %d, this program continues \"kac gap\" runs of format %d; choose another directory", record.Program, record.Format, recordFormat)
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

func (s *GapStore) readCells(p *GapParameters) error {
	if s.before == nil {
		return nil
	}
	path := filepath.Join(s.dir, GapFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading finished cells: %w", err)
	}
	defer file.Close()
	s.cells, err = ReadGapCSV(file, s.problem.Name(), p)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w; remove it or choose another directory", path, err)
	}
	return nil
}

// Cells returns the finished cells, by width and seed.
func (s *GapStore) Cells() []Cell { return s.cells }

// Complete reports whether an earlier process finished the study and all its files are there.
func (s *GapStore) Complete() bool {
	if s.before == nil || !s.before.Complete || len(s.cells) != s.all() {
		return false
	}
	for _, name := range []string{ReferenceFile, PictureFile} {
		if _, err := os.Stat(filepath.Join(s.dir, name)); err != nil {
			return false
		}
	}
	return true
}

func (s *GapStore) all() int { return len(s.record.Parameters.Widths) * s.record.Parameters.Seeds }

// Changed says, for people, in what the process that made the finished cells differs from this one,
// if that can change the last digits; "" if it does not differ.
func (s *GapStore) Changed() string {
	if s.before == nil || len(s.cells) == 0 {
		return ""
	}
	a, b := s.before.Info, s.record.Info
	var out []string
	for _, f := range [][3]string{
		{"version", a.Version, b.Version}, {"revision", a.Revision, b.Revision}, {"architecture", a.Arch, b.Arch},
		{"GOAMD64", a.GOAMD64, b.GOAMD64}, {"kernel level", a.KernelLevel, b.KernelLevel},
	} {
		if f[1] != f[2] {
			out = append(out, fmt.Sprintf("%s %s, now %s", f[0], orNone(f[1]), orNone(f[2])))
		}
	}
	return strings.Join(out, "; ")
}

// Begin writes the reference and the first run.json, not complete.
func (s *GapStore) Begin(r *meanfield.Reference) error {
	s.solved = r
	stats := r.Stats()
	s.record.Reference = ReferenceRecord{
		Error: r.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations,
	}
	rows := ReferenceRows(r, s.record.Parameters.Times())
	// run.json first: it claims the directory for these parameters.
	if err := s.writeRecord(); err != nil {
		return err
	}
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
		return WriteGapCSV(w, s.problem.Name(), s.problem.Dim(), s.cells)
	})
	if err != nil {
		return err
	}
	s.saved = time.Now()
	return s.writeRecord()
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
	return s.write(RunFile, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(&s.record)
	})
}

func (s *GapStore) write(name string, fill func(io.Writer) error) error {
	return atomicfile.Write(filepath.Join(s.dir, name), fill)
}

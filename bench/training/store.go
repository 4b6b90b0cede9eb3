package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
	"kac/internal/sealed"
)

// Files of a training study, beside store.RunFile.
const (
	File                 = "training.csv"
	ParticlesFile        = "particles.csv"
	HistogramFile        = "histogram.csv"
	PictureFile          = "training.svg"
	HistogramPictureFile = "histogram.svg"
	GapsFile             = "gap.csv" // with RunGaps
	GapsPictureFile      = "gap.svg" // likewise
)

// patterns match the names of all files that a study may have.
var patterns = []string{File, ParticlesFile, HistogramFile, PictureFile, HistogramPictureFile, GapsFile, GapsPictureFile, snapshotPattern}

// Record is the run.json of a training study.
type Record struct {
	Program    string           `json:"program"`
	Format     int              `json:"format"`
	Complete   bool             `json:"complete"`
	Parameters Parameters       `json:"parameters"`
	Work       float64          `json:"particle_samples"`
	Snapshots  []SnapshotRecord `json:"snapshots,omitempty"`
	Gaps       *GapsRecord      `json:"gaps,omitempty"` // with GapsFile
	bench.Session
	Earlier []bench.Session `json:"earlier_sessions,omitempty"` // up to the checkpoints that were gone on from
	store.Seals
}

// GapsRecord is what the three gaps depend on beside the parameters of the study.
type GapsRecord struct {
	Wide  int `json:"reference_width"`
	Nodes int `json:"reference_points"`
}

const program = "kac train"

// Store is the directory of a training study. Until the study is done it holds run.json, which says
// whose it is, and now and then a checkpoint.
type Store struct {
	on       disk.FS
	path     string
	dir      *store.Dir
	record   Record
	finished *Record // what an earlier process completed, if its tables are as they were written
	found    store.Found
	gaps     *GapsRecord // asked for; nil: they are not
	files    []string
	session  bench.Session
	before   *Checkpoint
	damaged  []string // files
	start    time.Time
	saved    time.Time     // the last checkpoint
	saving   time.Duration // what it took
}

// Open claims dir for a study with checked parameters, with the three gaps or, where that is nil, without, creating it
// if need be. A directory that holds anything but a run with these parameters is refused with a bench.InputError.
func Open(dir string, p *Parameters, gaps *GapsRecord, session bench.Session) (*Store, error) {
	return OpenOn(disk.Real, dir, p, gaps, session)
}

// OpenOn is Open on any file system.
func OpenOn(on disk.FS, dir string, p *Parameters, gaps *GapsRecord, session bench.Session) (*Store, error) {
	s := &Store{on: on, path: dir, gaps: gaps, start: time.Now(), saved: time.Now()}
	var err error
	if s.dir, err = store.Claim(on, dir, func() (store.Found, error) { return s.look(p) }); err != nil {
		return nil, err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.session = session
	s.record = Record{
		Program: program, Format: store.RecordFormat, Parameters: *p, Work: p.ParticleSamples(),
		Session: session, Earlier: s.earlier(), Seals: s.record.Seals,
	}
	stamp := func() { s.record.Session = s.now() }
	if s.finished != nil { // only pictures are missing; the numbers are those of the processes that made them
		whole := s.record.Seals
		s.record, stamp = *s.finished, nil
		s.record.Seals = whole
	}
	s.dir.Record(&s.record, &s.record.Seals, stamp)
	if s.finished != nil {
		_ = s.removeCheckpoints() // of a process that was killed before it did, if the directory can be written
		return s, nil
	}
	if err := s.dir.WriteRecord(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// look refuses what is not a run with these parameters, finished or not, and reads its checkpoint.
func (s *Store) look(p *Parameters) (store.Found, error) {
	s.finished, s.found, s.record.Seals, s.damaged = nil, store.Nothing, store.Seals{}, nil
	data, err := store.Read(s.on, s.path, store.RunFile, program, patterns...)
	if err != nil {
		return store.Nothing, err
	}
	if data != nil {
		if err := s.readRun(data, p); err != nil || s.found > store.Nothing {
			return s.found, err
		}
	}
	return store.Nothing, s.readCheckpoint(p, data != nil)
}

// readRun reads the record and compares the files with their checksums.
func (s *Store) readRun(data []byte, p *Parameters) error {
	var record Record
	if err := json.Unmarshal(data, &record); err != nil {
		return store.Damaged(filepath.Join(s.path, store.RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	if err := bench.OtherParameters(s.path, record.Parameters, p); err != nil {
		return err
	}
	tables := record.Complete && record.Sums[File] != nil && (s.gaps == nil || record.Sums[GapsFile] != nil && record.Gaps != nil && *record.Gaps == *s.gaps)
	pictures := record.Sums[PictureFile] != nil && record.Sums[HistogramPictureFile] != nil && (s.gaps == nil || record.Sums[GapsPictureFile] != nil)
	for name := range record.Sums {
		one, err := record.Verify(s.on, s.path, store.RunFile, name)
		switch {
		case err == nil:
			s.record.Adopt(one)
			continue
		case errors.Is(err, sealed.ErrDamaged):
			s.damaged = append(s.damaged, fmt.Sprintf("%s is %v; it is made again", filepath.Join(s.path, name), err))
			s.record.Keep(&record.Seals, name)
		case isFinal(name) && errors.Is(err, fs.ErrNotExist): // nothing else needs it
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("reading what the output directory holds: %w", err)
		}
		if name == PictureFile || name == HistogramPictureFile || name == GapsPictureFile {
			pictures = false
		} else {
			tables = false
		}
	}
	switch {
	case tables && pictures:
		s.found = store.All
	case tables:
		s.found = store.Tables
	}
	if tables {
		s.finished = &record
	}
	return nil
}

// isFinal reports whether a file is of the last step alone.
func isFinal(name string) bool {
	ours, _ := path.Match(finalPattern, name)
	return ours
}

// Close lets others have the directory.
func (s *Store) Close() { s.dir.Close() }

// Notes are what a person should know about the directory, one line each.
func (s *Store) Notes() []string { return s.dir.Notes() }

// Complete reports whether an earlier process finished the study and all its tables are there as they
// were written; Load reads them.
func (s *Store) Complete() bool { return s.finished != nil }

// Drawn reports whether, beside that, the pictures are.
func (s *Store) Drawn() bool { return s.found == store.All }

// Save writes all tables, then a complete run.json, and then removes the checkpoints; gaps may be nil.
// Until run.json is complete the checkpoints vouch for the run.
func (s *Store) Save(t *Study, gaps *Gaps) error {
	files, snapshots := t.snapshotFiles()
	if gaps != nil {
		files = append(files, store.File{Name: GapsFile, Fill: gaps.WriteCSV})
	}
	files = append(files, store.File{Name: File, Fill: t.WriteCSV}, store.File{Name: ParticlesFile, Fill: t.WriteTraces},
		store.File{Name: HistogramFile, Fill: t.WriteHistogram})
	s.record.Snapshots, s.record.Gaps = snapshots, s.gaps
	if err := s.dir.Replace(files...); err != nil {
		return err
	}
	s.record.Complete = true
	if err := s.dir.WriteRecord(); err != nil {
		return err
	}
	for _, f := range files {
		s.files = append(s.files, f.Name)
	}
	return s.removeCheckpoints()
}

// Draw draws the pictures of a study whose tables are saved, gaps nil or measured; one that cannot be made is a
// *store.PictureError.
func (s *Store) Draw(t *Study, gaps *Gaps, picture func() (*plotting.Figure, error)) error {
	list := []store.File{store.Picture(PictureFile, picture), store.Picture(HistogramPictureFile, t.HistogramPicture)}
	if gaps != nil {
		list = append(list, store.Picture(GapsPictureFile, gaps.Picture))
	}
	for _, f := range list {
		s.files = append(s.files, f.Name)
	}
	s.files = append(s.files, store.RunFile)
	return s.dir.Draw(list...)
}

// Files are the names of all that this process has written.
func (s *Store) Files() []string { return s.files }

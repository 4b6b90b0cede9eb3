package training

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/plotting"
	"kac/internal/sealed"
)

// Files of a training study, beside bench.RunFile.
const (
	File                 = "training.csv"
	ParticlesFile        = "particles.csv"
	HistogramFile        = "histogram.csv"
	PictureFile          = "training.svg"
	HistogramPictureFile = "histogram.svg"
	GapsFile             = "gap.csv" // with RunGaps
)

// Record is the run.json of a training study.
type Record struct {
	Program    string           `json:"program"`
	Format     int              `json:"format"`
	Complete   bool             `json:"complete"`
	Parameters Parameters       `json:"parameters"`
	Work       float64          `json:"particle_samples"`
	Snapshots  []SnapshotRecord `json:"snapshots,omitempty"`
	bench.Session
	Earlier []bench.Session `json:"earlier_sessions,omitempty"` // up to the checkpoints that were gone on from
	bench.Seals
}

const program = "kac train"

// Store is the directory of a training study. Until the study is done it holds nothing but
// now and then a checkpoint.
type Store struct {
	dir     string
	session bench.Session
	before  *Checkpoint
	damaged []string // checkpoints
	start   time.Time
	saved   time.Time     // the last checkpoint
	saving  time.Duration // what it took
	release func()
}

// Open claims dir for a study with checked parameters, creating it if need be. A directory
// that holds anything but a run with these parameters is refused with a bench.InputError.
func Open(dir string, p *Parameters, session bench.Session) (*Store, error) {
	s := &Store{dir: dir, session: session, start: time.Now(), saved: time.Now()}
	var err error
	if s.release, err = bench.ClaimDir(dir, func() error { return s.look(p) }); err != nil {
		return nil, err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.session = session
	return s, nil
}

// look refuses what is not a run with these parameters, finished or not, and reads its checkpoint.
func (s *Store) look(p *Parameters) error {
	data, err := bench.ReadRun(s.dir, program,
		File, ParticlesFile, HistogramFile, PictureFile, GapsFile, foreignSnapshots(s.dir))
	if err != nil {
		return err
	}
	if data != nil {
		var record Record
		if err := json.Unmarshal(data, &record); err != nil {
			return bench.DamagedRun(filepath.Join(s.dir, bench.RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
		}
		if err := bench.OtherParameters(s.dir, record.Parameters, p); err != nil {
			return err
		}
	}
	return s.readCheckpoint(p)
}

// Close lets others have the directory.
func (s *Store) Close() { s.release() }

// outputFile is a file of a study and what fills it.
type outputFile struct {
	name string
	fill func(io.Writer) error
}

// Save writes all files, run.json last; gaps may be nil. None is put in its place before all are
// written, so that a full disk leaves what was there.
func (s *Store) Save(t *Study, gaps *Gaps, picture *plotting.Figure) error {
	histogram, err := t.HistogramPicture()
	if err != nil {
		return err
	}
	files, snapshots := t.snapshotFiles()
	if gaps != nil {
		files = append(files, outputFile{GapsFile, gaps.WriteCSV})
	}
	files = append(files,
		outputFile{File, t.WriteCSV}, outputFile{ParticlesFile, t.WriteTraces}, outputFile{HistogramFile, t.WriteHistogram},
		outputFile{PictureFile, func(w io.Writer) error { return picture.Write(w, "svg") }},
		outputFile{HistogramPictureFile, func(w io.Writer) error { return histogram.Write(w, "svg") }})
	record := &Record{
		Program: program, Format: bench.RecordFormat, Complete: true,
		Parameters: t.Parameters, Work: t.Parameters.ParticleSamples(), Snapshots: snapshots, Session: s.session, Earlier: s.earlier(),
	}
	for i, f := range files {
		files[i].fill = record.Keep(f.name, f.fill)
	}
	files = append(files, outputFile{bench.RunFile, func(w io.Writer) error { // the last one: it has the checksums of the others
		record.Session = s.now()
		data, err := bench.EncodeRun(record, &record.Seals)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}})
	if err := s.replace(files); err != nil {
		return err
	}
	return s.finished()
}

// replace writes all files beside the old ones, then puts them in their places in order.
func (s *Store) replace(files []outputFile) error {
	var staged []*atomicfile.Staged
	for _, f := range files {
		next, err := atomicfile.Stage(disk.Real, filepath.Join(s.dir, f.name), f.fill)
		if err != nil {
			for _, done := range staged {
				_ = done.Discard() // the first error is the one to tell
			}
			return err
		}
		staged = append(staged, next)
	}
	for i, next := range staged {
		if err := next.Commit(); err != nil {
			for _, left := range staged[i+1:] {
				_ = left.Discard()
			}
			return err
		}
	}
	return nil
}

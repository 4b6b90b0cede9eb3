package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/plotting"
	"kac/internal/sealed"
)

// Files of a training study, beside RunFile.
const (
	TrainingFile         = "training.csv"
	ParticlesFile        = "particles.csv"
	HistogramFile        = "histogram.csv"
	TrainingPictureFile  = "training.svg"
	HistogramPictureFile = "histogram.svg"
)

// TrainingRecord is the run.json of a training study.
type TrainingRecord struct {
	Program    string             `json:"program"`
	Format     int                `json:"format"`
	Complete   bool               `json:"complete"`
	Parameters TrainingParameters `json:"parameters"`
	Work       float64            `json:"particle_samples"`
	Snapshots  []SnapshotRecord   `json:"snapshots,omitempty"`
	Session
	Earlier []Session `json:"earlier_sessions,omitempty"` // up to the checkpoints that were gone on from
	Seals
}

const trainingProgram = "kac train"

// TrainingStore is the directory of a training study. Until the study is done it holds nothing but
// now and then a checkpoint.
type TrainingStore struct {
	dir     string
	session Session
	before  *TrainingCheckpoint
	damaged []string // checkpoints
	start   time.Time
	saved   time.Time     // the last checkpoint
	saving  time.Duration // what it took
	release func()
}

// OpenTraining claims dir for a study with checked parameters, creating it if need be. A directory
// that holds anything but a run with these parameters is refused with an InputError.
func OpenTraining(dir string, p *TrainingParameters, session Session) (*TrainingStore, error) {
	s := &TrainingStore{dir: dir, session: session, start: time.Now(), saved: time.Now()}
	var err error
	if s.release, err = claimDir(dir, func() error { return s.look(p) }); err != nil {
		return nil, err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.session = session
	return s, nil
}

// look refuses what is not a run with these parameters, finished or not, and reads its checkpoint.
func (s *TrainingStore) look(p *TrainingParameters) error {
	data, err := readRun(s.dir, trainingProgram,
		TrainingFile, ParticlesFile, HistogramFile, TrainingPictureFile, GapFile, foreignSnapshots(s.dir))
	if err != nil {
		return err
	}
	if data != nil {
		var record TrainingRecord
		if err := json.Unmarshal(data, &record); err != nil {
			return damagedRun(filepath.Join(s.dir, RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
		}
		if !reflect.DeepEqual(record.Parameters, *p) {
			return refuse("out", s.dir, "holds a run of %s with other parameters; choose another directory", record.Parameters.Task)
		}
	}
	return s.readCheckpoint(p)
}

// Close lets others have the directory.
func (s *TrainingStore) Close() { s.release() }

// outputFile is a file of a study and what fills it.
type outputFile struct {
	name string
	fill func(io.Writer) error
}

// Save writes all files, run.json last; gaps may be nil. None is put in its place before all are
// written, so that a full disk leaves what was there.
func (s *TrainingStore) Save(t *Training, gaps *Gaps, picture *plotting.Figure) error {
	histogram, err := t.HistogramPicture()
	if err != nil {
		return err
	}
	files, snapshots := t.snapshotFiles()
	if gaps != nil {
		files = append(files, outputFile{GapFile, gaps.WriteCSV})
	}
	files = append(files,
		outputFile{TrainingFile, t.WriteCSV}, outputFile{ParticlesFile, t.WriteTraces}, outputFile{HistogramFile, t.WriteHistogram},
		outputFile{TrainingPictureFile, func(w io.Writer) error { return picture.Write(w, "svg") }},
		outputFile{HistogramPictureFile, func(w io.Writer) error { return histogram.Write(w, "svg") }})
	record := &TrainingRecord{
		Program: trainingProgram, Format: recordFormat, Complete: true,
		Parameters: t.Parameters, Work: t.Parameters.ParticleSamples(), Snapshots: snapshots, Session: s.session, Earlier: s.earlier(),
	}
	for i, f := range files {
		files[i].fill = record.keep(f.name, f.fill)
	}
	files = append(files, outputFile{RunFile, func(w io.Writer) error { // the last one: it has the checksums of the others
		record.Session = s.now()
		data, err := encodeRun(record, &record.Seals)
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
func (s *TrainingStore) replace(files []outputFile) error {
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

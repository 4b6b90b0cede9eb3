package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/plotting"
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
}

const trainingProgram = "kac train"

// TrainingStore is the directory of a training study. Until the study is done it holds nothing but
// now and then a checkpoint.
type TrainingStore struct {
	dir     string
	session Session
	before  *TrainingCheckpoint
	start   time.Time
	saved   time.Time // the last checkpoint
	release func()
}

// OpenTraining claims dir for a study with checked parameters, creating it if need be. A directory
// that holds anything but a run with these parameters is refused with an InputError.
func OpenTraining(dir string, p *TrainingParameters, session Session) (*TrainingStore, error) {
	s := &TrainingStore{dir: dir, session: session, start: time.Now(), saved: time.Now()}
	data, err := os.ReadFile(filepath.Join(dir, RunFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for _, name := range []string{TrainingFile, ParticlesFile, HistogramFile, TrainingPictureFile, GapFile, foreignSnapshots(dir)} {
			if name == "" {
				continue
			}
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return nil, refuse("out", dir, "holds %s but no %s, so it is not known what made it; choose another directory", name, RunFile)
			}
		}
	case err != nil:
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	default:
		var record TrainingRecord
		if err := json.Unmarshal(data, &record); err != nil || record.Program != trainingProgram || record.Format != recordFormat {
			return nil, refuse("out", dir, "holds a run of another kind; choose another directory")
		}
		if !reflect.DeepEqual(record.Parameters, *p) {
			return nil, refuse("out", dir, "holds a run of %s with other parameters; choose another directory", record.Parameters.Task)
		}
	}
	if err := s.readCheckpoint(p); err != nil {
		return nil, err
	}
	if err := atomicfile.MakeDir(dir); err != nil {
		return nil, err
	}
	if s.release, err = atomicfile.Lock(dir); err != nil {
		return nil, err
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		s.release()
		return nil, err
	}
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.session = session
	return s, nil
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
		outputFile{HistogramPictureFile, func(w io.Writer) error { return histogram.Write(w, "svg") }},
		outputFile{RunFile, func(w io.Writer) error {
			s.session.WallTime = time.Since(s.start).Seconds()
			out := json.NewEncoder(w)
			out.SetIndent("", "  ")
			return out.Encode(&TrainingRecord{
				Program: trainingProgram, Format: recordFormat, Complete: true,
				Parameters: t.Parameters, Work: t.Parameters.ParticleSamples(), Snapshots: snapshots, Session: s.session,
			})
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

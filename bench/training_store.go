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
		for _, name := range []string{TrainingFile, ParticlesFile, HistogramFile, TrainingPictureFile} {
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
	session.StartTime = s.start.UTC().Format(time.RFC3339)
	s.session = session
	return s, nil
}

// Close lets others have the directory.
func (s *TrainingStore) Close() { s.release() }

// Save writes all files, run.json last; gaps may be nil.
func (s *TrainingStore) Save(t *Training, gaps *Gaps, picture *plotting.Figure) error {
	histogram, err := t.HistogramPicture()
	if err != nil {
		return err
	}
	if gaps != nil {
		if err := atomicfile.Write(filepath.Join(s.dir, GapsFile), gaps.WriteCSV); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{TrainingFile, t.WriteCSV}, {ParticlesFile, t.WriteTraces}, {HistogramFile, t.WriteHistogram},
		{TrainingPictureFile, func(w io.Writer) error { return picture.Write(w, "svg") }},
		{HistogramPictureFile, func(w io.Writer) error { return histogram.Write(w, "svg") }},
		{RunFile, func(w io.Writer) error {
			s.session.WallTime = time.Since(s.start).Seconds()
			out := json.NewEncoder(w)
			out.SetIndent("", "  ")
			return out.Encode(&TrainingRecord{
				Program: trainingProgram, Format: recordFormat, Complete: true,
				Parameters: t.Parameters, Work: t.Parameters.ParticleSamples(), Session: s.session,
			})
		}},
	} {
		if err := atomicfile.Write(filepath.Join(s.dir, f.name), f.fill); err != nil {
			return err
		}
	}
	return s.finished()
}

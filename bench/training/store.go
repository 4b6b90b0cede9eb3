package training

import (
	"maps"
	"path"
	"slices"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
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

// Record is the run.json of a training study. Its earlier sessions are those up to the checkpoints that were gone on
// from.
type Record struct {
	store.Opening
	Parameters Parameters       `json:"parameters"`
	Work       float64          `json:"particle_samples"`
	Snapshots  []SnapshotRecord `json:"snapshots,omitempty"`
	Gaps       *GapsRecord      `json:"gaps,omitempty"` // with GapsFile
	store.Closing
}

// GapsRecord is what the three gaps depend on beside the parameters of the study.
type GapsRecord struct {
	Wide  int `json:"reference_width"`
	Nodes int `json:"reference_points"`
}

const program = "kac train"

// Store is the directory of a training study: a store.Run of tables, pictures and particles. Until the study is done it
// holds run.json, which says whose it is, and now and then a checkpoint.
type Store struct {
	*store.Run
	on     disk.FS
	path   string
	record Record
	there  Record      // what an earlier process left
	gaps   *GapsRecord // asked for; nil: they are not
	files  []string
	before *Checkpoint
	saved  time.Time     // the last checkpoint
	saving time.Duration // what it took
}

// Open claims dir for a study with checked parameters, with the three gaps or, where that is nil, without, creating it
// if need be. A directory that holds anything but a run with these parameters is refused with a bench.InputError.
func Open(dir string, p *Parameters, gaps *GapsRecord, session bench.Session) (*Store, error) {
	return OpenOn(disk.Real, dir, p, gaps, session)
}

// OpenOn is Open on any file system.
func OpenOn(on disk.FS, dir string, p *Parameters, gaps *GapsRecord, session bench.Session) (*Store, error) {
	s := &Store{on: on, path: dir, gaps: gaps, saved: time.Now(), record: Record{Parameters: *p, Work: p.ParticleSamples()}}
	s.Run = store.NewRun(on, dir, program, &s.record, session, patterns...)
	if err := s.Claim(s.look); err != nil {
		return nil, err
	}
	if s.Complete() { // only pictures are missing; the numbers are those of the processes that made them
		whole := s.record.Seals
		s.record = s.there
		s.record.Seals = whole
		s.Keep()
		_ = s.removeCheckpoints() // of a process that was killed before it did, if the directory can be written
		return s, nil
	}
	s.record.Earlier = s.earlier()
	if err := s.WriteRecord(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// look refuses what is not a run with these parameters, finished or not, and reads its checkpoint.
func (s *Store) look() (store.Found, error) {
	s.there = Record{}
	is, err := s.Look(&s.there)
	if err != nil {
		return store.Nothing, err
	}
	if is {
		if found, err := s.compare(); err != nil || found > store.Nothing {
			return found, err
		}
	}
	return store.Nothing, s.readCheckpoint(is)
}

// compare refuses a run with other parameters, and compares the files of one with these.
func (s *Store) compare() (store.Found, error) {
	there := &s.there
	if err := bench.OtherParameters(s.path, there.Parameters, s.record.Parameters); err != nil {
		return store.Nothing, err
	}
	all := slices.Sorted(maps.Keys(there.Sums))
	if err := s.Verify(all, nil); err != nil {
		return store.Nothing, err
	}
	tables, pictures := []string{File}, []string{PictureFile, HistogramPictureFile}
	if s.gaps != nil {
		tables, pictures = append(tables, GapsFile), append(pictures, GapsPictureFile)
	}
	for _, name := range all {
		missing := isFinal(name) && !s.Whole(name) && s.Lost(name) == nil // nothing else needs it
		if !missing && !slices.Contains(pictures, name) && name != GapsPictureFile {
			tables = append(tables, name)
		}
	}
	lacks := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return !s.Whole(name) })
	}
	switch {
	case !there.Complete || lacks(tables) || s.gaps != nil && (there.Gaps == nil || *there.Gaps != *s.gaps):
		return store.Nothing, nil
	case lacks(pictures):
		return store.Tables, nil
	}
	return store.All, nil
}

// isFinal reports whether a file is of the last step alone.
func isFinal(name string) bool {
	ours, _ := path.Match(finalPattern, name)
	return ours
}

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
	if err := s.Replace(files...); err != nil {
		return err
	}
	s.record.Complete = true
	if err := s.WriteRecord(); err != nil {
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
	return s.Run.Draw(list...)
}

// Files are the names of all that this process has written.
func (s *Store) Files() []string { return s.files }

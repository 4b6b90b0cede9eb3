package training

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// Checkpoint is all from which a training study goes on, bit for bit: batches are functions
// of the step, and an infinite-width reference is run again up to it.
type Checkpoint struct {
	Parameters Parameters
	Repeat     int         // under way
	Step       int64       // steps of it that are done
	Observed   int         // observations of it that are done
	Networks   [][]float64 // positions after Step steps, widened
	Rows       []Row
	Traces     []TraceRow
	Snapshots  []Snapshot
	Histogram  [][][]int
	Sessions   []bench.Session // the processes that made it, the last one up to here; the store fills it
}

// CheckpointFile holds the state of a run under way, and the file of sealed.Previous the one before it.
const (
	CheckpointFile    = "checkpoint.bin"
	checkpointKind    = "kac training"
	checkpointVersion = 7
)

// Between two checkpoints pass at least checkpointInterval, and checkpointShare times what the last one took to write.
const (
	checkpointInterval = 30 * time.Second
	checkpointShare    = 50
)

// fits reports whether a run with its parameters, which are checked, can go on from the checkpoint.
func (c *Checkpoint) fits() bool { return c.fitsIn(&c.Parameters) }

// fitsIn reports whether a run can go on from the checkpoint that is its own but for the times after it.
func (c *Checkpoint) fitsIn(p *Parameters) bool {
	observations := p.Observations()
	if c.Repeat < 0 || c.Repeat >= p.Runs() || c.Observed < 1 || c.Observed > len(observations) || len(c.Histogram) > len(p.Widths) {
		return false
	}
	next := append(observations[1:], int64(p.Steps)+1)
	if c.Step < observations[c.Observed-1] || c.Step >= next[c.Observed-1] {
		return false
	}
	for _, w := range c.Histogram {
		if len(w) > len(observations) {
			return false
		}
		for _, bins := range w {
			if len(bins) != histogramBins+1 {
				return false
			}
		}
	}
	return true // the networks are compared when they are made
}

// readCheckpoint sets s.before to the newest whole checkpoint, nil if the directory holds none, and
// keeps what is to be said about others. claimed says that a run.json vouches for the directory; without
// one, a whole checkpoint does.
func (s *Store) readCheckpoint(claimed bool) error {
	s.before = nil
	path := filepath.Join(s.path, CheckpointFile)
	for _, name := range []string{path, sealed.Previous(path)} {
		c, err := readCheckpoint(s.on, name)
		switch version := (*sealed.VersionError)(nil); {
		case errors.Is(err, fs.ErrNotExist):
		case !claimed && errors.Is(err, sealed.ErrDamaged) && !sealed.Looks(s.on, name):
			return bench.Refuse("out", s.path, "holds %s but no %s, so it is not known what made it; choose another directory", filepath.Base(name), store.RunFile)
		case errors.Is(err, sealed.ErrDamaged), errors.As(err, &version):
			s.Tell(err.Error() + "; going on from the checkpoint before, or from the start")
		case err != nil:
			return err
		case bench.OtherParameters(s.path, c.Parameters, s.record.Parameters) != nil:
			return bench.OtherParameters(s.path, c.Parameters, s.record.Parameters)
		case !c.fits():
			s.Tell(name + " does not hold what it should; going on from the checkpoint before, or from the start")
		default:
			s.before = c
			return nil
		}
	}
	return nil
}

func readCheckpoint(on disk.FS, path string) (*Checkpoint, error) {
	payload, err := sealed.Read(on, path, checkpointKind, checkpointVersion)
	if err != nil {
		return nil, err
	}
	c := new(Checkpoint)
	if err := c.UnmarshalBinary(payload); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, sealed.ErrDamaged, err)
	}
	return c, nil
}

// Before returns the checkpoint that an earlier process left, or nil.
func (s *Store) Before() *Checkpoint { return s.before }

// earlier are the sessions that the study goes on from.
func (s *Store) earlier() []bench.Session {
	if s.before == nil {
		return nil
	}
	return s.before.Sessions
}

// Changed says, for people, in what the process that left the checkpoint differs from this one, if that can change the
// last digits; "" if it does not differ.
func (s *Store) Changed() string {
	earlier := s.earlier()
	if len(earlier) == 0 {
		return ""
	}
	return earlier[len(earlier)-1].Changed(&s.record.Session, s.before.Parameters.Precision)
}

// Checkpoint saves the state of a run under way, if the last time is long enough ago.
func (s *Store) Checkpoint(c *Checkpoint) error {
	if time.Since(s.saved) < max(checkpointInterval, checkpointShare*s.saving) {
		return nil
	}
	start := time.Now()
	c.Sessions = s.Sessions()
	data, err := c.MarshalBinary()
	if err != nil {
		return err
	}
	err = sealed.WriteNext(s.on, filepath.Join(s.path, CheckpointFile), checkpointKind, checkpointVersion, data)
	s.saved, s.saving = time.Now(), time.Since(start)
	return err
}

// Interrupted reports whether the directory holds a checkpoint to go on from.
func (s *Store) Interrupted() bool {
	_, err := s.on.Stat(filepath.Join(s.path, CheckpointFile))
	return err == nil
}

func (s *Store) removeCheckpoints() error {
	return sealed.Remove(s.on, filepath.Join(s.path, CheckpointFile))
}

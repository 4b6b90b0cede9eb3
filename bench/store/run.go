package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// Opening begins every record.
type Opening struct {
	Program  string `json:"program"`
	Format   int    `json:"format"`
	Complete bool   `json:"complete"`
}

// Closing ends the record of a Run.
type Closing struct {
	bench.Session
	Earlier []bench.Session `json:"earlier_sessions,omitempty"` // those that this one goes on from
	Seals
}

// Record is the run.json of a study: a struct of an Opening, what is the study's own, and a Closing.
type Record interface {
	opening() *Opening
	closing() *Closing
}

func (o *Opening) opening() *Opening { return o }
func (c *Closing) closing() *Closing { return c }

// Run is the directory of one study, with its record: which of its files are as they were written, who worked on it,
// and what a person should know of it. What the files hold is the study's own: it looks at the directory by Look and
// Verify, under Claim, and then writes by the methods of Dir.
type Run struct {
	*Dir     // nil before Claim
	on       disk.FS
	path     string
	record   Record
	before   Record // what an earlier process left; nil: nothing
	patterns []string
	found    Found
	lost     map[string]error // files that are there and damaged
	damaged  []string         // the same, for people
	start    time.Time
	kept     bool // the record is that of an earlier process
}

// NewRun is a run of program in a directory that is not yet claimed. record is what its run.json will hold, and
// patterns match the names of all files that it may have.
func NewRun(on disk.FS, path, program string, record Record, session bench.Session, patterns ...string) *Run {
	r := &Run{on: on, path: path, record: record, patterns: patterns, start: time.Now()}
	*record.opening() = Opening{Program: program, Format: RecordFormat}
	session.StartTime = r.start.UTC().Format(time.RFC3339)
	record.closing().Session = session
	return r
}

// Claim is the function Claim for the directory of the run.
func (r *Run) Claim(look func() (Found, error)) error {
	dir, err := Claim(r.on, r.path, func() (found Found, err error) {
		r.found, err = look()
		return r.found, err
	})
	if err != nil {
		return err
	}
	r.Dir = dir
	dir.Record(r.record, &r.record.closing().Seals, r.stamp)
	return nil
}

// Keep leaves the record's session that of an earlier process, whose numbers the files have.
func (r *Run) Keep() { r.kept = true }

func (r *Run) stamp() {
	if !r.kept {
		r.record.closing().WallTime = time.Since(r.start).Seconds()
	}
}

// ReadRecord reads the run.json of a directory into record; false: there is none. Refusals are those of Read, or say
// that it is damaged.
func ReadRecord(on disk.FS, path, program string, record any, patterns ...string) (bool, error) {
	data, err := Read(on, path, RunFile, program, patterns...)
	if data == nil {
		return false, err
	}
	if err := json.Unmarshal(data, record); err != nil {
		return false, Damaged(filepath.Join(path, RunFile), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	return true, nil
}

// Look begins a look at the directory: it forgets the one before, and reads into before what an earlier process left;
// false: nothing.
func (r *Run) Look(before Record) (bool, error) {
	r.before, r.lost, r.damaged, r.record.closing().Seals = nil, map[string]error{}, nil, Seals{}
	is, err := ReadRecord(r.on, r.path, r.record.opening().Program, before, r.patterns...)
	if is {
		r.before = before
	}
	return is, err
}

// Verify compares files with their checksums in the record that Look has read. take, which may be nil, reads one that
// is whole; its error ends the look. A damaged file is made again. One that is not there is passed over.
func (r *Run) Verify(names []string, take func(name string) error) error {
	before, now := &r.before.closing().Seals, &r.record.closing().Seals
	for _, name := range names {
		one, err := before.Verify(r.on, r.path, RunFile, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, sealed.ErrDamaged):
			r.lost[name] = err
			r.damaged = append(r.damaged, fmt.Sprintf("%s is %v; it is made again", filepath.Join(r.path, name), err))
			now.Keep(before, name) // killed before it is, the run must know that the file is its own
			continue
		case err != nil:
			return fmt.Errorf("reading what the output directory holds: %w", err)
		}
		if take != nil {
			if err := take(name); err != nil {
				return err
			}
		}
		now.Adopt(one)
	}
	return nil
}

// Whole reports whether Verify found a file as it was written.
func (r *Run) Whole(name string) bool {
	return r.lost[name] == nil && len(r.record.closing().Sums[name]) > 0
}

// Lost says in what a file differs from what was written; nil: it does not, or is not there.
func (r *Run) Lost(name string) error { return r.lost[name] }

// Damaged says which files are not as they were written, and what is done about it, one line each.
func (r *Run) Damaged() []string { return r.damaged }

// Tell adds a line to Damaged.
func (r *Run) Tell(line string) { r.damaged = append(r.damaged, line) }

// Complete reports whether, when the directory was claimed, the study was finished and all its tables were there as
// they were written.
func (r *Run) Complete() bool { return r.found >= Tables }

// Drawn reports whether, beside that, the pictures were.
func (r *Run) Drawn() bool { return r.found == All }

// Sessions are those that worked on the study, the present one up to now.
func (r *Run) Sessions() []bench.Session {
	r.stamp()
	c := r.record.closing()
	return append(slices.Clone(c.Earlier), c.Session)
}

// Elapsed is the time of all Sessions.
func (r *Run) Elapsed() time.Duration {
	seconds := 0.0
	for _, s := range r.Sessions() {
		seconds += s.WallTime
	}
	return time.Duration(seconds * float64(time.Second))
}

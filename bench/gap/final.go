package gap

import (
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/npy"
	"kac/internal/sealed"
	"kac/particles"
)

// StatesFile has of every finished network what it needs to go on to a later last time, but for its particles, which
// are in the file of SnapshotName for its last time.
const StatesFile = "states.bin"

const (
	statesKind    = "kac gap states"
	statesVersion = 1
)

// mostFinals bounds the networks of a study whose last particles are kept: each is a file.
const mostFinals = 10_000

// KeepsFinals reports whether the last particles of a study's networks are kept in its directory.
func (p *Parameters) KeepsFinals() bool { return len(p.Widths)*p.Seeds <= mostFinals }

// Final is a network at the last time of its study.
type Final struct {
	Width int
	Seed  uint64
	Time  float64
	W     []float64 // width x d, valid until the call returns
	State []byte    // of a cell, without W
}

// final tells of the network at the last time.
func (c *runningCell) final() error {
	if c.gap.Final == nil && c.options.Final == nil {
		return nil
	}
	if c.options.Final != nil {
		b, err := c.state()
		if err == nil {
			err = c.options.Final(b)
		}
		if err != nil {
			return err
		}
	}
	if c.gap.Final == nil {
		return nil
	}
	bare := *c
	e := c.ensemble.Clone()
	e.W, e.M = nil, 0
	bare.ensemble = e
	b, err := bare.state()
	if err != nil {
		return err
	}
	return c.gap.Final(Final{Width: c.width, Seed: c.seed, Time: c.ensemble.Time, W: c.ensemble.W, State: b})
}

// withParticles is the state of a cell with its particles.
func withParticles(bare []byte, w []float64, m int) ([]byte, error) {
	_, rows, ensemble, twins, err := parts(bare)
	if err != nil {
		return nil, err
	}
	var s particles.Snapshot
	if err := s.UnmarshalBinary(ensemble); err != nil {
		return nil, err
	}
	s.Ensemble.W, s.Ensemble.M = w, m
	whole, err := s.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(rows)+8+len(whole)+len(twins)), rows...)
	return append(store.AppendBytes(b, whole), twins...), nil
}

// parts cuts a state: its head, all up to the ensemble, the ensemble and the twins.
func parts(b []byte) (head store.CellHead, rows, ensemble, twins []byte, err error) {
	head, rest, err := store.ReadHead(b)
	if err != nil {
		return head, nil, nil, nil, err
	}
	if len(rest) < 8 {
		return head, nil, nil, nil, fmt.Errorf("%w: %d bytes are too few for a cell", sealed.ErrDamaged, len(b))
	}
	count := binary.LittleEndian.Uint64(rest)
	if count > uint64(len(rest)-8)/(8*rowNumbers) {
		return head, nil, nil, nil, fmt.Errorf("%w: %d rows in %d bytes", sealed.ErrDamaged, count, len(b))
	}
	at := store.HeadBytes + 8 + 8*rowNumbers*int(count)
	ensemble, twins, err = store.ReadBytes(b[at:])
	return head, b[:at], ensemble, twins, err
}

// place tells the cells of a study apart.
type place struct {
	width int
	seed  uint64
}

func comparePlaces(a, b place) int {
	return compareCells(Cell{Width: a.width, Seed: a.seed}, Cell{Width: b.width, Seed: b.seed})
}

// end is where a network has come to: its state without the particles, and their file.
type end struct {
	state []byte
	time  float64
	file  string
}

// Final keeps the last particles of a network. It may be called concurrently.
func (s *Store) Final(f Final) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := SnapshotName(f.Width, f.Seed, f.Time)
	if !slices.Contains(s.record.Parameters.Snapshots, f.Time) {
		w := slices.Clone(f.W)
		s.queue = append(s.queue, store.File{Name: name, Fill: func(out io.Writer) error { return npy.Write(out, w, f.Width, len(w)/f.Width) }})
		s.queued += len(w)
	}
	if s.ends == nil {
		s.ends = map[place]end{}
	}
	s.ends[place{f.Width, f.Seed}] = end{f.State, f.Time, name}
	if s.queued < mostQueued {
		return nil
	}
	return s.save()
}

// mostQueued is how many coordinates wait for the next save.
const mostQueued = 1 << 22

// stateFiles are what a save writes before the table: particles, and from where networks go on.
func (s *Store) stateFiles() []store.File {
	if len(s.ends) == 0 && s.Lost(StatesFile) == nil {
		return nil
	}
	return append(slices.Clone(s.queue), store.File{Name: StatesFile, Fill: func(out io.Writer) error {
		list := make([]place, 0, len(s.ends))
		for at := range s.ends {
			list = append(list, at)
		}
		slices.SortFunc(list, comparePlaces)
		var b []byte
		for _, at := range list {
			b = store.AppendBytes(b, s.ends[at].state)
		}
		_, err := out.Write(sealed.Seal(statesKind, statesVersion, b))
		return err
	}})
}

// readStates reads from where networks go on.
func (s *Store) readStates() error {
	payload, err := sealed.Read(s.on, filepath.Join(s.path, StatesFile), statesKind, statesVersion)
	if err != nil {
		return err
	}
	found := map[place]end{}
	for len(payload) > 0 {
		var state []byte
		if state, payload, err = store.ReadBytes(payload); err != nil {
			return err
		}
		head, _, ensemble, _, err := parts(state)
		if err != nil {
			return err
		}
		var snapshot particles.Snapshot
		if err := snapshot.UnmarshalBinary(ensemble); err != nil {
			return fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
		}
		at := place{int(head.Size), head.Seed}
		found[at] = end{state, snapshot.Ensemble.Time, SnapshotName(at.width, at.seed, snapshot.Ensemble.Time)}
	}
	s.ends = found
	return nil
}

// Before is the state that a network goes on from, nil if it begins at the start.
func (s *Store) Before(width int, seed uint64) ([]byte, error) {
	s.mu.Lock()
	at, is := s.ends[place{width, seed}]
	s.mu.Unlock()
	if !is {
		return nil, nil
	}
	f, err := s.on.Open(filepath.Join(s.path, at.file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := npy.Read(f, f.Size(), func(h *npy.Header) error {
		if len(h.Shape) != 2 || h.Shape[0] != width || h.Shape[1] != s.record.Parameters.Dim {
			return fmt.Errorf("it is %s, not %d x %d", h.ShapeText(), width, s.record.Parameters.Dim)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.file, err)
	}
	return withParticles(at.state, a.Data, width)
}

// stale are the files of particles at the last time of the study before it grew.
func (s *Store) stale() []string {
	kept := map[string]bool{}
	p := &s.record.Parameters
	for _, c := range s.cells {
		for _, t := range append(slices.Clone(p.Snapshots), p.Horizon) {
			kept[SnapshotName(c.Width, c.Seed, t)] = true
		}
	}
	var out []string
	for name := range s.record.Sums {
		if ours, _ := path.Match(SnapshotPattern, name); ours && !kept[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// goesOn refuses a study that is to go on to a later last time where a network has nothing to go on from.
func (s *Store) goesOn(there []Cell) error {
	var lack []string
	for _, c := range there {
		if _, is := s.ends[place{c.Width, c.Seed}]; !is {
			lack = append(lack, fmt.Sprintf("width %d, seed %d", c.Width, c.Seed))
		}
	}
	if len(lack) == 0 {
		return nil
	}
	why := "an earlier version of kac made it"
	if s.before.Sums[StatesFile] != nil {
		why = "files of particles or " + StatesFile + " are gone or damaged"
	} else if !s.before.Parameters.KeepsFinals() {
		why = fmt.Sprintf("it has more than %d networks", mostFinals)
	}
	more := ""
	if len(lack) > 1 {
		more = fmt.Sprintf(" and %d more", len(lack)-1)
	}
	return bench.Refuse("out", s.path, "holds the study up to %s without the state of %s%s, from which to go on to %s (%s); choose another directory",
		bench.Number(s.before.Parameters.Horizon), lack[0], more, bench.Number(s.record.Parameters.Horizon), why)
}

// laterText says what is new of a later last time.
func laterText(there, asked *Parameters) string {
	return fmt.Sprintf("the times up to %s, not %s", bench.Number(asked.Horizon), bench.Number(there.Horizon))
}

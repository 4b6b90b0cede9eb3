package gap

import (
	"context"
	"fmt"
	"io"
	"math"
	"path"
	"slices"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/npy"
)

// maxSnapshots bounds the times at which particles are kept.
const maxSnapshots = 100

// SnapshotPattern matches the files of particles.
const SnapshotPattern = "particles-m*-s*-t*.npy"

// SnapshotName is the file of the particles of one network at one time.
func SnapshotName(width int, seed uint64, t float64) string {
	return fmt.Sprintf("particles-m%d-s%d-t%s.npy", width, seed, bench.Number(t))
}

// checkSnapshots sorts the times and refuses those that no network comes to.
func (p *Parameters) checkSnapshots() error {
	if len(p.Snapshots) == 0 {
		p.Snapshots = nil
		return nil
	}
	p.Snapshots = slices.Sorted(slices.Values(p.Snapshots))
	if len(p.Snapshots) > maxSnapshots {
		return bench.Refuse("snapshots", fmt.Sprintf("%d times", len(p.Snapshots)), "allowed are at most %d", maxSnapshots)
	}
	for i, t := range p.Snapshots {
		switch {
		case !(t >= 0 && t <= p.Horizon):
			return bench.Refuse("snapshots", bench.Number(t), "allowed are times from 0 to the horizon, %s", bench.Number(p.Horizon))
		case i > 0 && t == p.Snapshots[i-1]:
			return bench.Refuse("snapshots", bench.Number(t), "it is there twice; every time may appear once")
		case p.Dynamics == DynamicsDescent && math.Abs(t/p.Eta-math.Round(t/p.Eta)) > 1e-6:
			return bench.Refuse("snapshots", bench.Number(t), "give multiples of the step %s", bench.Number(p.Eta))
		}
	}
	return nil
}

// StepUp moves a computed time up to a step of a descent.
func (p *Parameters) StepUp(t float64) float64 {
	if p.Dynamics != DynamicsDescent || !(p.Eta > 0) || !(t/p.Eta < 1<<53) {
		return t
	}
	return bench.StepTime(int64(math.Ceil(t/p.Eta-1e-9)), p.Eta)
}

// stops are the times that a network lands on: those of the observations that are left, and of the snapshots after
// the last one that was made.
func (g *Study) stops(done int) []float64 {
	out := slices.Clone(g.Times[done:])
	from := math.Inf(-1)
	if done > 0 {
		from = g.Times[done-1]
	}
	for _, t := range g.Parameters.Snapshots {
		if t > from && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// stop observes a network at one of its times, and keeps its particles there if that is asked for.
func (c *runningCell) stop(ctx context.Context, t float64, w []float64) error {
	if c.gap.Snapshot != nil && slices.Contains(c.gap.Parameters.Snapshots, t) {
		if err := c.gap.Snapshot(c.width, c.seed, t, w); err != nil {
			return err
		}
	}
	if n := len(c.observer.rows); n == len(c.gap.Times) || t != c.gap.Times[n] {
		return nil
	}
	err := c.observer.observe(ctx, t, w)
	if err == nil && c.gap.Watch != nil {
		err = c.gap.Watch(ctx, c.observer, c.width, c.seed, t, w)
	}
	return err
}

// Snapshot writes the particles of a network, width x d. It may be called concurrently.
func (s *Store) Snapshot(width int, seed uint64, t float64, w []float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Replace(store.File{Name: SnapshotName(width, seed, t), Fill: func(out io.Writer) error {
		return npy.Write(out, w, width, len(w)/width)
	}})
}

// keepParticles looks at the files of particles: cells that lack one that was asked for are run again, and a network
// that lacks its last one cannot go on to a later time.
func (s *Store) keepParticles() error {
	p := &s.record.Parameters
	var names []string
	for name := range s.before.Sums {
		if ours, _ := path.Match(SnapshotPattern, name); ours {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if err := s.Verify(names, nil); err != nil {
		return err
	}
	has := func(at place, last float64) bool {
		if s.Lost(SnapshotName(at.width, at.seed, last)) != nil {
			return false
		}
		for _, t := range p.Snapshots {
			if t <= last && !s.Whole(SnapshotName(at.width, at.seed, t)) {
				return false
			}
		}
		return true
	}
	s.cells = slices.DeleteFunc(s.cells, func(c Cell) bool { return !has(place{c.Width, c.Seed}, p.Horizon) })
	for at, e := range s.ends {
		if !s.Whole(e.file) || !has(at, e.time) {
			delete(s.ends, at)
		}
	}
	if !s.later() {
		return nil
	}
	return s.goesOn(slices.DeleteFunc(slices.Clone(s.there), func(c Cell) bool { return !has(place{c.Width, c.Seed}, s.record.Extends.Horizon) }))
}

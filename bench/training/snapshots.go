package training

import (
	"fmt"
	"io"
	"math"
	"slices"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/npy"
)

// Limits of snapshots: they are kept in memory until the study is written.
const (
	maxSnapshotTimes   = 100
	maxSnapshotNumbers = 1 << 28
)

// Snapshot holds the particles of one network of the first repeat after a step.
type Snapshot struct {
	Width int
	Step  int64
	Time  float64   // paper time
	W     []float64 // Width x d, row-major, rows of unit norm; widened, if the training was in float32
}

// SnapshotRecord says in run.json what a file of particles holds.
type SnapshotRecord struct {
	File  string  `json:"file"`
	Width int     `json:"width"`
	Dim   int     `json:"dim"`
	Seed  uint64  `json:"seed"` // of the repeat: it drew the initial particles and the data
	Step  int64   `json:"step"`
	Time  float64 `json:"time"`
}

// snapshotPattern matches the names of all files of particles.
const snapshotPattern = "particles-m*-t*.npy"

func snapshotName(width int, time float64) string {
	return fmt.Sprintf("particles-m%d-t%s.npy", width, bench.Number(time))
}

// checkSnapshots sorts the times and refuses those that no step leads to.
func (p *Parameters) checkSnapshots() error {
	if len(p.Snapshots) == 0 {
		p.Snapshots = nil
		return nil
	}
	p.Snapshots = slices.Sorted(slices.Values(p.Snapshots))
	if len(p.Snapshots) > maxSnapshotTimes {
		return bench.Refuse("snapshots", fmt.Sprintf("%d times", len(p.Snapshots)), "allowed are at most %d", maxSnapshotTimes)
	}
	last := int64(-1)
	for i, t := range p.Snapshots {
		if !(t >= 0 && t <= p.Horizon()+1e-6*p.Eta) {
			return bench.Refuse("snapshots", bench.Number(t), "allowed are times from 0 to the horizon, %s", bench.Number(p.Horizon()))
		}
		step := math.Round(t / p.Eta)
		if math.Abs(t-step*p.Eta) > 1e-6*p.Eta {
			return bench.Refuse("snapshots", bench.Number(t), "give multiples of the step %s", bench.Number(p.Eta))
		}
		if int64(step) == last {
			return bench.Refuse("snapshots", bench.Number(t), "the same step as %s, which is there too; every time may appear once", bench.Number(p.Snapshots[i-1]))
		}
		last = int64(step)
		p.Snapshots[i] = bench.StepTime(last, p.Eta) // as the tables spell it
	}
	numbers := float64(p.Wide)
	for _, m := range p.Widths {
		numbers += float64(m)
	}
	if numbers *= float64(p.Dim) * float64(len(p.Snapshots)); numbers > maxSnapshotNumbers {
		return bench.Refuse("snapshots", fmt.Sprintf("%d times", len(p.Snapshots)), "would be %.3g coordinates; allowed are %.3g, all networks together", numbers, float64(maxSnapshotNumbers))
	}
	return nil
}

// nextSnapshot returns the first step from step on after which particles are kept, or one that never comes, and its
// time.
func (p *Parameters) nextSnapshot(step int64) (next int64, t float64) {
	for _, t := range p.Snapshots {
		if s := int64(math.Round(t / p.Eta)); s >= step {
			return s, t
		}
	}
	return math.MaxInt64, 0
}

// snapshot keeps the particles of the first repeat, and of the wide network, if this step is one of those asked for.
func (r *run[T]) snapshot() {
	p, step := &r.out.Parameters, r.trainer.Step()
	next, t := p.nextSnapshot(step)
	if r.repeat != 0 || next != step {
		return
	}
	networks := r.trainer.Networks()
	chosen := networks[:len(p.Widths)]
	if p.Reference == ReferenceWide && p.Wide != p.Widths[len(p.Widths)-1] {
		chosen = append(slices.Clone(chosen), networks[len(networks)-1])
	}
	for _, net := range chosen {
		s := Snapshot{Width: net.M, Step: step, Time: t, W: make([]float64, len(net.W))}
		for k, x := range net.W {
			s.W[k] = float64(x)
		}
		r.out.Snapshots = append(r.out.Snapshots, s)
	}
}

// write writes the particles as a .npy matrix of float64, Width x d.
func (s *Snapshot) write(w io.Writer) error {
	return npy.Write(w, s.W, s.Width, len(s.W)/s.Width)
}

// snapshotFiles returns the files of particles and what run.json says of them.
func (s *Study) snapshotFiles() (files []store.File, records []SnapshotRecord) {
	for i := range s.Snapshots {
		snap := &s.Snapshots[i]
		name := snapshotName(snap.Width, snap.Time)
		files = append(files, store.File{Name: name, Fill: snap.write})
		records = append(records, SnapshotRecord{File: name, Width: snap.Width, Dim: s.Parameters.Dim, Seed: s.Parameters.Seed, Step: snap.Step, Time: snap.Time})
	}
	return files, records
}

// finalPattern matches the names of the particles of the last step.
const finalPattern = "particles-m*-s*-t*.npy"

// Final writes the particles of the last step of a run, width x d and widened: those of every network and of the wide
// reference, under the seed of the repeat.
func (s *Store) Final(c *Checkpoint) error {
	p := &c.Parameters
	var files []store.File
	add := func(width int, seed uint64, w []float64) {
		name := fmt.Sprintf("particles-m%d-s%d-t%s.npy", width, seed, bench.Number(p.Horizon()))
		for _, f := range files {
			if f.Name == name { // the wide network is the widest
				return
			}
		}
		files = append(files, store.File{Name: name, Fill: func(out io.Writer) error { return npy.Write(out, w, width, len(w)/width) }})
	}
	for i, w := range c.Networks {
		repeat, k := c.Repeat+i/len(p.Widths), i%len(p.Widths)
		if p.Reference == ReferenceWide && i == len(c.Networks)-1 {
			add(p.Wide, p.Seed+uint64(c.Repeat), w)
			continue
		}
		add(p.Widths[k], p.Seed+uint64(repeat), w)
	}
	return s.Replace(files...)
}

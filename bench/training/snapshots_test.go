package training

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kac/bench"
	"kac/internal/npy"
	"kac/internal/plotting"
	"kac/particles"
)

// Particles are kept after the steps asked for, also between observations, and come out of the files as they went in:
// those of time 0 are the uniform ones that the seed draws. A run cut at any observation keeps the same.
func TestSnapshots(t *testing.T) {
	for _, change := range []func(*Parameters){
		func(*Parameters) {},
		func(p *Parameters) { p.Shared, p.Precision = true, bench.Float32 },
		func(p *Parameters) { p.Reference, p.Wide = ReferenceExact, 0 },
	} {
		p := shortTraining()
		change(&p)
		p.Snapshots = []float64{5. / 32, 0, 24. / 32, 8. / 32} // observations after 0, 8, 16, 24 steps
		var saved [][]byte
		s, err := Run(t.Context(), p, Options{Checkpoint: func(c *Checkpoint) error {
			data, err := c.MarshalBinary()
			saved = append(saved, data)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		widths := []int{8, 16, 32}
		if p.Reference == ReferenceWide {
			widths = append(widths, 64)
		}
		if len(s.Snapshots) != 4*len(widths) {
			t.Fatalf("%d snapshots", len(s.Snapshots))
		}
		for i, snap := range s.Snapshots {
			if want := []int64{0, 5, 8, 24}[i/len(widths)]; snap.Step != want || snap.Time != float64(want)/32 || snap.Width != widths[i%len(widths)] {
				t.Errorf("snapshot %d is of width %d after %d steps, time %v", i, snap.Width, snap.Step, snap.Time)
			}
			if start := particles.NewUniform(snap.Width, 8, p.Seed).W; (largestDifference(snap.W, start) < 1e-7) != (snap.Step == 0) {
				t.Errorf("after %d steps the particles are %g from their start", snap.Step, largestDifference(snap.W, start))
			}
		}
		for i, data := range saved {
			var c Checkpoint
			if err := c.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			again, err := Run(t.Context(), p, Options{Before: &c})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(again.Snapshots, s.Snapshots, func(a, b Snapshot) bool {
				return a.Width == b.Width && a.Step == b.Step && a.Time == b.Time && slices.Equal(a.W, b.W)
			}) {
				t.Errorf("going on from checkpoint %d gives other snapshots", i)
			}
		}
		dir := saveTraining(t, s)
		last := s.Snapshots[len(s.Snapshots)-1]
		data, err := os.ReadFile(filepath.Join(dir, snapshotName(last.Width, .75)))
		if err != nil {
			t.Fatal(err)
		}
		in, err := npy.Read(bytes.NewReader(data), int64(len(data)), func(*npy.Header) error { return nil })
		if err != nil || !slices.Equal(in.Data, last.W) || !slices.Equal(in.Shape, []int{last.Width, 8}) {
			t.Errorf("the file holds %v, error %v", in, err)
		}
	}
}

func largestDifference(a, b []float64) float64 {
	worst := 0.
	for i := range a {
		worst = max(worst, a[i]-b[i], b[i]-a[i])
	}
	return worst
}

// saveTraining writes a study to a directory of its own.
func saveTraining(t *testing.T, s *Study) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	store, err := Open(dir, &s.Parameters, nil, bench.Session{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	summary := s.Summary()
	if err = store.Save(s, nil); err == nil {
		err = store.Draw(s, nil, func() (*plotting.Figure, error) { return s.Picture(&summary, "t") })
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSnapshotRefusals(t *testing.T) {
	for _, c := range []struct {
		times []float64
		says  string
	}{
		{[]float64{1. / 32, -1}, "from 0 to the horizon, 0.75"},
		{[]float64{25. / 32}, "from 0 to the horizon, 0.75"},
		{[]float64{.01}, "multiples of the step 0.03125"},
		{[]float64{.03125, .03125 + 1e-9}, "the same step"},
		{make([]float64, 0), ""},
	} {
		t.Run(c.says, func(t *testing.T) {
			p := shortTraining()
			p.Snapshots = c.times
			if c.says != "" {
				refuses(t, p, "snapshots", c.says)
			} else if p, err := p.Prepare(); err != nil || p.Snapshots != nil {
				t.Errorf("no times: %v, error %v", p.Snapshots, err)
			}
		})
	}
	p := shortTraining()
	p.Eta, p.Snapshots = .1, []float64{.3} // three times .1 is not .3
	p, err := p.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	if step, at := p.nextSnapshot(1); step != 3 || at != .3 {
		t.Errorf("the particles at time 0.3 are kept after %d steps, at %v", step, at)
	}
	p = shortTraining()
	p.Wide, p.Widths, p.Dim, p.Snapshots = 1<<17, []int{1 << 17}, 1024, []float64{0}
	p.Snapshots = append(p.Snapshots, 1./32)
	refuses(t, p, "snapshots", "coordinates")
}

package gap

import (
	"slices"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
)

// inMemory is what the command does with its directory, each cell saved as it is finished; no cell is
// computed again and again.
func inMemory(t *testing.T) *benchtest.Durable {
	t.Helper()
	p := small()
	p.Widths, p.Seeds, p.Points = []int{16}, 2, 2
	g := solve(t, p)
	cells := runAll(t, g, 1)
	summary := Summarise(g.Parameters.Widths, cells)
	run := func(on disk.FS) error {
		s, err := OpenOn(on, "out", &g.Parameters, g.Problem, session(1))
		if err != nil {
			return err
		}
		defer s.Close()
		s.picture = func(*Summary) (*plotting.Figure, error) {
			return &plotting.Figure{Title: "empty", Width: vg.Inch, Height: vg.Inch, Draw: func(draw.Canvas) {}}, nil
		}
		switch {
		case s.Drawn():
			return nil
		case s.Complete():
			s.Solved(g.Reference)
			return s.Draw(&summary)
		}
		if err := s.Begin(g.Reference); err != nil {
			return err
		}
		for _, c := range cells {
			if slices.ContainsFunc(s.Cells(), func(have Cell) bool { return compareCells(have, c) == 0 }) {
				continue
			}
			s.saved = time.Time{}
			if err := s.Add(c); err != nil {
				return err
			}
		}
		return s.Finish(&summary)
	}
	check := func(on disk.FS) ([]string, error) {
		checked, err := store.Check(on, "out", store.RunFile)
		if err != nil {
			return nil, err
		}
		return checked.Texts(), nil
	}
	return &benchtest.Durable{Run: run, Check: check}
}

// Killed before any operation of its directory, the last ones among them, a study is gone on with from
// the cells that were saved and ends with the same bytes.
func TestDirectoryKilledAtEveryOperation(t *testing.T) {
	if n := inMemory(t).Killed(t); n < 60 {
		t.Errorf("only %d operations", n)
	}
}

// A disk that is full, broken or writes short is told of, and costs nothing that was saved.
func TestDirectoryOnFailingDisks(t *testing.T) {
	if n := inMemory(t).Failing(t); n < 100 {
		t.Errorf("only %d failures", n)
	}
}

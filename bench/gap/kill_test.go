package gap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/plotting"
)

// computed is a study whose cells are known.
type computed struct {
	*Study
	cells  []Cell
	finals map[place]Final
}

func newComputed(t *testing.T, p Parameters) *computed {
	t.Helper()
	c := &computed{Study: solve(t, p), finals: map[place]Final{}}
	c.Study.Final = func(f Final) error {
		f.W = slices.Clone(f.W)
		c.finals[place{f.Width, f.Seed}] = f
		return nil
	}
	c.cells = runAll(t, c.Study, 1)
	return c
}

// inDirectory is what the command does with its directory.
func (g *computed) inDirectory(on disk.FS) error {
	summary := Summarise(g.Parameters.Widths, g.cells)
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
	for _, c := range g.cells {
		if slices.ContainsFunc(s.Cells(), func(have Cell) bool { return compareCells(have, c) == 0 }) {
			continue
		}
		s.saved = time.Time{}
		if before, err := s.Before(c.Width, c.Seed); err != nil || s.later() && c.Seed == g.Parameters.Seed && before == nil {
			return fmt.Errorf("nothing to go on from: %w", err)
		}
		if err := s.Final(g.finals[place{c.Width, c.Seed}]); err != nil {
			return err
		}
		if err := s.Add(c); err != nil {
			return err
		}
	}
	return s.Finish(&summary)
}

// inMemory is what the command does with its directory, each cell saved as it is finished, for a study that then grows
// to a later time and another seed; no cell is computed again and again.
func inMemory(t *testing.T) *benchtest.Durable {
	t.Helper()
	p := small()
	p.Widths, p.Seeds, p.Points = []int{16}, 1, 2
	later := p
	later.Seeds, later.Horizon, later.Points = 2, 2*p.Horizon, 3
	first, then := newComputed(t, p), newComputed(t, later)
	run := func(on disk.FS) error {
		err := first.inDirectory(on)
		if input := (*bench.InputError)(nil); errors.As(err, &input) && strings.Contains(err.Error(), "not "+bench.Number(p.Horizon)) {
			err = nil // it has grown already
		}
		if err != nil {
			return err
		}
		return then.inDirectory(on)
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

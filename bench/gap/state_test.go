package gap

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"kac/bench"
)

// stateProblems are series even, odd and mixed on the line, learned and not, and the circle.
func stateProblems() []bench.ProblemChoice {
	return []bench.ProblemChoice{
		{Problem: "he3", Dim: 6}, {Problem: "he4", Dim: 7}, {Problem: "he6", Dim: 6}, {Problem: "misspecified", Dim: 8},
		{Problem: "circle", Dim: 6}, {Activation: "1:0.5,2:1,3:0.7", Link: "1:0.2,2:1,3:0.4", Dim: 6},
		{Activation: "2:0.8,5:0.6", Link: "2:1,5:0.5", Dim: 7},
	}
}

// stateGap is a solved study of the problem under the flow, small enough to be run many times.
func stateGap(t testing.TB, choice bench.ProblemChoice) *Study {
	t.Helper()
	p := small()
	p.ProblemChoice, p.Widths, p.Seeds, p.Points, p.Horizon, p.FlowTolerance = choice, []int{24}, 1, 6, 3, 1e-6
	g, err := Solve(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// variant is the study with other dynamics and precision, on the same reference.
func (g *Study) variant(t testing.TB, dynamics, precision string) *Study {
	t.Helper()
	p := g.Parameters
	p.Dynamics, p.Precision = dynamics, precision
	if dynamics == DynamicsDescent {
		p.Eta = 0.02
	}
	if _, err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return &Study{Parameters: p, Problem: g.Problem, Reference: g.Reference, Times: g.Times}
}

// countdown is a context that is cancelled when it has been looked at n times: in a step, between
// two steps, in the middle of an observation.
type countdown struct {
	context.Context
	left atomic.Int64
}

func cancelAt(n int) *countdown {
	c := &countdown{Context: context.Background()}
	c.left.Store(int64(n))
	return c
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// looks counts how often a run looks at its context.
func looks(t *testing.T, g *Study, width int, seed uint64) (int, Cell) {
	t.Helper()
	ctx := cancelAt(math.MaxInt32)
	cell, err := g.RunCell(ctx, width, seed, CellOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return math.MaxInt32 - int(ctx.left.Load()), cell
}

func sameCell(a, b Cell) error {
	if a.Width != b.Width || a.Seed != b.Seed || len(a.Rows) != len(b.Rows) {
		return fmt.Errorf("cells %d/%d with %d rows and %d/%d with %d", a.Width, a.Seed, len(a.Rows), b.Width, b.Seed, len(b.Rows))
	}
	for i := range a.Rows {
		x, y := a.Rows[i].numbers(), b.Rows[i].numbers()
		for k := range x {
			if math.Float64bits(*x[k]) != math.Float64bits(*y[k]) {
				return fmt.Errorf("row %d, number %d: %v and %v", i, k, *x[k], *y[k])
			}
		}
	}
	return nil
}

var errKilled = errors.New("killed")

// Every problem, dynamics, precision and change of workers: a run that is cut twice, once by a
// cancelled context at a random place and once as if killed after a random save, ends with the bits
// of the run that was not.
func TestRestartBitForBit(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	combinations, cuts, inObservation := 0, 0, 0
	for _, choice := range stateProblems() {
		base := stateGap(t, choice)
		for _, dynamics := range []string{DynamicsFlow, DynamicsDescent} {
			for _, precision := range []string{bench.Float64, bench.Float32} {
				g := base.variant(t, dynamics, precision)
				const width, seed = 24, 9
				places, want := looks(t, g, width, seed)
				for _, workers := range [][2]int{{1, 3}, {2, 1}} {
					combinations++
					for range 3 {
						cuts++
						name := fmt.Sprintf("%s %s %s, %d then %d workers", base.Problem.Name(), dynamics, precision, workers[0], workers[1])
						// First part: cancelled; the last state that Save got counts.
						var state []byte
						save := func(b []byte) error { state = append(state[:0], b...); return nil }
						_, err := g.RunCell(cancelAt(random.IntN(places)), width, seed, CellOptions{Workers: workers[0], Save: save, Interval: time.Hour})
						if !errors.Is(err, context.Canceled) || state == nil {
							t.Fatalf("%s: error %v, state of %d bytes", name, err, len(state))
						}
						if c, err := newRunningCell(t.Context(), g, width, seed, CellOptions{Before: state}); err != nil {
							t.Fatal(err)
						} else if rows := len(c.observer.rows); rows > 0 && c.observer.Limit.Moving().Time() > c.observer.rows[rows-1].Time {
							inObservation++
						}
						// Second part: killed after some save, if it gets that far.
						left, first := random.IntN(40), state
						state = append([]byte(nil), first...)
						_, err = g.RunCell(t.Context(), width, seed, CellOptions{Workers: workers[1], Before: first, Save: func(b []byte) error {
							if left--; left < 0 {
								return errKilled
							}
							return save(b)
						}})
						if err != nil && !errors.Is(err, errKilled) {
							t.Fatalf("%s: %v", name, err)
						}
						got, err := g.RunCell(t.Context(), width, seed, CellOptions{Workers: workers[0], Before: state})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						if err := sameCell(got, want); err != nil {
							t.Errorf("%s: %v", name, err)
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations, %d runs cut twice, %d of them within an observation", combinations, cuts, inObservation)
	if combinations != 56 || inObservation == 0 {
		t.Errorf("%d combinations; %d cuts within an observation, want some", combinations, inObservation)
	}
}

// Saves never change a number, wherever they fall, and every saved state leads to the same end.
func TestEverySaveIsAStart(t *testing.T) {
	base := stateGap(t, bench.ProblemChoice{Problem: "he4", Dim: 7})
	base.Parameters.FlowTolerance = 1e-12 // many steps
	for _, dynamics := range []string{DynamicsFlow, DynamicsDescent} {
		g := base.variant(t, dynamics, bench.Float64)
		_, want := looks(t, g, 24, 1)
		var states [][]byte
		got, err := g.RunCell(t.Context(), 24, 1, CellOptions{Save: func(b []byte) error {
			states = append(states, append([]byte(nil), b...))
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := sameCell(got, want); err != nil {
			t.Errorf("%s: saving changes the run: %v", dynamics, err)
		}
		for i, state := range states {
			got, err := g.RunCell(t.Context(), 24, 1, CellOptions{Before: state})
			if err != nil {
				t.Fatal(err)
			}
			if err := sameCell(got, want); err != nil {
				t.Errorf("%s from save %d: %v", dynamics, i, err)
			}
		}
		t.Logf("%s: %d states", dynamics, len(states))
		if len(states) < 20 {
			t.Errorf("%s: only %d states were saved", dynamics, len(states))
		}
	}
}

// A cancelled context is noticed at every place where one is looked at, also between a step that was
// rejected and the next attempt, which must not grow; from each place the end has the same bits.
func TestCancelEverywhere(t *testing.T) {
	p := small()
	p.ProblemChoice, p.Horizon, p.Points, p.FlowTolerance = bench.ProblemChoice{Problem: "he6", Dim: 8}, 10, 3, 1e-4 // some steps are too large
	g := solve(t, p)
	const width, seed = 32, 1
	places, want := looks(t, g, width, seed)
	rejected := 0
	for n := range places {
		var state []byte
		_, err := g.RunCell(cancelAt(n), width, seed, CellOptions{Workers: 1, Interval: time.Hour, Save: func(b []byte) error {
			state = bytes.Clone(b)
			return nil
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at look %d of %d: %v", n, places, err)
		}
		// The ensemble's flags, behind its length, 8 bytes and 5 words.
		rows := binary.LittleEndian.Uint64(state[rowsAt-8:])
		if state[rowsAt+8*rowNumbers*int(rows)+8+8+5*8] == 1 {
			rejected++
		}
		got, err := g.RunCell(t.Context(), width, seed, CellOptions{Workers: 2, Before: state})
		if err != nil {
			t.Fatal(err)
		}
		if err := sameCell(got, want); err != nil {
			t.Errorf("cancelled at look %d of %d: %v", n, places, err)
		}
	}
	t.Logf("%d places, %d of them after a rejected step", places, rejected)
	if rejected == 0 {
		t.Error("no cut fell behind a rejected step")
	}
}

// 3 steps of 0.1 end behind the time 0.3 by rounding; a state saved there is not after that time.
func TestSaveAtARoundedTime(t *testing.T) {
	p := small()
	p.Widths, p.Horizon, p.Points, p.Dynamics, p.Eta = []int{24}, 0.9, 4, DynamicsDescent, 0.1
	g := solve(t, p)
	if eta := g.Parameters.Eta; !(3*eta > g.Times[1]) {
		t.Fatalf("3 steps of %v end at %v, not after %v: nothing would be tested", eta, 3*eta, g.Times[1])
	}
	_, want := looks(t, g, 24, 1)
	var states [][]byte
	if _, err := g.RunCell(t.Context(), 24, 1, CellOptions{Save: func(b []byte) error {
		states = append(states, bytes.Clone(b))
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	for i, state := range states {
		got, err := g.RunCell(t.Context(), 24, 1, CellOptions{Before: state})
		if err != nil {
			t.Fatalf("from save %d: %v", i, err)
		}
		if err := sameCell(got, want); err != nil {
			t.Errorf("from save %d: %v", i, err)
		}
	}
}

func TestCellWorkers(t *testing.T) {
	base := stateGap(t, bench.ProblemChoice{Problem: "misspecified", Dim: 8})
	for _, dynamics := range []string{DynamicsFlow, DynamicsDescent} {
		for _, precision := range []string{bench.Float64, bench.Float32} {
			g := base.variant(t, dynamics, precision)
			_, want := looks(t, g, 300, 2)
			for _, workers := range []int{2, 3, 4, 7, 8} {
				got, err := g.RunCell(t.Context(), 300, 2, CellOptions{Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				if err := sameCell(got, want); err != nil {
					t.Errorf("%s %s on %d workers: %v", dynamics, precision, workers, err)
				}
			}
		}
	}
}

// A state of something else is refused.
func TestStateOfAnotherCell(t *testing.T) {
	g := stateGap(t, bench.ProblemChoice{Problem: "he4", Dim: 7})
	state := someState(t, g)
	refused := func(what string, g *Study, width int, seed uint64, state []byte) {
		t.Helper()
		_, err := g.RunCell(t.Context(), width, seed, CellOptions{Before: state})
		if !errors.Is(err, ErrCellState) {
			t.Errorf("%s: error %v, want ErrCellState", what, err)
		}
	}
	refused("another width", g, 25, 1, state)
	refused("another seed", g, 24, 2, state)
	refused("other dynamics", g.variant(t, DynamicsDescent, bench.Float64), 24, 1, state)
	other := *g
	other.Parameters.FlowTolerance *= 2
	refused("another tolerance", &other, 24, 1, state)
	format := append([]byte(nil), state...)
	format[4]++
	refused("another format", g, 24, 1, format)
	refused("nothing", g, 24, 1, []byte{})
	for _, n := range []int{3, 8, rowsAt - 1, rowsAt, rowsAt + 20, len(state) - 8, len(state) - 1} {
		refused(fmt.Sprintf("cut to %d bytes", n), g, 24, 1, state[:n])
	}
	refused("with bytes behind", g, 24, 1, append(append([]byte(nil), state...), make([]byte, 8)...))

	grown := *g
	grown.Parameters.Widths, grown.Parameters.Seeds, grown.Parameters.Seed = []int{7, 24}, 5, 0
	if _, err := grown.RunCell(t.Context(), 24, 1, CellOptions{Before: state}); err != nil {
		t.Errorf("a study with more cells: %v", err)
	}
}

// someState is a state from the middle of the cell of width 24 and seed 1.
func someState(t testing.TB, g *Study) []byte {
	t.Helper()
	var state []byte
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := g.RunCell(ctx, 24, 1, CellOptions{Workers: 1, Save: func(b []byte) error {
		state = append(state[:0], b...)
		return nil
	}, Progress: func(share float64) {
		if share > 0.3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return state
}

// Save's error ends the run and comes back; a cancelled run tells both.
func TestSaveFails(t *testing.T) {
	g := stateGap(t, bench.ProblemChoice{Problem: "he3", Dim: 6})
	full := errors.New("disk full")
	_, err := g.RunCell(t.Context(), 24, 1, CellOptions{Save: func([]byte) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("error %v, want the disk's", err)
	}
	_, err = g.RunCell(cancelAt(5), 24, 1, CellOptions{Interval: time.Hour, Save: func([]byte) error { return full }})
	if !errors.Is(err, full) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the disk's and the context's", err)
	}
	var input *bench.InputError
	if _, err := g.RunCell(t.Context(), 0, 1, CellOptions{}); !errors.As(err, &input) {
		t.Errorf("width 0: error %v", err)
	}
}

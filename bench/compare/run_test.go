package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/bench/store"
	"kac/internal/disk"
)

// result runs a study without a directory.
func result(t testing.TB, p *Parameters, have []Row, workers int) *Result {
	t.Helper()
	cellar := p.cellar(have, nil)
	if err := p.Run(t.Context(), have, workers, cellar.Add, nil); err != nil {
		t.Fatal(err)
	}
	r := &Result{Parameters: p, Rows: cellar.Rows()}
	var err error
	if r.Limits, err = p.Limits(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Equivalents, err = p.Equivalents(); err != nil {
		t.Fatal(err)
	}
	if r.Crossings, err = p.Crossings(r.Rows); err != nil {
		t.Fatal(err)
	}
	return r
}

func table(t testing.TB, p *Parameters, rows []Row) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteRows(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRunIsTheSame for any number of workers, and from any finished cells on, through the table's text.
func TestRunIsTheSame(t *testing.T) {
	p := small(t, func(p *Parameters) {
		p.Dims, p.Widths, p.Noise, p.Ridges = []int{6, 8}, []int{16, 40}, .2, []string{"auto", "1"}
	})
	whole := result(t, p, nil, 1)
	want := table(t, p, whole.Rows)
	if got := table(t, p, result(t, p, nil, 3).Rows); got != want {
		t.Error("three workers give other numbers than one")
	}
	cells := p.Cells()
	for keep := range cells {
		var have []Row
		for _, r := range whole.Rows {
			if slices.Index(cells, r.Cell)%3 != keep%3 || r.Cell.compare(cells[keep]) < 0 {
				have = append(have, r)
			}
		}
		read, err := p.ReadRows(bytes.NewReader([]byte(table(t, p, have))))
		if err != nil {
			t.Fatal(err)
		}
		if got := table(t, p, result(t, p, read, 2).Rows); got != want {
			t.Fatalf("from %d rows on the table differs", len(have))
		}
	}
	if rows, err := p.ReadRows(bytes.NewReader([]byte(table(t, p, whole.Rows[1:])))); err != nil || len(rows) != len(whole.Rows)-p.rowsOf(6, 60) {
		t.Errorf("a cell without its first row is taken for whole: %d rows, %v", len(rows), err)
	}
	other := small(t, func(p *Parameters) { p.Activation, p.Link, p.Problem = "2:1", "2:.5", "" })
	if _, err := other.ReadRows(bytes.NewReader([]byte(want))); !errors.Is(err, ErrOtherTable) {
		t.Errorf("a table of other degrees: %v", err)
	}
}

// TestDrawsAreShared: networks, ntk and best of a cell see the same data, and a number of the draw is the same data for
// every n.
func TestDrawsAreShared(t *testing.T) {
	p := small(t, nil)
	problem, err := p.ProblemIn(8)
	if err != nil {
		t.Fatal(err)
	}
	task, err := p.task(problem)
	if err != nil {
		t.Fatal(err)
	}
	a, b := task.Samples(60, p.drawSeed(8, 1), 0), task.Samples(120, p.drawSeed(8, 1), 0)
	if !slices.Equal(a.X, b.X[:len(a.X)]) {
		t.Error("60 samples are not the first of 120")
	}
	seen := map[uint64]bool{}
	for d := 3; d < 60; d++ {
		for draw := 1; draw < 50; draw++ {
			for _, p.Seed = range []uint64{1, 50, 1 << 40} {
				if s := p.drawSeed(d, draw); seen[s] {
					t.Fatalf("d = %d, draw %d, seed %d: another draw has this seed", d, draw, p.Seed)
				} else {
					seen[s] = true
				}
			}
		}
	}
}

// durable is a small study as kac compare writes it, every cell saved.
func durable(p *Parameters) *benchtest.Durable {
	return &benchtest.Durable{
		Run: func(on disk.FS) error {
			out, err := store.OpenResults(on, "out", "kac compare", p, bench.Session{}, Files...)
			if err != nil {
				return err
			}
			defer out.Close()
			cellar, err := OpenCellar(p, out)
			if err != nil {
				return err
			}
			add := func(c Cell, rows []Row) error { return errors.Join(cellar.Add(c, rows), cellar.Save()) }
			if err := p.Run(context.Background(), cellar.Rows(), 1, add, nil); err != nil {
				return err
			}
			r := &Result{Parameters: p, Rows: cellar.Rows()}
			if r.Limits, err = p.Limits(context.Background()); err != nil {
				return err
			}
			if r.Equivalents, err = p.Equivalents(); err != nil {
				return err
			}
			if r.Crossings, err = p.Crossings(r.Rows); err != nil {
				return err
			}
			return out.Finish(r.Tables(), []store.File{store.Picture(PictureFile, r.Picture)})
		},
		Check: func(on disk.FS) ([]string, error) {
			checked, err := store.Check(on, "out", store.RunFile)
			if err != nil {
				return nil, err
			}
			return checked.Texts(), nil
		},
	}
}

// TestKilled anywhere, the same command ends with the same bytes.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of runs")
	}
	p := small(t, func(p *Parameters) { p.Dims, p.Samples, p.Draws, p.Widths = []int{5}, []string{"20"}, 2, []int{4} })
	if n := durable(p).Killed(t); n < 20 {
		t.Errorf("only %d operations", n)
	}
}

// TestSolvedWhereItIsWorthIt: not above the limit, nor where the target is found exactly.
func TestSolvedWhereItIsWorthIt(t *testing.T) {
	p := small(t, func(p *Parameters) { p.Samples, p.KernelLimit = []string{"60", "329", "400"}, 350 })
	for n, want := range map[int]bool{60: true, 328: true, 329: false, 400: false} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if problem, _ := p.ProblemIn(8); p.solved(problem, n) != want {
				t.Errorf("n = %d: solved is %v; the rank is %g, the limit 350", n, !want, problem.Rank(problem.NTK()))
			}
		})
	}
	p = small(t, func(p *Parameters) { p.Samples, p.KernelLimit, p.Noise = []string{"329"}, 350, .1 })
	if problem, _ := p.ProblemIn(8); !p.solved(problem, 329) {
		t.Error("with noise nothing is found exactly")
	}
	if cells := small(t, func(p *Parameters) { p.Predictors = []string{NTK} }).Cells(); len(cells) != 3 {
		t.Errorf("%d cells of kernels, want 3 of n = 60 alone", len(cells))
	}
}

// TestMeansOverTargets scatter less than single targets about the same mean, which the equivalent gives to 2 % at d =
// 12; processors do not matter.
func TestMeansOverTargets(t *testing.T) {
	change := func(targets string) func(*Parameters) {
		return func(p *Parameters) {
			p.Dims, p.Samples, p.Draws, p.KernelLimit, p.Predictors, p.Targets = []int{12}, []string{"200"}, 8, 200, []string{NTK, Best, Floor}, targets
		}
	}
	p := small(t, change(Mean))
	means, single := result(t, p, nil, 1), result(t, small(t, change("")), nil, 1)
	before := runtime.GOMAXPROCS(1)
	again := result(t, p, nil, 1)
	runtime.GOMAXPROCS(before)
	if table(t, p, again.Rows) != table(t, p, means.Rows) {
		t.Error("one processor gives other numbers")
	}
	one := single.Summaries()
	for i, s := range means.Summaries() {
		switch {
		case math.Abs(s.Value/s.Equivalent-1) > .02:
			t.Errorf("%s: mean %g, equivalent %g", s.Predictor, s.Value, s.Equivalent)
		case s.Predictor != Floor && !(s.SE < one[i].SE/3):
			t.Errorf("%s: standard errors %g of means, %g of single targets", s.Predictor, s.SE, one[i].SE)
		case math.Abs(one[i].Value-s.Value) > 4*one[i].SE:
			t.Errorf("%s: single targets %g(%g), mean %g", s.Predictor, one[i].Value, one[i].SE, s.Value)
		}
	}
}

// TestAutoIsOneOfTheOthers: a ridge that auto comes to is there once.
func TestAutoIsOneOfTheOthers(t *testing.T) {
	p := small(t, func(p *Parameters) {
		p.Predictors, p.Ridges, p.Samples = []string{NTK}, []string{"auto", "0", "1"}, []string{"60"}
	})
	r := result(t, p, nil, 1)
	if len(r.Rows) != 2*p.Draws || len(r.Equivalents) != 2 {
		t.Errorf("%d rows and %d equivalents for ridges auto (which is 0), 0 and 1; want %d and 2", len(r.Rows), len(r.Equivalents), 2*p.Draws)
	}
	for _, s := range r.Summaries() {
		if s.N != p.Draws {
			t.Errorf("ridge %g: a mean of %d draws, there are %d", s.Ridge, s.N, p.Draws)
		}
	}
	if rows, err := p.ReadRows(bytes.NewReader([]byte(table(t, p, r.Rows)))); err != nil || len(rows) != len(r.Rows) {
		t.Errorf("%d rows read back, %v", len(rows), err)
	}
}

package coding

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// Fractional repetition and uncoded decode as their exact laws say, draw by draw.
func TestFractionalAndUncoded(t *testing.T) {
	a := Fractional(16, 3)
	if a.Machines() != 24 || a.Blocks() != 16 || a.Replication() != 3 {
		t.Fatal(a.Machines(), a.Blocks(), a.Replication())
	}
	d, lost, alpha := a.LeastSquares(), make([]bool, 24), make([]float64, 16)
	for draw := range uint64(100) {
		Bernoulli(lost, .4, 1, draw)
		want := 0.0
		for g := range 8 {
			if lost[3*g] && lost[3*g+1] && lost[3*g+2] {
				want += 2. / 16
			}
		}
		if e, err := d.Alpha(alpha, lost); err != nil || math.Abs(e-want) > 1e-13 {
			t.Errorf("draw %d: %v, %v, want %v", draw, e, err, want)
		}
		if e, err := a.Repetition().Alpha(alpha, lost); err != nil || e != want {
			t.Errorf("draw %d: %v, %v, want %v", draw, e, err, want)
		}
	}
	u := Uncoded(10)
	lost, alpha = []bool{9: true}, make([]float64, 10)
	if e, _ := u.Fixed(1).Alpha(alpha, lost); math.Abs(e-.1) > 1e-15 {
		t.Error(e)
	}
}

// Any d-1 machines may be lost from a cyclic code; one more and it is no longer exact.
func TestCyclicIsExactUpToItsDistance(t *testing.T) {
	for _, c := range [][2]int{{8, 2}, {8, 4}, {9, 3}, {9, 5}, {12, 4}, {7, 7}, {5, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			a := must(Cyclic(c[0], c[1]))
			d, alpha := a.LeastSquares(), make([]float64, c[0])
			exact, err := WorstOfAll(t.Context(), d, c[0], c[0], c[1]-1)
			if err != nil || exact.Error > 1e-20 {
				t.Errorf("d-1 lost: error %v, %v", exact.Error, err)
			}
			worst, err := WorstOfAll(t.Context(), d, c[0], c[0], c[1])
			if err != nil || worst.Error < 1e-6 {
				t.Errorf("d lost: error %v, %v", worst.Error, err)
			}
			if e, err := d.Alpha(alpha, nil); err != nil || e > 1e-20 {
				t.Errorf("none lost: %v, %v", e, err)
			}
			dense, other, lost := a.Dense(c[1]-1), make([]float64, c[0]), make([]bool, c[0])
			for draw := range uint64(50) {
				Bernoulli(lost, .5, 1, draw)
				e, err := d.Alpha(alpha, lost)
				f, wrong := dense.Alpha(other, lost)
				if err != nil || wrong != nil || math.Abs(e-f) > 1e-10 {
					t.Errorf("draw %d: %v by LSQR, %v by QR, %v, %v", draw, e, f, err, wrong)
				}
			}
		})
	}
	if _, err := Cyclic(8, 3); err == nil || !strings.Contains(err.Error(), "both are even or both are odd") {
		t.Error(err)
	}
}

// The expander code: error below Raviv et al.'s bound (second eigenvalue/d)² s/(n-s), for every set of s lost of many.
func TestExpanderBound(t *testing.T) {
	g := must(Regular(40, 4, 1))
	s, err := g.Eigenvalues(t.Context(), 1e-9, 1000)
	if err != nil {
		t.Fatal(err)
	}
	a := must(Expander(g))
	d, alpha := a.Answers(), make([]float64, 40)
	lost := make([]bool, 40)
	for draw := range uint64(200) {
		count := 1 + int(draw%15)
		Fixed(lost, count, 1, draw)
		e, err := d.Alpha(alpha, lost)
		if err != nil {
			t.Fatal(err)
		}
		second := math.Max(s.Second, -s.Last) / 4
		if bound := second * second * float64(count) / float64(40-count); e > bound+1e-12 {
			t.Errorf("%d lost: error %v above %v", count, e, bound)
		}
		if math.Abs(Mean(alpha)-1) > 1e-12 {
			t.Errorf("mean of alpha %v", Mean(alpha))
		}
	}
}

func TestRandomAssignment(t *testing.T) {
	a := must(Random(2000, 3000, 3, 1))
	if r := a.Replication(); math.Abs(r-3) > 4*math.Sqrt(3./2000) {
		t.Errorf("replication %v", r)
	}
	count := make([]int, 2000)
	for j := range a.Machines() {
		blocks, _ := a.Column(j)
		for k, b := range blocks {
			count[b]++
			if k > 0 && blocks[k-1] >= b {
				t.Fatal("a machine holds a block twice")
			}
		}
	}
	empty := 0
	for _, c := range count {
		if c == 0 {
			empty++
		}
	}
	if want := 2000 * math.Exp(-3); math.Abs(float64(empty)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d blocks on no machine, %v expected", empty, want)
	}
}

func TestFromMatrix(t *testing.T) {
	a, err := FromMatrix(2, 3, []float64{1, 0, 2, 0, -1, 1})
	if err != nil || a.Machines() != 3 || len(a.block) != 4 {
		t.Fatal(a, err)
	}
	var empty *EmptyBlockError
	if _, err := FromMatrix(2, 2, []float64{1, 1, 0, 0}); !errors.As(err, &empty) || empty.Block != 1 {
		t.Error(err)
	}
	if _, err := FromMatrix(1, 2, []float64{1, math.NaN()}); err == nil || !strings.Contains(err.Error(), "row 1, column 2") {
		t.Error(err)
	}
}

// The rare estimate is the mean error: against plain draws where these can see it, and against the limit where they
// cannot.
func TestRareError(t *testing.T) {
	g := must(Regular(64, 3, 3))
	e, err := RareError(t.Context(), g, .3, 200000, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, lost := NewOptimal(g), make([]bool, len(g.Edges()))
	var plain []float64
	for draw := range uint64(4000) {
		Bernoulli(lost, .3, 9, draw)
		plain = append(plain, d.Error(lost))
	}
	mean, se := moments(plain)
	if math.Abs(mean-e.Value) > 4*math.Hypot(se, e.SE) {
		t.Errorf("%v +- %v by exploring, %v +- %v by plain draws", e.Value, e.SE, mean, se)
	}
	// Degree 6, p = .1: about p^6 = 1e-6.
	e, err = RareError(t.Context(), must(Regular(1024, 6, 1)), .1, 20000, 1)
	if want := 1.0003e-6; err != nil || e.SE > .05*e.Value || math.Abs(e.Value-want) > 4*e.SE {
		t.Errorf("%v +- %v, want about %v, %v", e.Value, e.SE, want, err)
	}
}

// The adversary on a cubic graph of 16 vertices: 3 machines isolate a vertex, 5 two neighbours; fractional repetition
// loses 2 blocks with 3 machines. The search finds what trying all sets finds, and never more than the theorem allows.
func TestAdversary(t *testing.T) {
	g := must(Regular(16, 3, 1))
	s, err := g.Eigenvalues(t.Context(), 1e-9, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		count              int
		graph, fractional_ float64
	}{{2, 0, 0}, {3, 1. / 16, 2. / 16}, {5, 2. / 16, 2. / 16}} {
		t.Run(fmt.Sprint(c.count), func(t *testing.T) {
			exact, err := WorstOfAll(t.Context(), g.Decode(), 16, 24, c.count)
			if err != nil || math.Abs(exact.Error-c.graph) > 1e-12 {
				t.Errorf("%d of the graph's machines: %v, %v, want %v", c.count, exact.Error, err, c.graph)
			}
			found, err := Search(t.Context(), g.Assignment(), g.Decode(), c.count, 40, 1)
			if err != nil || found.Error < exact.Error-1e-12 {
				t.Errorf("%d: the search finds %v, there is %v, %v", c.count, found.Error, exact.Error, err)
			}
			lost := 0
			for _, l := range found.Lost {
				if l {
					lost++
				}
			}
			if lost != c.count {
				t.Errorf("the search takes %d machines of %d", lost, c.count)
			}
			if bound := AdversaryBound(3, s.Gap(), float64(c.count)/24); exact.Error > bound {
				t.Errorf("%d: error %v above the bound %v", c.count, exact.Error, bound)
			}
			f := Fractional(16, 3)
			if e, err := WorstOfAll(t.Context(), f.LeastSquares(), 16, 24, c.count); err != nil || math.Abs(e.Error-c.fractional_) > 1e-12 {
				t.Errorf("%d of fractional repetition's: %v, %v, want %v", c.count, e.Error, err, c.fractional_)
			}
		})
	}
	if n := Sets(24, 5); n != 42504 {
		t.Error(n)
	}
}

// On LPS(5,13) an independent set costs about p/2, the search finds more, the theorem's bound holds.
func TestAdversaryOnARamanujanGraph(t *testing.T) {
	g := must(LPS(5, 13))
	a, d := g.Assignment(), g.Decode()
	for _, p := range []float64{.1, .2, .3} {
		count := int(p * 6552)
		plain, err := Independent(a, d, count, 1)
		if err != nil || math.Abs(plain.Error-p/2) > 2e-3 {
			t.Errorf("p = %v: an independent set leaves %v, %v", p, plain.Error, err)
		}
		found, err := Search(t.Context(), a, d, count, 8, 1)
		bound := AdversaryBound(6, 6-4.249721, p)
		if err != nil || found.Error < plain.Error || found.Error > bound {
			t.Errorf("p = %v: the search finds %v between %v and %v, %v", p, found.Error, plain.Error, bound, err)
		}
		t.Logf("p = %v: independent %.4f, search %.4f, bound %.4f", p, plain.Error, found.Error, bound)
	}
}

func TestDelays(t *testing.T) {
	e, p := must(Exponential(1, 2)), must(Pareto(2, 3))
	m := must(Measured([]float64{5, 1, 3}))
	for u, want := range map[float64]float64{0: 1, .5: 1 + 2*math.Ln2} {
		t.Run(fmt.Sprint(u), func(t *testing.T) {
			if got := e.Quantile(u); math.Abs(got-want) > 1e-14 {
				t.Errorf("exponential at %v: %v, want %v", u, got, want)
			}
		})
	}
	if got := p.Quantile(.875); math.Abs(got-4) > 1e-12 {
		t.Error(got)
	}
	if m.Quantile(0) != 1 || m.Quantile(.5) != 3 || m.Quantile(.99) != 5 {
		t.Error(m)
	}
	for _, err := range []error{second(Exponential(-1, 1)), second(Exponential(0, 0)), second(Pareto(0, 1)), second(Measured(nil)), second(Measured([]float64{1, -2}))} {
		if err == nil {
			t.Error("wrong delays are taken")
		}
	}
	times, lost, order := []float64{3, 1, 2, 1}, make([]bool, 4), make([]int32, 4)
	if w := (Wait{Share: .5}).Lost(lost, times, order); w != 1 || fmt.Sprint(lost) != "[true false true false]" {
		t.Error(w, lost)
	}
	if w := (Wait{Deadline: 2}).Lost(lost, times, order); w != 2 || fmt.Sprint(lost) != "[true false false false]" {
		t.Error(w, lost)
	}
	if w := (Wait{Share: 1}).Lost(lost, times, order); w != 3 || fmt.Sprint(lost) != "[false false false false]" {
		t.Error(w, lost)
	}
}

func second[T any](_ T, err error) error { return err }

// The mean of the k-th fastest of m exponential machines is shift + mean (1/m + ... + 1/(m-k+1)).
func TestWaitingTime(t *testing.T) {
	e := must(Exponential(1, 2))
	const m = 20
	w := Wait{Share: .75}
	times, lost, order := make([]float64, m), make([]bool, m), make([]int32, m)
	var waits []float64
	for draw := range uint64(4000) {
		e.Draw(times, 3, draw)
		waits = append(waits, w.Lost(lost, times, order))
	}
	want := 1.0
	for i := m - w.Count(m) + 1; i <= m; i++ {
		want += 2 / float64(i)
	}
	if mean, se := moments(waits); math.Abs(mean-want) > 4*se {
		t.Errorf("%v +- %v, want %v", mean, se, want)
	}
}

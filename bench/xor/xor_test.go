package xor

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kac/bench"
)

func TestSchema(t *testing.T) {
	if err := Schema.Check(); err != nil {
		t.Error(err)
	}
}

func small() Parameters {
	return Parameters{Dim: 8, Widths: []int{16, 32}, Scale: 1, Kappa: 2, Rate: 4, Eta: .25, Horizon: 2, Points: 5, Seeds: 2, Seed: 1, Test: 64, Zeta: .5, Precision: bench.Float32}
}

// smallIdeal is the infinite network of small, which takes longer than the networks: tests share it.
var smallIdeal = sync.OnceValue(func() *ideal {
	p := small()
	p.Law = Spherical
	return must(p.solve(context.Background(), 2, func(float64) {}))
})

// The table does not depend on workers, and cells that are cut go on with the same bits.
func TestRunBits(t *testing.T) {
	p := small()
	p.Coupling = true
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Batch != 8 {
		t.Errorf("the batch is %d", p.Batch)
	}
	tables := make([]bytes.Buffer, 2)
	var s *Study
	for i, workers := range []int{1, 3} {
		var err error
		if s, err = runKept(t.Context(), p, must(KeepStudy(&p, nil, nil)), []float64{.5}, smallIdeal(), workers, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteCSV(&tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(tables[0].Bytes(), tables[1].Bytes()) {
		t.Error("three workers give another table than one")
	}
	if len(s.Snapshots) != 4 || len(s.Snapshots[0].Rows) != 16*9 || s.Snapshots[0].Time != .5 {
		t.Errorf("%d snapshots", len(s.Snapshots))
	}
	runner := &runner{NewGroup(p), smallIdeal()}
	want := s.cells(32)[1]
	for cut := 1; cut < 8; cut += 3 {
		ctx, stop := context.WithCancel(t.Context())
		var state []byte
		saves := 0
		_, err := runner.RunCell(ctx, 32, 2, bench.CellOptions{Workers: 1, Save: func(b []byte) error {
			state = bytes.Clone(b)
			if saves++; saves == cut {
				stop()
			}
			return nil
		}})
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		values, err := runner.RunCell(t.Context(), 32, 2, bench.CellOptions{Workers: 2, Before: state})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if v != want.Values[i] && !(math.IsNaN(v) && math.IsNaN(want.Values[i])) {
				t.Fatalf("cut after %d saves: number %d is %v, want %v", cut, i, v, want.Values[i])
			}
		}
	}
	if _, err := runner.RunCell(t.Context(), 32, 2, bench.CellOptions{Before: []byte("nothing")}); !errors.Is(err, bench.ErrCellState) {
		t.Errorf("a broken state: %v", err)
	}
}

// On the whole cube m times the gap is that of an independent program: 1.40(15) at t = 4 for m = 256 (12 seeds here),
// and while neurons are independent, E|w|^4/2 - G^2 for every m.
func TestGapOnCube(t *testing.T) {
	p := Parameters{Dim: 10, Widths: []int{256}, Scale: 1, Kappa: 2, Cube: true, Eta: .1, Horizon: 4, Points: 2, Seeds: 12, Seed: 1, Test: 64, Zeta: .5, Precision: bench.Float32, Law: Boolean}
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), p, nil, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	gap := s.Mean(256, 1, "gap")
	got, se := 256*gap.Value, 256*gap.SE
	if math.Abs(got-1.37) > 3*math.Hypot(se, .1) {
		t.Errorf("m*gap at 4 = %.3g +- %.2g, want 1.37", got, se)
	}
	small := p
	small.Scale, small.Widths, small.Seeds, small.Horizon = .1, []int{64}, 24, 5
	if err := small.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err = Run(t.Context(), small, nil, 2, nil); err != nil {
		t.Fatal(err)
	}
	for row := range 2 {
		gap := s.Mean(64, row, "gap")
		if want := s.ideal.points[row].Independent; math.Abs(64*gap.Value-want) > 3.5*64*gap.SE {
			t.Errorf("theta = .1, time %v: m*gap = %.3g +- %.2g, want %.3g", s.ideal.points[row].Time, 64*gap.Value, 64*gap.SE, want)
		}
	}
}

// Networks with the square loss, on the whole cube, beside their own infinite one.
func TestSquareOnCube(t *testing.T) {
	p := Parameters{Dim: 8, Widths: []int{512}, Scale: 1, Loss: Square, Cube: true, Eta: .1, Horizon: 5, Points: 2, Seeds: 6, Seed: 1, Test: 64, Zeta: .5, Precision: bench.Float32, Law: Spherical}
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), p, nil, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	margin, loss, g := s.Mean(512, 1, "margin"), s.Mean(512, 1, "loss"), s.Margin(1)
	if math.Abs(margin.Value-g) > 4*margin.SE+.02*g || // the cube's own law is up to 2 % off
		!(g > .5 && g < 1) {
		t.Errorf("margin %v, of the infinite network %v", margin, g)
	}
	if gap := s.Mean(512, 1, "gap").Value; math.Abs(loss.Value-(1-g)*(1-g)) > 4*loss.SE+2*gap || gap > 5./512 {
		t.Errorf("loss %v, of the infinite network %v; gap %v", loss, (1-g)*(1-g), gap)
	}
	kappa := p
	kappa.Kappa = 1
	if err := kappa.Check(t.Context()); err == nil {
		t.Error("the square loss takes kappa")
	}
}

// Neurons of one's own have an infinite network of their root mean square beside them.
func TestInitialScale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.csv")
	if err := os.WriteFile(path, []byte("3,0,0,0,0,0,3\n0,1,0,0,0,0,-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := Parameters{Dim: 6, Widths: []int{2}, Scale: 1, Kappa: 2, Rate: 4, Eta: .25, Horizon: 1, Points: 2, Seeds: 1, Seed: 1, Test: 64, Zeta: .5, Law: Spherical, Initial: path}
	if err := p.Check(t.Context()); err != nil || math.Abs(p.Scale-math.Sqrt(5)) > 1e-15 {
		t.Fatalf("scale %v, error %v", p.Scale, err)
	}
	s, err := Run(t.Context(), p, nil, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Mean(2, 0, "energy").Value; math.Abs(e-s.ideal.points[0].Energy) > 1e-14 {
		t.Errorf("the energy is %v, of the infinite network %v", e, s.ideal.points[0].Energy)
	}
}

func TestParametersRefuse(t *testing.T) {
	for _, c := range []struct {
		key    string
		change func(*Parameters)
	}{
		{"widths", func(p *Parameters) { p.Widths = nil }},
		{"widths", func(p *Parameters) { p.Widths, p.Halves = []int{15}, true }},
		{"dim", func(p *Parameters) { p.Dim = 3 }},
		{"scale", func(p *Parameters) { p.Scale = 0 }},
		{"kappa", func(p *Parameters) { p.Kappa = math.Inf(1) }},
		{"rate", func(p *Parameters) { p.Rate = .1 }},
		{"rate", func(p *Parameters) { p.Rate = -4 }},
		{"batch", func(p *Parameters) { p.Rate, p.Batch = 0, 0 }},
		{"batch", func(p *Parameters) { p.Dim, p.Cube = 15, true }},
		{"batch", func(p *Parameters) { p.Fixed, p.Rate, p.Batch = 4, 0, 5 }},
		{"samples", func(p *Parameters) { p.Fixed = -1 }},
		{"samples", func(p *Parameters) { p.Fixed, p.Cube = 9, true }},
		{"eta", func(p *Parameters) { p.Eta = 0 }},
		{"eta", func(p *Parameters) { p.Eta, p.Horizon, p.Rate, p.Batch = 2, 4, 0, 1 }},
		{"horizon", func(p *Parameters) { p.Horizon = 2.1 }},
		{"points", func(p *Parameters) { p.Points = 1 }},
		{"seeds", func(p *Parameters) { p.Seeds = 0 }},
		{"seed", func(p *Parameters) { p.Seed = math.MaxUint64 }},
		{"test", func(p *Parameters) { p.Test = 0 }},
		{"zeta", func(p *Parameters) { p.Zeta = 0 }},
		{"precision", func(p *Parameters) { p.Precision = "float16" }},
		{"law", func(p *Parameters) { p.Law = "gaussian" }},
		{"initial", func(p *Parameters) { p.Initial = "no such file.npy" }},
	} {
		t.Run(c.key, func(t *testing.T) {
			p := small()
			c.change(&p)
			var input *bench.InputError
			if err := p.Check(t.Context()); !errors.As(err, &input) || input.Key != c.key {
				t.Errorf("%v", err)
			}
		})
	}
}

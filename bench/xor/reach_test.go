package xor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/bench"
	"kac/particles/xor"
)

func reachGroupOf(t *testing.T, dim, seeds int) *ReachGroup {
	t.Helper()
	p := Parameters{Dim: dim, Widths: []int{128}, Scale: 1, Kappa: 2, Rate: 4, Eta: .125, Horizon: 40, Points: 2, Seeds: seeds, Seed: 1, Test: 1024, Zeta: .5, Precision: bench.Float32}
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	g, err := NewReachGroup(p, .1)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Samples to a test error of .1, and until half of the energy is heavy: an independent program's 289 and 311 at d = 16,
// 728 and 784 at d = 32 (12 seeds each).
func TestReach(t *testing.T) {
	groups := []*ReachGroup{reachGroupOf(t, 16, 12), reachGroupOf(t, 32, 8)}
	var tables [2]bytes.Buffer
	var s *Scaling
	for i, workers := range []int{1, 3} {
		var err error
		if s, err = RunScaling(t.Context(), groups, workers, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteCSV(&tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(tables[0].Bytes(), tables[1].Bytes()) {
		t.Error("three workers give another table than one")
	}
	for i, want := range []struct{ samples, heavy float64 }{{289, 311}, {728, 784}} {
		t.Run(fmt.Sprint(want.samples, want.heavy), func(t *testing.T) {
			r := s.Series[0].Rows[i]
			if floor := r.Spectral.Value / float64(r.Parameters.Dim); math.Abs(floor-[]float64{3.9, 4.4}[i]) > .7 {
				t.Errorf("d = %d: the spectral floor is %.2f d", r.Parameters.Dim, floor)
			}
			if math.Abs(r.Error.Value/want.samples-1) > .1 || math.Abs(r.Heavy.Value/want.heavy-1) > .06 {
				t.Errorf("d = %d: %v and %v samples, want %v and %v", r.Parameters.Dim, r.Error.Value, r.Heavy.Value, want.samples, want.heavy)
			}
		})
	}
}

// A count that is cut goes on with the same bits.
func TestReachCut(t *testing.T) {
	g := reachGroupOf(t, 16, 1)
	want, err := g.RunCell(t.Context(), 128, 3, bench.CellOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < 60; cut += 23 {
		ctx, stop := context.WithCancel(t.Context())
		var state []byte
		saves := 0
		_, err := g.RunCell(ctx, 128, 3, bench.CellOptions{Workers: 1, Save: func(b []byte) error {
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
		again, err := restoredReach(t, g).RunCell(t.Context(), 128, 3, bench.CellOptions{Before: state})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range again {
			if v != want[i] {
				t.Errorf("cut after %d saves: number %d is %v, want %v", cut, i, v, want[i])
			}
		}
	}
}

// restoredReach is the group of the recorded parameters.
func restoredReach(t *testing.T, g *ReachGroup) *ReachGroup {
	t.Helper()
	data, err := json.Marshal(g.Facts().Parameters)
	if err != nil {
		t.Fatal(err)
	}
	again, err := RestoreReach(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if again.level != g.level || again.parameters.Batch != g.parameters.Batch {
		t.Errorf("restored %+v", again.parameters)
	}
	return again
}

func TestReachSchema(t *testing.T) {
	if err := ReachSchema.Check(); err != nil {
		t.Error(err)
	}
}

// The kernel's samples: 75, 308, 5052 at d = 16, 32, 128; and the error of the least-squares fit of least norm itself
// at d = 32 with the samples for .1.
func TestKernelSamples(t *testing.T) {
	const d, tests, draws = 32, 1000, 4
	products := func(to, x []float64) {
		k := 0
		for i := range d {
			for j := range i {
				to[k] = x[i] * x[j]
				k++
			}
		}
	}
	n, features := int(math.Round(KernelSamples(d, .1))), d*(d-1)/2
	var errors []float64
	for seed := range uint64(draws) {
		x, y := xor.Drawn[float64](n, d, seed, false)
		f := mat.NewDense(n, features, nil)
		for i := range n {
			products(f.RawRowView(i), x[i*d:(i+1)*d])
		}
		var gram mat.SymDense
		gram.SymOuterK(1, f)
		var solver mat.Cholesky
		if !solver.Factorize(&gram) {
			t.Fatal("the samples' products are not independent")
		}
		var alpha, beta mat.VecDense
		if err := solver.SolveVecTo(&alpha, mat.NewVecDense(n, y)); err != nil {
			t.Fatal(err)
		}
		beta.MulVec(f.T(), &alpha)
		xs, ys := xor.Drawn[float64](tests, d, seed, true)
		wrong, row := 0., make([]float64, features)
		for i, label := range ys {
			products(row, xs[i*d:(i+1)*d])
			if label*mat.Dot(mat.NewVecDense(features, row), &beta) <= 0 {
				wrong++
			}
		}
		errors = append(errors, wrong/tests)
	}
	if m := bench.MeanOf(errors); math.Abs(m.Value-.1) > 3*math.Hypot(m.SE, .005) {
		t.Errorf("least squares on the products err by %v +- %v with %d samples, want .1", m.Value, m.SE, n)
	}

	for dim, want := range map[int]float64{16: 75, 32: 308, 128: 5052} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			if got := KernelSamples(dim, .1); math.Abs(got-want) > .6 {
				t.Errorf("d = %d: %v, want %v", dim, got, want)
			}
		})
	}
}

package xor

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/kernels"
)

// The extreme pairs against a dense solver on the matrix as it is written, whose samples are those of Fresh.
func TestSpectral(t *testing.T) {
	const d, n = 90, 300
	s := NewSpectral(d, 5)
	s.Draw(100)
	s.Draw(n - 100)
	x, y := make([]float64, n*d), make([]float64, n)
	must(Fresh[float64](d, n, 5)).Batch(0, x, y)
	full := mat.NewSymDense(d, nil)
	for c := range d {
		for j := range c {
			sum := 0.0
			for i := range n {
				sum += y[i] * x[i*d+c] * x[i*d+j]
			}
			full.SetSym(c, j, sum/n)
		}
	}
	var eigen mat.EigenSym
	eigen.Factorize(full, true)
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	least, greatest := s.Extremes()
	for at, p := range map[int]Pair{0: least, d - 1: greatest} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			along := 0.0
			for i, v := range p.Vector {
				along += v * vectors.At(i, at)
			}
			if math.Abs(p.Value-values[at]) > 1e-9 || math.Abs(math.Abs(along)-1) > 1e-8 {
				t.Errorf("eigenvalue %d is %v, want %v; its vector has the cosine %v", at, p.Value, values[at], along)
			}
		})
	}
	if e := s.Error(x, y); e > .2 {
		t.Errorf("error %v on its own samples", e)
	}
	// The population's matrix has the pairs -+1 of (e_1 +- e_2)/sqrt2, of which the predictor is y.
	xs, ys, _ := Points[float64](6)
	all := &Spectral{d: 6, n: 1, sum: make([]int32, 36)}
	all.sum[1] = -1
	if e := all.Error(xs, ys); e != 0 {
		t.Errorf("error %v of the population's matrix", e)
	}
}

// With the square loss r = y - f: a step against the definition.
func TestTrainerSquare(t *testing.T) {
	const m, d, b, eta = 7, 9, 40, .2
	net := New[float64](m, d, .9, 1, false)
	before := must(FromSnapshot[float64](net.Snapshot(), d))
	source := must(Fresh[float64](d, b, 3))
	r := must(NewTrainer(net, source, kernels.SquareLoss(), eta, 1))
	defer r.Close()
	if err := r.Advance(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	x, y := make([]float64, b*d), make([]float64, b)
	source.Batch(0, x, y)
	for j := range m {
		v := make([]float64, d)
		for i := range b {
			row, f := x[i*d:(i+1)*d], 0.0
			for k := range m {
				f += before.A[k] * math.Max(dot(before.Row(k), row), 0) / m
			}
			if dot(before.Row(j), row) > 0 {
				for c := range v {
					v[c] += (y[i] - f) * row[c] / b
				}
			}
		}
		if want := before.A[j] + eta*dot(before.Row(j), v); math.Abs(net.A[j]-want) > 1e-14 {
			t.Errorf("a_%d is %v, want %v", j, net.A[j], want)
		}
		for c := range v {
			if want := before.Row(j)[c] + eta*before.A[j]*v[c]; math.Abs(net.Row(j)[c]-want) > 1e-14 {
				t.Errorf("w_%d,%d is %v, want %v", j, c, net.Row(j)[c], want)
			}
		}
	}
}

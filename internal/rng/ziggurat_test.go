package rng

import (
	"math"
	"testing"
)

// The law of FillGaussian: counts between quantiles, tails, moments; and any cutting into pieces gives one sequence.
func TestZiggurat(t *testing.T) {
	const n = 2_000_000
	x := make([]float64, n)
	s := New(7, 1000, 3)
	s.FillGaussian(x)
	edges := []float64{-4, -zigEnd, -3, -2, -1, -.5, 0, .1, .7, 1.5, 2.5, 3.5, zigEnd, 4}
	counts := make([]float64, len(edges)+1)
	var moments [4]float64
	for _, v := range x {
		k := 0
		for k < len(edges) && v >= edges[k] {
			k++
		}
		counts[k]++
		for p, w := 0, v; p < 4; p++ {
			moments[p] += w / n
			w *= v
		}
	}
	below := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	last := 0.0
	for k, count := range counts {
		next := 1.0
		if k < len(edges) {
			next = below(edges[k])
		}
		p := next - last
		last = next
		if z := (count - n*p) / math.Sqrt(n*p*(1-p)); math.Abs(z) > 4 {
			t.Errorf("cell %d has %g numbers, %g expected: %.1f deviations", k, count, n*p, z)
		}
	}
	for p, want := range []float64{0, 1, 0, 3} {
		deviation := math.Sqrt([]float64{1, 2, 15, 96}[p] / n)
		if math.Abs(moments[p]-want) > 4*deviation {
			t.Errorf("moment %d is %g, not %g +- %g", p+1, moments[p], want, deviation)
		}
	}
	again := New(7, 1000, 3)
	y := make([]float64, 1000)
	for i := 0; i < len(y); {
		m := min(1+i%7, len(y)-i)
		again.FillGaussian(y[i : i+m])
		i += m
	}
	for i := range y {
		if y[i] != x[i] {
			t.Fatalf("number %d is %g in pieces and %g at once", i, y[i], x[i])
		}
	}
}

func BenchmarkGaussian(b *testing.B) {
	x := make([]float64, 1024)
	s := New(1, 1000, 0)
	for b.Loop() {
		s.FillGaussian(x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1024), "ns/number")
}

func BenchmarkNormal(b *testing.B) {
	x := make([]float64, 1024)
	s := New(1, 1000, 0)
	for b.Loop() {
		s.FillNormal(x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1024), "ns/number")
}

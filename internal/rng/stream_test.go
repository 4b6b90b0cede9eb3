package rng

import (
	"math"
	"math/rand/v2"
	"testing"
)

var _ rand.Source = (*Stream)(nil)

func TestWordsAreTheBlocksInOrder(t *testing.T) {
	s := New(7, Data, 11)
	for block := range uint64(3) {
		want := philox([4]uint64{block, 11, 0, 0}, [2]uint64{7, Data})
		for i := range want {
			if got := s.Uint64(); got != want[i] {
				t.Fatalf("block %d word %d = %x, want %x", block, i, got, want[i])
			}
		}
	}
}

func TestNormalIsAPrefixAndSplitsAnywhere(t *testing.T) {
	whole := make([]float64, 41)
	Normal(3, Initial, 5, whole)
	for n := range len(whole) + 1 {
		part := make([]float64, len(whole))
		s := New(3, Initial, 5)
		s.FillNormal(part[:n])
		s.FillNormal(part[n:])
		short := make([]float64, n)
		Normal(3, Initial, 5, short)
		for i := range whole {
			if part[i] != whole[i] || (i < n && short[i] != whole[i]) {
				t.Fatalf("split at %d changes number %d", n, i)
			}
		}
	}
}

// Every pair of streams whose seed, id or index differ must differ.
func TestStreamsAreDistinct(t *testing.T) {
	seen := map[uint64][3]uint64{}
	ids := []uint64{Initial, Data, LabelNoise, Shuffle, FreshBatch, FreshNoise, TestData, Quadrature, Teacher, Probe, Graph, Straggler, Placement, Search}
	for seed := range uint64(8) {
		for _, id := range ids {
			for index := range uint64(8) {
				s := New(seed, id, index)
				u := s.Uint64()
				if other, ok := seen[u]; ok {
					t.Fatalf("(%d %d %d) and %v begin alike", seed, id, index, other)
				}
				seen[u] = [3]uint64{seed, id, index}
			}
		}
	}
}

// Moments 1..8 of 2^20 numbers, across indices and along a stream, within 5
// standard errors, and the fraction beyond 4.
func TestNormalMoments(t *testing.T) {
	const rows, cols = 1 << 12, 1 << 8
	x := make([]float64, cols)
	var sum [9]float64
	tail, across, along := 0, 0.0, 0.0
	last := make([]float64, cols)
	for i := range rows {
		Normal(1, Quadrature, uint64(i), x)
		for j, z := range x {
			p := 1.0
			for k := range sum {
				sum[k] += p
				p *= z
			}
			if math.Abs(z) > 4 {
				tail++
			}
			across += z * last[j]
			if j > 0 {
				along += z * x[j-1]
			}
		}
		copy(last, x)
	}
	n := float64(rows * cols)
	double := func(k int) float64 { // E z^k
		if k%2 == 1 {
			return 0
		}
		p := 1.0
		for j := k - 1; j > 1; j -= 2 {
			p *= float64(j)
		}
		return p
	}
	for k := 1; k <= 8; k++ {
		se := math.Sqrt((double(2*k) - double(k)*double(k)) / n)
		if d := sum[k]/n - double(k); math.Abs(d) > 5*se {
			t.Errorf("E z^%d off by %.3g, standard error %.3g", k, d, se)
		}
	}
	p := math.Erfc(4 / math.Sqrt2)
	if d := float64(tail) - p*n; math.Abs(d) > 5*math.Sqrt(p*n) {
		t.Errorf("%d numbers beyond 4, expected %.1f", tail, p*n)
	}
	if c := across / math.Sqrt(n); math.Abs(c) > 5 {
		t.Errorf("neighbouring indices correlate: %.2f standard errors", c)
	}
	if c := along / math.Sqrt(n); math.Abs(c) > 5 {
		t.Errorf("neighbouring numbers correlate: %.2f standard errors", c)
	}
}

func TestUniform(t *testing.T) {
	const n, bins = 1 << 18, 256
	x := make([]float64, n)
	s := New(2, Quadrature, 0)
	s.FillUniform(x)
	var count [bins]float64
	for _, u := range x {
		if !(u >= 0 && u < 1) {
			t.Fatalf("%g outside [0, 1)", u)
		}
		count[int(u*bins)]++
	}
	chi := 0.0
	for _, c := range count {
		d := c - n/bins
		chi += d * d / (n / bins)
	}
	if d := (chi - (bins - 1)) / math.Sqrt(2*(bins-1)); math.Abs(d) > 5 {
		t.Errorf("chi-squared %.1f for %d bins", chi, bins)
	}
}

func TestFillsDoNotAllocate(t *testing.T) {
	x := make([]float64, 33)
	if n := testing.AllocsPerRun(10, func() { Normal(1, Initial, 2, x) }); n != 0 {
		t.Errorf("Normal allocates %v times", n)
	}
}

// Counts of 2^20 numbers below n are within 5 standard deviations of uniform, and none is n.
func TestBelowIsUniform(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 7, 1000, 1<<63 + 1, 1<<64 - 1} {
		s := New(5, Search, n)
		const draws, bins = 1 << 20, 7
		var count [bins]int
		for range draws {
			x := s.Below(n)
			if x >= n {
				t.Fatalf("%d below %d", x, n)
			}
			count[uint64(float64(x)/float64(n)*bins)]++
		}
		if n < bins || n == 1000 {
			continue // bins of unequal width
		}
		for _, c := range count {
			if mean := draws / float64(bins); math.Abs(float64(c)-mean) > 5*math.Sqrt(mean) {
				t.Errorf("n = %d: %v", n, count)
			}
		}
	}
}

// FillNormal gives, whole blocks at a time, what one call after the other gives, from every place of a block.
func TestFillNormalIsOneByOne(t *testing.T) {
	for before := range 9 {
		for n := range 14 {
			one, all := New(3, 4, 5), New(3, 4, 5)
			for range before {
				one.NormFloat64()
				all.NormFloat64()
			}
			got := make([]float64, n)
			all.FillNormal(got)
			for i, v := range got {
				if want := one.NormFloat64(); v != want {
					t.Fatalf("after %d, number %d of %d is %v, want %v", before, i, n, v, want)
				}
			}
			if a, b := one.NormFloat64(), all.NormFloat64(); a != b {
				t.Fatalf("after %d and %d the next number is %v, want %v", before, n, b, a)
			}
		}
	}
}

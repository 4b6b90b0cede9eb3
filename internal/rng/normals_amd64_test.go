//go:build amd64 && !purego

package rng

import (
	"math"
	"testing"
)

// The assembly has the bits of pure Go: along streams, and for the words at the ends of both uniform numbers.
func TestNormalsOfAssembly(t *testing.T) {
	if !vector {
		t.Skip("the processor has no AVX2, or pure Go is asked for")
	}
	t.Run("streams", func(t *testing.T) {
		for seed := range uint64(4) {
			dst := make([]float64, 3*atOnce+13)
			Normal(seed, Noise, seed*977, dst)
			s := New(seed, Noise, seed*977)
			for i, x := range dst {
				if want := s.NormFloat64(); math.Float64bits(x) != math.Float64bits(want) {
					t.Fatalf("seed %d, number %d: %v, want %v", seed, i, x, want)
				}
			}
		}
	})
	t.Run("ends", func(t *testing.T) {
		words := []uint64{0, 1 << 11, 1<<11 - 1, math.MaxUint64, math.MaxUint64 - 1<<11, 1 << 63, 1<<63 - 1<<11, 1 << 62, 3 << 62, 3<<62 - 1<<11, 0x4afb0ccc06219b7c, 7 << 60, 9 << 60}
		for _, u := range words {
			for _, v := range words {
				var dst [8]float64
				for i := 0; i < 8; i += 2 { // each of the four pairs
					a, b := words[(i+3)%len(words)], words[(i+5)%len(words)]
					for k := 0; k < 8; k += 2 {
						dst[k], dst[k+1] = math.Float64frombits(a), math.Float64frombits(b)
					}
					dst[i], dst[i+1] = math.Float64frombits(u), math.Float64frombits(v)
					boxMullerAVX2(&dst[0], 1)
					for k := 0; k < 8; k += 2 {
						first, second := pair(a, b)
						if k == i {
							first, second = pair(u, v)
						}
						if math.Float64bits(dst[k]) != math.Float64bits(first) || math.Float64bits(dst[k+1]) != math.Float64bits(second) {
							t.Fatalf("words %x %x in place %d: %v %v, want %v %v", u, v, k, dst[k], dst[k+1], first, second)
						}
					}
				}
			}
		}
	})
	t.Run("nothing beyond", func(t *testing.T) {
		var room [48]float64
		for i := range room {
			room[i] = 7
		}
		Normal(1, Noise, 2, room[8:40])
		for i := range 8 {
			if room[i] != 7 || room[40+i] != 7 {
				t.Fatal("numbers outside are written")
			}
		}
	})
}

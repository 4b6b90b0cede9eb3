// Package rng draws reproducible random numbers from a counter-based generator.
//
// A number is a pure function of (seed, stream, index, position):
//
//	key (seed, stream) ─┐
//	                    ├─ Philox4x64-10 ─> 4 words ─> uniforms, normals
//	counter (position, index) ─┘
//
// so particle i of seed s is the same whatever the width of the network, the
// order of the work or the number of workers. The streams of the program are
// listed in streams.go.
package rng

import (
	"math"
	"math/bits"
)

// Stream is the sequence of random words of one (seed, stream, index). It is
// a value: a copy continues on its own from the same place. It implements
// [math/rand/v2.Source], so rand.New(&s) gives shuffles and the like. The
// period is 2^66 words. Not for concurrent use.
type Stream struct {
	key   [2]uint64 // seed, stream
	index uint64
	block uint64    // number of the next block to generate
	words [4]uint64 // the current block
	used  uint8     // words of it already given out; 4: none left
	spare float64   // second normal of the last pair
	ready bool      // spare holds a number
}

// New returns the stream (seed, stream, index) at its beginning. Different
// arguments give independent streams.
func New(seed, stream, index uint64) Stream {
	return Stream{key: [2]uint64{seed, stream}, index: index, used: 4}
}

// Uint64 returns the next word.
func (s *Stream) Uint64() uint64 {
	if s.used > 3 {
		s.words = philox([4]uint64{s.block, s.index, 0, 0}, s.key)
		s.block++
		s.used = 0
	}
	u := s.words[s.used]
	s.used++
	return u
}

// Float64 returns the next uniform number in [0, 1), a multiple of 2^-53.
func (s *Stream) Float64() float64 {
	return float64(s.Uint64()>>11) * 0x1p-53
}

// NormFloat64 returns the next normal number N(0, 1), by the transform of Box
// and Muller (doi:10.1214/aoms/1177706645): one pair of normals takes exactly
// two words, so no rejection makes the position depend on the values. The
// largest magnitude is sqrt(2 ln 2^53) = 8.57.
func (s *Stream) NormFloat64() float64 {
	if s.ready {
		s.ready = false
		return s.spare
	}
	// 1 - u lies in (0, 1], where the logarithm is finite.
	r := math.Sqrt(-2 * math.Log(1-s.Float64()))
	sin, cos := sincos(2 * math.Pi * s.Float64())
	s.spare, s.ready = r*sin, true
	return r * cos
}

// FillNormal fills dst with the next len(dst) normals; two fills give what
// one of their total length gives. Eight at a time are made by assembly where
// the processor has AVX2, with the same bits.
func (s *Stream) FillNormal(dst []float64) {
	for s.used <= 3 && len(dst) > 0 || s.ready && len(dst) > 0 { // to the end of a block
		dst[0] = s.NormFloat64()
		dst = dst[1:]
	}
	dst = dst[fillNormals(s, dst):]
	for ; len(dst) >= 4; dst = dst[4:] { // a block is two pairs
		w := philox([4]uint64{s.block, s.index, 0, 0}, s.key)
		s.block++
		dst[0], dst[1] = pair(w[0], w[1])
		dst[2], dst[3] = pair(w[2], w[3])
	}
	for i := range dst {
		dst[i] = s.NormFloat64()
	}
}

// pair is what NormFloat64 makes of two words.
func pair(u, v uint64) (first, second float64) {
	r := math.Sqrt(-2 * math.Log(1-float64(u>>11)*0x1p-53))
	sin, cos := sincos(2 * math.Pi * (float64(v>>11) * 0x1p-53))
	return r * cos, r * sin
}

// FillUniform fills dst with the next len(dst) uniforms in [0, 1).
func (s *Stream) FillUniform(dst []float64) {
	for i := range dst {
		dst[i] = s.Float64()
	}
}

// Below returns the next whole number uniform on 0 to n-1; n must not be 0. It is exact: Lemire, "Fast random integer
// generation in an interval", doi:10.1145/3230636, takes the high word of n times a word, and takes another word in the
// few cases that would be one too many.
func (s *Stream) Below(n uint64) uint64 {
	high, low := bits.Mul64(s.Uint64(), n)
	if low < n {
		for least := -n % n; low < least; {
			high, low = bits.Mul64(s.Uint64(), n)
		}
	}
	return high
}

// Normal fills dst with the first len(dst) normals of (seed, stream, index):
// a pure function of its arguments, safe to call from any goroutine. A longer
// dst begins with the numbers of a shorter one.
func Normal(seed, stream, index uint64, dst []float64) {
	s := New(seed, stream, index)
	s.FillNormal(dst)
}

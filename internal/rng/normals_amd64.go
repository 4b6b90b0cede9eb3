//go:build amd64 && !purego

package rng

import (
	"os"

	"github.com/klauspost/cpuid/v2"
)

// vector says that the processor has what the assembly needs, and nobody asked for pure Go. Both have the same bits, so
// that this is a matter of speed alone.
var vector = cpuid.CPU.Supports(cpuid.AVX2, cpuid.BMI2) && os.Getenv("KAC_LEVEL") != "generic"

// boxMullerAVX2 makes 8 groups words, which stand in dst as bits, into as many normals: pair of every two.
//
//go:noescape
func boxMullerAVX2(dst *float64, groups int)

// philoxBMI2 writes the words of blocks as bits of float64.
//
//go:noescape
func philoxBMI2(dst *float64, blocks int, block, index, seed, stream uint64)

// atOnce numbers stay in the first-level cache between the calls, each of which is short: assembly cannot be stopped
// for a garbage collection.
const atOnce = 1024

// fillNormals fills the first numbers of dst, a multiple of 8 of them, by whole blocks of s, and returns their count.
func fillNormals(s *Stream, dst []float64) int {
	n := len(dst) &^ 7
	if !vector {
		return 0
	}
	for done := 0; done < n; {
		part := min(n-done, atOnce)
		philoxBMI2(&dst[done], part/4, s.block, s.index, s.key[0], s.key[1])
		boxMullerAVX2(&dst[done], part/8)
		s.block += uint64(part / 4)
		done += part
	}
	return n
}

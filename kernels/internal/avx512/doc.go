// Package avx512 is the micro-kernels in AVX-512 assembly, for processors with AVX512F, DQ, VL and BW: nothing on other
// processors. Its assembly is written by kernels/internal/gen; make generate remakes it.
package avx512

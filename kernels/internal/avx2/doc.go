// Package avx2 is the micro-kernels in AVX2 assembly, for processors with AVX2 and FMA: nothing on other processors.
// Its assembly is written by kernels/internal/gen; make generate remakes it.
package avx2

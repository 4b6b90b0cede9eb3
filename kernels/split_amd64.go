//go:build amd64 && !purego

package kernels

import (
	"sync"

	"github.com/klauspost/cpuid/v2"

	"kac/kernels/internal/amx"
	"kac/kernels/internal/bf16"
)

func init() { fillActivations[float32](bf16.Tiles) }

// splitSupported reports whether an engine is built in and the processor has every feature it uses. Both split numbers with AVX512-BF16.
func splitSupported(name string) bool {
	if !levelSupported("avx512") || !cpuid.CPU.Supports(cpuid.AVX512BF16) {
		return false
	}
	return name == "avx512-bf16" || name == "amx" && matrixUnits()
}

// matrixUnits reports whether the processor has AMX for bf16 and the operating system lets this process use it.
var matrixUnits = sync.OnceValue(func() bool {
	return amxEmulated() || cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXBF16) && allowMatrixUnits()
})

func assemblySplitSet(engine string, s Split) *splitSet {
	return assemblySplitSets[engine][s]
}

var assemblySplitSets = map[string]map[Split]*splitSet{
	"avx512-bf16": {BF16x3: bf16.X3, BF16x6: bf16.X6},
	"amx":         {BF16x3: amx.X3, BF16x6: amx.X6},
}

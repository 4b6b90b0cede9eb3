//go:build amd64 && !purego

package dispatch

import (
	"sync"

	"github.com/klauspost/cpuid/v2"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/amx"
	"kac/kernels/internal/bf16"
	"kac/kernels/internal/generic"
)

func init() { generic.Fill[float32](bf16.Tiles) }

// engineSupported reports whether an engine is built in and the processor has every feature it uses. Both split numbers
// with AVX512-BF16.
func engineSupported(name string) bool {
	if !levelSupported("avx512") || !cpuid.CPU.Supports(cpuid.AVX512BF16) {
		return false
	}
	return name == "avx512-bf16" || name == "amx" && matrixUnits()
}

// matrixUnits reports whether the processor has AMX for bf16 and the operating system lets this process use it.
var matrixUnits = sync.OnceValue(func() bool {
	return Emulated() || cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXBF16) && allowMatrixUnits()
})

func assemblySplitSet(engine string, parts int) *abi.SplitSet {
	return assemblySplitSets[engine][parts]
}

var assemblySplitSets = map[string]map[int]*abi.SplitSet{
	"avx512-bf16": {2: bf16.X3, 3: bf16.X6},
	"amx":         {2: amx.X3, 3: amx.X6},
}

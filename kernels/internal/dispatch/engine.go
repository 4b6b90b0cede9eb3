package dispatch

import (
	"slices"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/generic"
)

// engineNames lists the engines, best first. "amx" multiplies 16 x 32 by 32 x 16 tiles (TDPBF16PS), "avx512-bf16"
// vectors (VDPBF16PS), and "generic" does in Go, slowly, what amx does, bit for bit.
var engineNames = []string{"amx", "avx512-bf16", "generic"}

// Engines returns the engines that this build has and this processor can run, best first.
func Engines() []string {
	return slices.DeleteFunc(slices.Clone(engineNames), func(name string) bool { return name != "generic" && !engineSupported(name) })
}

// SplitSet returns the engine's micro-kernels for numbers in so many parts, 2 or 3.
func SplitSet(engine string, parts int) *abi.SplitSet {
	if engine == "generic" {
		return generic.SplitSet(parts)
	}
	return assemblySplitSet(engine, parts)
}

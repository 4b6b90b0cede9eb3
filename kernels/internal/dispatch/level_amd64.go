//go:build amd64 && !purego

package dispatch

import (
	"github.com/klauspost/cpuid/v2"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/avx2"
	"kac/kernels/internal/avx512"
	"kac/kernels/internal/generic"
)

// The full set of features that each level's kernels use.
var levelFeatures = map[string][]cpuid.FeatureID{
	"avx512": {cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512BW, cpuid.AVX2, cpuid.FMA3},
	"avx2":   {cpuid.AVX2, cpuid.FMA3},
}

// assemblySets holds a level's sets for float64 and float32.
var assemblySets = map[string]struct{ f64, f32 *abi.Set }{
	"avx512": {avx512.F64, avx512.F32},
	"avx2":   {avx2.F64, avx2.F32},
}

func init() {
	for _, sets := range assemblySets {
		generic.Fill[float64](sets.f64)
		generic.Fill[float32](sets.f32)
	}
}

// levelSupported reports whether a level is built in and the processor has every feature its kernels use. cpuid reports
// vector features only when the operating system saves their registers.
func levelSupported(name string) bool {
	features, ok := levelFeatures[name]
	return name == "generic" || ok && cpuid.CPU.Supports(features...)
}

// Assembly returns the level's set, with pure Go in the places that have no assembly; nil for the generic level.
func Assembly(level string, wide bool) *abi.Set {
	if wide {
		return assemblySets[level].f64
	}
	return assemblySets[level].f32
}

// RowDotsF64 runs the kernel of the level in use by a direct call, which lets c stay on the stack; false: the level has
// none.
func RowDotsF64(c *abi.Call) bool {
	switch Active {
	case "avx512":
		avx512.RowDotsF64(c)
	case "avx2":
		avx2.RowDotsF64(c)
	default:
		return false
	}
	return true
}

// RowDotsF32 runs the kernel of the level in use by a direct call, which lets c stay on the stack; false: the level has
// none.
func RowDotsF32(c *abi.Call) bool {
	switch Active {
	case "avx512":
		avx512.RowDotsF32(c)
	case "avx2":
		avx2.RowDotsF32(c)
	default:
		return false
	}
	return true
}

// RowTotalsF64 runs the kernel of the level in use by a direct call, which lets c stay on the stack; false: the level
// has none.
func RowTotalsF64(c *abi.Call) bool {
	switch Active {
	case "avx512":
		avx512.RowTotalsF64(c)
	case "avx2":
		avx2.RowTotalsF64(c)
	default:
		return false
	}
	return true
}

// RowTotalsF32 runs the kernel of the level in use by a direct call, which lets c stay on the stack; false: the level
// has none.
func RowTotalsF32(c *abi.Call) bool {
	switch Active {
	case "avx512":
		avx512.RowTotalsF32(c)
	case "avx2":
		avx2.RowTotalsF32(c)
	default:
		return false
	}
	return true
}

//go:build amd64 && !purego

package kernels

import (
	"strings"

	"github.com/klauspost/cpuid/v2"
)

//go:generate go run ./internal/gen
//go:generate go tool asm2plan9s split_bf16_amd64.s
//go:generate go tool asm2plan9s split_amx_amd64.s

// The full set of features that each level's kernels use.
var levelFeatures = map[string][]cpuid.FeatureID{
	"avx512": {cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512BW, cpuid.AVX2, cpuid.FMA3},
	"avx2":   {cpuid.AVX2, cpuid.FMA3},
}

func init() {
	for name, set := range assemblySets {
		if strings.HasSuffix(name, "/f64") {
			fillActivations[float64](set)
		} else {
			fillActivations[float32](set)
		}
	}
}

// levelSupported reports whether a level is built in and the processor has every feature its kernels use. cpuid reports vector
// features only when the operating system saves their registers.
func levelSupported(name string) bool {
	features, ok := levelFeatures[name]
	return name == "generic" || ok && cpuid.CPU.Supports(features...)
}

// assemblySet returns the level's set, with pure Go in the places that have no assembly; nil for the generic level.
func assemblySet(level string, wide bool) *kernelSet {
	if wide {
		return assemblySets[level+"/f64"]
	}
	return assemblySets[level+"/f32"]
}

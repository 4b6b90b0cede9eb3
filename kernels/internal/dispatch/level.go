// Package dispatch is the one place that knows which levels and engines there are, which of them the processor can run,
// and whose micro-kernels a call gets.
//
//	KAC_LEVEL, cpuid ─> Active ─┐
//	NewWorkspaceAt's level ─────┴─> Set ─> avx512 | avx2 | generic          an abi.Set for float64 and one for float32
//	NewSplitWorkspaceAt's engine ─> SplitSet ─> amx | bf16 | generic        an abi.SplitSet for 2 parts and one for 3
package dispatch

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/generic"
)

// names lists every level there is, best first. Which of them can run depends on build and processor.
var names = []string{"avx512", "avx2", "generic"}

// Active is the level in use; Err is nil, or why the one that KAC_LEVEL asks for cannot be had.
var Active, Err = Choose(os.Getenv("KAC_LEVEL"), Levels())

// Levels returns the levels that this build has and this processor can run, best first.
func Levels() []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !levelSupported(name) })
}

// Choose returns the forced level, or the best one if none is. Errors: one that is not available, or that nobody knows.
func Choose(forced string, available []string) (string, error) {
	switch {
	case forced == "":
		return available[0], nil
	case slices.Contains(available, forced):
		return forced, nil
	case slices.Contains(names, forced):
		return available[0], fmt.Errorf("KAC_LEVEL=%s: this processor or build does not have that level; available: %s",
			forced, strings.Join(available, ", "))
	default:
		return available[0], fmt.Errorf("KAC_LEVEL=%s: unknown level; available: %s", forced, strings.Join(available, ", "))
	}
}

// Set returns the level's micro-kernels for float64 (wide) or float32.
func Set(level string, wide bool) *abi.Set {
	if set := Assembly(level, wide); set != nil {
		return set
	}
	if wide {
		return generic.F64
	}
	return generic.F32
}

package kernels

import (
	"github.com/klauspost/cpuid/v2"

	"kac/kernels/internal/dispatch"
)

//go:generate go run ./internal/gen
//go:generate go tool asm2plan9s internal/bf16/bf16_amd64.s
//go:generate go tool asm2plan9s internal/amx/amx_amd64.s

// Level returns the name of the level in use: "avx512", "avx2" or "generic".
func Level() string { return dispatch.Active }

// LevelError returns nil, or why the level that KAC_LEVEL asks for cannot be had. No call falls back to another level.
func LevelError() error { return dispatch.Err }

// Levels returns the levels that this build has and this processor can run, best first.
func Levels() []string { return dispatch.Levels() }

// Features returns the names of the processor's instruction-set extensions, as detected, sorted.
func Features() []string { return cpuid.CPU.FeatureSet() }

package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// levelNames lists every level the package knows, best first. Which of them can run depends on build and processor.
var levelNames = []string{"avx512", "avx2", "generic"}

var activeLevel, levelError = chooseLevel(os.Getenv("KAC_LEVEL"), Levels())

// Level returns the name of the level in use: "avx512", "avx2" or "generic".
func Level() string { return activeLevel }

// LevelError returns nil, or why the level that KAC_LEVEL asks for cannot be had. No call falls back to another level.
func LevelError() error { return levelError }

// Levels returns the levels that this build has and this processor can run, best first.
func Levels() []string {
	return slices.DeleteFunc(slices.Clone(levelNames), func(name string) bool { return !levelSupported(name) })
}

func chooseLevel(forced string, available []string) (string, error) {
	switch {
	case forced == "":
		return available[0], nil
	case slices.Contains(available, forced):
		return forced, nil
	case slices.Contains(levelNames, forced):
		return available[0], fmt.Errorf("KAC_LEVEL=%s: this processor or build does not have that level; available: %s",
			forced, strings.Join(available, ", "))
	default:
		return available[0], fmt.Errorf("KAC_LEVEL=%s: unknown level; available: %s", forced, strings.Join(available, ", "))
	}
}

// Features returns the names of the processor's instruction-set extensions, as detected, sorted.
func Features() []string { return cpuid.CPU.FeatureSet() }

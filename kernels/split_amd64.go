//go:build amd64 && !purego

package kernels

import (
	"sync"

	"github.com/klauspost/cpuid/v2"
)

//go:noescape
func rowSumsTileF32(c *call)

//go:noescape
func activatePolynomialTileF32(c *call)

//go:noescape
func activateReLUTileF32(c *call)

//go:noescape
func activateTanhTileF32(c *call)

//go:noescape
func activateSigmoidTileF32(c *call)

//go:noescape
func activateSoftplusTileF32(c *call)

//go:noescape
func activateErfTileF32(c *call)

//go:noescape
func activateGELUTileF32(c *call)

//go:noescape
func splitRowsx3BF16(c *splitCall)

//go:noescape
func splitRowsx6BF16(c *splitCall)

//go:noescape
func splitColumnsx3BF16(c *splitCall)

//go:noescape
func splitColumnsx6BF16(c *splitCall)

//go:noescape
func multiplyx3BF16(c *splitCall)

//go:noescape
func multiplyx6BF16(c *splitCall)

//go:noescape
func multiplyx3AMX(c *splitCall)

//go:noescape
func multiplyx6AMX(c *splitCall)

// tileSet32 is what an engine does to blocks of float32.
var tileSet32 = newTileSet32()

func newTileSet32() *kernelSet {
	set := &kernelSet{
		name: "avx512", rows: tileSide, lanes: tileSide, partial: 16,
		product:    func(*call) {}, // the blocks are there
		polynomial: activatePolynomialTileF32, relu: activateReLUTileF32, rowSums: rowSumsTileF32,
		activate: [activationKinds]func(*call){actTanh: activateTanhTileF32, actSigmoid: activateSigmoidTileF32,
			actSoftplus: activateSoftplusTileF32, actErf: activateErfTileF32, actGELU: activateGELUTileF32},
	}
	fillActivations[float32](set)
	return set
}

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
	"avx512-bf16": {
		BF16x3: {"avx512-bf16", 2, tileSet32, multiplyx3BF16, splitRowsx3BF16, splitColumnsx3BF16},
		BF16x6: {"avx512-bf16", 3, tileSet32, multiplyx6BF16, splitRowsx6BF16, splitColumnsx6BF16},
	},
	"amx": {
		BF16x3: {"amx", 2, tileSet32, multiplyx3AMX, splitRowsx3BF16, splitColumnsx3BF16},
		BF16x6: {"amx", 3, tileSet32, multiplyx6AMX, splitRowsx6BF16, splitColumnsx6BF16},
	},
}

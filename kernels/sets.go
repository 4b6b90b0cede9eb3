package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
)

// The tables of micro-kernels and their arguments are those that all levels share.
type (
	call      = abi.Call
	kernelSet = abi.Set
	splitCall = abi.SplitCall
	splitSet  = abi.SplitSet
)

const (
	tileSide   = abi.TileSide
	tileFloats = abi.TileFloats
)

// setFor returns the level's kernels for the element type.
func setFor[T Float](level string) *kernelSet { return dispatch.Set(level, unsafe.Sizeof(T(0)) == 8) }

package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
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

func at[T any](s []T, i int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s[i:])) }

func slice[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// setFor returns the level's kernels for the element type.
func setFor[T Float](level string) *kernelSet {
	var zero T
	wide := unsafe.Sizeof(zero) == 8
	if set := assemblySet(level, wide); set != nil {
		return set
	}
	if wide {
		return genericSet64
	}
	return genericSet32
}

// splitProducts lists the pairs of parts (of A, of B) of each Split in the order of the matrix units' kernel: as few loads as possible.
var splitProducts = map[Split][][2]int{
	BF16x3: {{0, 1}, {0, 0}, {1, 0}},
	BF16x6: {{0, 2}, {0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 0}},
}

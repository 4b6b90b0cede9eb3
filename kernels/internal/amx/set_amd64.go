//go:build amd64 && !purego

package amx

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/bf16"
)

// splitCall gives the assembly the offsets of the fields.
//
//lint:ignore U1000 go_asm.h has them by this name
type splitCall abi.SplitCall

//go:noescape
func multiplyx3AMX(c *abi.SplitCall)

//go:noescape
func multiplyx6AMX(c *abi.SplitCall)

// X3 and X6 multiply numbers of two and of three parts, which are split as for AVX512-BF16.
var (
	X3 = &abi.SplitSet{Engine: "amx", Parts: 2, Tiles: bf16.Tiles, Multiply: multiplyx3AMX, SplitRows: bf16.X3.SplitRows, SplitColumns: bf16.X3.SplitColumns}
	X6 = &abi.SplitSet{Engine: "amx", Parts: 3, Tiles: bf16.Tiles, Multiply: multiplyx6AMX, SplitRows: bf16.X6.SplitRows, SplitColumns: bf16.X6.SplitColumns}
)

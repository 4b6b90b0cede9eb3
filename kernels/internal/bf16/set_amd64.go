//go:build amd64 && !purego

package bf16

import "kac/kernels/internal/abi"

// call gives the assembly the offsets of the fields.
//
//lint:ignore U1000 go_asm.h has them by this name
type call abi.Call

// splitCall does the same for products of parts.
//
//lint:ignore U1000 go_asm.h has them by this name
type splitCall abi.SplitCall

//go:noescape
func rowSumsTileF32(c *abi.Call)

//go:noescape
func activatePolynomialTileF32(c *abi.Call)

//go:noescape
func activateReLUTileF32(c *abi.Call)

//go:noescape
func activateTanhTileF32(c *abi.Call)

//go:noescape
func activateSigmoidTileF32(c *abi.Call)

//go:noescape
func activateSoftplusTileF32(c *abi.Call)

//go:noescape
func activateErfTileF32(c *abi.Call)

//go:noescape
func activateGELUTileF32(c *abi.Call)

//go:noescape
func splitRowsx3BF16(c *abi.SplitCall)

//go:noescape
func splitRowsx6BF16(c *abi.SplitCall)

//go:noescape
func splitColumnsx3BF16(c *abi.SplitCall)

//go:noescape
func splitColumnsx6BF16(c *abi.SplitCall)

//go:noescape
func multiplyx3BF16(c *abi.SplitCall)

//go:noescape
func multiplyx6BF16(c *abi.SplitCall)

// Tiles is what is done to blocks of float32, on this engine and on the matrix unit.
var Tiles = &abi.Set{
	Name: "avx512", Rows: abi.TileSide, Lanes: abi.TileSide, Partial: 16,
	Product:    func(*abi.Call) {}, // the blocks are there
	Polynomial: activatePolynomialTileF32, Relu: activateReLUTileF32, RowSums: rowSumsTileF32,
	Activate: [abi.Kinds]func(*abi.Call){abi.Tanh: activateTanhTileF32, abi.Sigmoid: activateSigmoidTileF32,
		abi.Softplus: activateSoftplusTileF32, abi.Erf: activateErfTileF32, abi.GELU: activateGELUTileF32},
}

// X3 and X6 multiply numbers of two and of three parts.
var (
	X3 = &abi.SplitSet{Engine: "avx512-bf16", Parts: 2, Tiles: Tiles, Multiply: multiplyx3BF16, SplitRows: splitRowsx3BF16, SplitColumns: splitColumnsx3BF16}
	X6 = &abi.SplitSet{Engine: "avx512-bf16", Parts: 3, Tiles: Tiles, Multiply: multiplyx6BF16, SplitRows: splitRowsx6BF16, SplitColumns: splitColumnsx6BF16}
)

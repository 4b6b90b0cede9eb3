package abi

import "unsafe"

// A block is 32 x 32 numbers: a result of 32 particles by 32 samples or coordinates, or 32 terms of 32 rows of an
// operand.
const (
	TileSide   = 32
	TileFloats = TileSide * TileSide
)

// SplitSet is one engine with one number of parts. Operands are blocks of bf16 numbers, parts after each other, 2 KB a
// part:
//
//	A block  32 particles by 32 terms: row r is 64 bytes, its terms in order
//	B block  32 terms by 32 columns, in two halves of 16 columns: row q of a half is 64 bytes, of pairs (term 2q, term 2q+1) of its columns
//
// so that a pair of terms of A times a row of a half of B is what a vector instruction takes, and 16 rows are a matrix
// unit's tile.
type SplitSet struct {
	Engine string
	Parts  int
	Tiles  *Set // what is done to a block of 32 x 32 float32: activations, derivatives, sums by row

	// Multiply writes, or adds if add is 1, A B for tiles x panels results: tile t and panel p at out[p*outPanel +
	// t*TileFloats], from depth A blocks at a[t*depth*parts*TileFloats] and as many B blocks at
	// b[p*depth*parts*TileFloats].
	Multiply func(*SplitCall)
	// SplitRows makes A blocks of tiles float32 blocks [row][term] at out, outPanel apart in floats; at a, step apart
	// in bf16 numbers.
	SplitRows func(*SplitCall)
	// SplitColumns makes one B block of the float32 block [term][column] at out; at b.
	SplitColumns func(*SplitCall)
}

// SplitCall is the argument of a SplitSet's functions. Offsets are in elements.
type SplitCall struct {
	A, B, Out            unsafe.Pointer
	Depth, Tiles, Panels int
	OutPanel, Add, Step  int
}

// blockProducts bounds the 32 x 32 x 32 products of one call, of about a microsecond each on the slower engine.
const blockProducts = 96

// Run is multiply, cut into calls of bounded time.
func (s *SplitSet) Run(c *SplitCall) {
	if c.Panels == 0 {
		return
	}
	if c.Depth*c.Tiles*c.Panels <= blockProducts {
		s.Multiply(c)
		return
	}
	all := *c
	atOnce := max(1, blockProducts/max(c.Depth, 1))
	operand := c.Depth * s.Parts * TileFloats
	for p := range all.Panels {
		for t := 0; t < all.Tiles; t += atOnce {
			c.A = unsafe.Add(all.A, 2*t*operand)
			c.B = unsafe.Add(all.B, 2*p*operand)
			c.Out = unsafe.Add(all.Out, 4*(p*all.OutPanel+t*TileFloats))
			c.Tiles, c.Panels = min(atOnce, all.Tiles-t), 1
			s.Multiply(c)
		}
	}
}

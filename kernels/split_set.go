package kernels

import "unsafe"

// A block is 32 x 32 numbers: a result of 32 particles by 32 samples or coordinates, or 32 terms of 32 rows of an operand.
const (
	tileSide   = 32
	tileFloats = tileSide * tileSide
)

// splitSet is one engine with one number of parts. Operands are blocks of bf16 numbers, parts after each other, 2 KB a part:
//
//	A block  32 particles by 32 terms: row r is 64 bytes, its terms in order
//	B block  32 terms by 32 columns, in two halves of 16 columns: row q of a half is 64 bytes, of pairs (term 2q, term 2q+1) of its columns
//
// so that a pair of terms of A times a row of a half of B is what a vector instruction takes, and 16 rows are a matrix unit's tile.
type splitSet struct {
	engine string
	parts  int
	tiles  *kernelSet // what is done to a block of 32 x 32 float32: activations, derivatives, sums by row

	// multiply writes, or adds if add is 1, A B for tiles x panels results: tile t and panel p at out[p*outPanel + t*tileFloats],
	// from depth A blocks at a[t*depth*parts*tileFloats] and as many B blocks at b[p*depth*parts*tileFloats].
	multiply func(*splitCall)
	// splitRows makes A blocks of tiles float32 blocks [row][term] at out, outPanel apart in floats; at a, step apart in bf16 numbers.
	splitRows func(*splitCall)
	// splitColumns makes one B block of the float32 block [term][column] at out; at b.
	splitColumns func(*splitCall)
}

// splitCall is the argument of a splitSet's functions. Offsets are in elements.
type splitCall struct {
	a, b, out            unsafe.Pointer
	depth, tiles, panels int
	outPanel, add, step  int
}

// blockProducts bounds the 32 x 32 x 32 products of one call, of about a microsecond each on the slower engine.
const blockProducts = 96

// run is multiply, cut into calls of bounded time.
func (s *splitSet) run(c *splitCall) {
	if c.panels == 0 {
		return
	}
	if c.depth*c.tiles*c.panels <= blockProducts {
		s.multiply(c)
		return
	}
	all := *c
	atOnce := max(1, blockProducts/max(c.depth, 1))
	operand := c.depth * s.parts * tileFloats
	for p := range all.panels {
		for t := 0; t < all.tiles; t += atOnce {
			c.a = unsafe.Add(all.a, 2*t*operand)
			c.b = unsafe.Add(all.b, 2*p*operand)
			c.out = unsafe.Add(all.out, 4*(p*all.outPanel+t*tileFloats))
			c.tiles, c.panels = min(atOnce, all.tiles-t), 1
			s.multiply(c)
		}
	}
}

// splitProducts lists the pairs of parts (of A, of B) of each Split in the order of the matrix units' kernel: as few loads as possible.
var splitProducts = map[Split][][2]int{
	BF16x3: {{0, 1}, {0, 0}, {1, 0}},
	BF16x6: {{0, 2}, {0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 0}},
}

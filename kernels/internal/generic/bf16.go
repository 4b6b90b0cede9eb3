package generic

import (
	"math"

	"kac/kernels/internal/abi"
)

// The engine in Go: what the documentation of Split says, written as the matrix unit's instruction does it.

// SplitSet is the engine for numbers in so many parts, 2 or 3.
func SplitSet(parts int) *abi.SplitSet {
	tiles := &abi.Set{
		Name: "generic", Rows: abi.TileSide, Lanes: abi.TileSide, Partial: 1,
		Product:    func(*abi.Call) {}, // the blocks are there
		Polynomial: func(c *abi.Call) { activatePolynomial[float32](c, abi.TileSide, abi.TileSide) },
		Relu:       func(c *abi.Call) { activateReLU[float32](c, abi.TileSide, abi.TileSide) },
		RowSums:    func(c *abi.Call) { rowSumsOf[float32](c, abi.TileSide, abi.TileSide) },
	}
	Fill[float32](tiles)
	return &abi.SplitSet{
		Engine: "generic", Parts: parts, Tiles: tiles,
		Multiply:     func(c *abi.SplitCall) { multiplyBlocks(c, parts) },
		SplitRows:    func(c *abi.SplitCall) { splitRows(c, parts) },
		SplitColumns: func(c *abi.SplitCall) { splitColumns(c, parts) },
	}
}

// ToBF16 returns the upper half of x rounded to nearest even, subnormal numbers as 0: VCVTNEPS2BF16.
func ToBF16(x float32) uint16 {
	u := math.Float32bits(x)
	switch u >> 23 & 0xff {
	case 0:
		return uint16(u >> 31 << 15)
	case 0xff:
		if u<<9 != 0 {
			return uint16(u>>16) | 0x40 // a quiet NaN
		}
		return uint16(u >> 16)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func FromBF16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// SplitInto writes the parts of x, step apart.
func SplitInto(out []uint16, x float32, parts, step int) {
	for s := range parts {
		h := ToBF16(x)
		out[s*step] = h
		x -= FromBF16(h)
	}
}

func splitRows(c *abi.SplitCall, parts int) {
	for t := range c.Tiles {
		src := abi.Slice[float32](c.Out, t*c.OutPanel+abi.TileFloats)[t*c.OutPanel:]
		dst := abi.Slice[uint16](c.A, t*c.Step+parts*abi.TileFloats)[t*c.Step:]
		for row := range abi.TileSide {
			for k := range abi.TileSide {
				SplitInto(dst[row*abi.TileSide+k:], src[row*abi.TileSide+k], parts, abi.TileFloats)
			}
		}
	}
}

func splitColumns(c *abi.SplitCall, parts int) {
	src, dst := abi.Slice[float32](c.Out, abi.TileFloats), abi.Slice[uint16](c.B, parts*abi.TileFloats)
	for k := range abi.TileSide {
		for col := range abi.TileSide {
			SplitInto(dst[col/16*512+k/2*32+col%16*2+k%2:], src[k*abi.TileSide+col], parts, abi.TileFloats)
		}
	}
}

func multiplyBlocks(c *abi.SplitCall, parts int) {
	operand := c.Depth * parts * abi.TileFloats
	a, b := abi.Slice[uint16](c.A, c.Tiles*operand), abi.Slice[uint16](c.B, c.Panels*operand)
	for p := range c.Panels {
		for t := range c.Tiles {
			at := p*c.OutPanel + t*abi.TileFloats
			out := abi.Slice[float32](c.Out, at+abi.TileFloats)[at:]
			if c.Add == 0 {
				clear(out)
			}
			for k := 0; k < operand; k += parts * abi.TileFloats {
				for _, st := range splitProducts[parts] {
					multiplyTile(out, a[t*operand+k+st[0]*abi.TileFloats:], b[p*operand+k+st[1]*abi.TileFloats:])
				}
			}
		}
	}
}

// multiplyTile adds one part of an A block times one of a B block: TDPBF16PS, which sums even and odd terms apart
// (Intel's manual).
func multiplyTile(out []float32, a, b []uint16) {
	for row := range abi.TileSide {
		for col := range abi.TileSide {
			var even, odd float32
			for q := range 16 {
				x, y := a[row*abi.TileSide+2*q:][:2], b[col/16*512+q*32+col%16*2:][:2]
				even = normal(even + normal(float32(FromBF16(x[0])*FromBF16(y[0]))))
				odd = normal(odd + normal(float32(FromBF16(x[1])*FromBF16(y[1]))))
			}
			o := &out[row*abi.TileSide+col]
			*o = normal(normal(*o) + normal(even+odd))
		}
	}
}

// normal returns x, or 0 if it is subnormal.
func normal(x float32) float32 {
	if x < 0x1p-126 && x > -0x1p-126 {
		return 0
	}
	return x
}

// splitProducts lists the pairs of parts (of A, of B) for 2 and 3 parts in the order of the matrix units' kernel: as
// few loads as possible.
var splitProducts = map[int][][2]int{
	2: {{0, 1}, {0, 0}, {1, 0}},
	3: {{0, 2}, {0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 0}},
}

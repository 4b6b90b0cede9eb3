package kernels

import "math"

// The engine in Go: what the documentation of Split says, written as the matrix unit's instruction does it.

func genericSplitSet(s Split) *splitSet {
	tiles := &kernelSet{
		Name: "generic", Rows: tileSide, Lanes: tileSide, Partial: 1,
		Product:    func(*call) {}, // the blocks are there
		Polynomial: func(c *call) { activatePolynomialGeneric[float32](c, tileSide, tileSide) },
		Relu:       func(c *call) { activateReLUGeneric[float32](c, tileSide, tileSide) },
		RowSums:    func(c *call) { rowSumsOf[float32](c, tileSide, tileSide) },
	}
	fillActivations[float32](tiles)
	return &splitSet{
		Engine: "generic", Parts: int(s), Tiles: tiles,
		Multiply:     func(c *splitCall) { multiplyBlocks(c, s) },
		SplitRows:    func(c *splitCall) { splitRowsGeneric(c, int(s)) },
		SplitColumns: func(c *splitCall) { splitColumnsGeneric(c, int(s)) },
	}
}

// toBF16 returns the upper half of x rounded to nearest even, subnormal numbers as 0: VCVTNEPS2BF16.
func toBF16(x float32) uint16 {
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

func fromBF16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// splitInto writes the parts of x, step apart.
func splitInto(out []uint16, x float32, parts, step int) {
	for s := range parts {
		h := toBF16(x)
		out[s*step] = h
		x -= fromBF16(h)
	}
}

func splitRowsGeneric(c *splitCall, parts int) {
	for t := range c.Tiles {
		src := slice[float32](c.Out, t*c.OutPanel+tileFloats)[t*c.OutPanel:]
		dst := slice[uint16](c.A, t*c.Step+parts*tileFloats)[t*c.Step:]
		for row := range tileSide {
			for k := range tileSide {
				splitInto(dst[row*tileSide+k:], src[row*tileSide+k], parts, tileFloats)
			}
		}
	}
}

func splitColumnsGeneric(c *splitCall, parts int) {
	src, dst := slice[float32](c.Out, tileFloats), slice[uint16](c.B, parts*tileFloats)
	for k := range tileSide {
		for col := range tileSide {
			splitInto(dst[col/16*512+k/2*32+col%16*2+k%2:], src[k*tileSide+col], parts, tileFloats)
		}
	}
}

func multiplyBlocks(c *splitCall, s Split) {
	operand := c.Depth * int(s) * tileFloats
	a, b := slice[uint16](c.A, c.Tiles*operand), slice[uint16](c.B, c.Panels*operand)
	for p := range c.Panels {
		for t := range c.Tiles {
			at := p*c.OutPanel + t*tileFloats
			out := slice[float32](c.Out, at+tileFloats)[at:]
			if c.Add == 0 {
				clear(out)
			}
			for k := 0; k < operand; k += int(s) * tileFloats {
				for _, st := range splitProducts[s] {
					multiplyTile(out, a[t*operand+k+st[0]*tileFloats:], b[p*operand+k+st[1]*tileFloats:])
				}
			}
		}
	}
}

// multiplyTile adds one part of an A block times one of a B block: TDPBF16PS, which sums even and odd terms apart (Intel's manual).
func multiplyTile(out []float32, a, b []uint16) {
	for row := range tileSide {
		for col := range tileSide {
			var even, odd float32
			for q := range 16 {
				x, y := a[row*tileSide+2*q:][:2], b[col/16*512+q*32+col%16*2:][:2]
				even = normal(even + normal(float32(fromBF16(x[0])*fromBF16(y[0]))))
				odd = normal(odd + normal(float32(fromBF16(x[1])*fromBF16(y[1]))))
			}
			o := &out[row*tileSide+col]
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

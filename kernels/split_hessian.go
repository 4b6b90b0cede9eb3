package kernels

import "kac/kernels/internal/abi"

// derivatives returns d2sigma(z) of a chunk over some panels, in place of z, and adds to the chunk's sums of r sigma'(z) z.
func (t *splitTask) derivatives(first, blocks, p, panels int, sc *splitScratch) []float32 {
	c := &sc.call
	d2 := sc.d2[:panels*blocks*tileFloats]
	c.Z, c.D1, c.D2, c.N = abi.At(sc.z, 0), abi.At(sc.d1, 0), abi.At(d2, 0), len(d2)
	t.act.derive(t.second, c)
	if !t.project {
		return d2
	}
	set := t.set.Tiles
	c.Tiles, c.Panels = blocks, 1
	c.G = abi.At(t.c, first*tileSide*set.Partial)
	for k := range panels {
		c.Y = abi.At(t.rp, (p+k)*tileSide)
		c.Z, c.D1 = abi.At(sc.z, k*blocks*tileFloats), abi.At(sc.d1, k*blocks*tileFloats)
		set.RowSums(c)
	}
	return d2
}

// multiplyQ forms a panel of Q, of the products r x_a x_b, for the block's samples, and multiplies it by d2sigma of a group of particles.
func (t *splitTask) multiplyQ(q, group int, sc *splitScratch) {
	size := t.set.Parts * tileFloats
	c := &sc.split
	for p := range t.panels {
		t.formQ(q*tileSide, p, sc)
		c.Out, c.B = abi.At(sc.block, 0), abi.At(sc.q, p*size)
		t.set.SplitColumns(c)
	}
	first := group * splitGroup
	blocks := min(splitGroup, t.blocks-first)
	c.A, c.B, c.Out = abi.At(t.s, first*t.panels*size), abi.At(sc.q, 0), abi.At(t.g, (q*t.blocks+first)*tileFloats)
	c.Depth, c.Tiles, c.Panels = t.panels, blocks, 1
	c.OutPanel, c.Add = 0, 1
	t.set.Run(c)
}

// formQ writes columns [from, from+32) of Q for panel p of the samples to the scratch's block.
func (t *splitTask) formQ(from, p int, sc *splitScratch) {
	a, skip := 0, from // row of the packed triangle in which the panel starts, and how far into it
	for a < t.d && skip >= t.d-a {
		skip -= t.d - a
		a++
	}
	lo, hi := t.panel(p)
	formProducts(sc.block[:(hi-lo)*tileSide], t.x[lo*t.d:hi*t.d], t.rp[p*tileSide:], t.d, tileSide, a, skip)
	clear(sc.block[(hi-lo)*tileSide:])
}

package split

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// derivatives returns d2sigma(z) of a chunk over some panels, in place of z, and adds to the chunk's sums of r
// sigma'(z) z.
func (t *Task) derivatives(first, blocks, p, panels int, sc *splitScratch) []float32 {
	c := &sc.call
	d2 := sc.d2[:panels*blocks*abi.TileFloats]
	c.Z, c.D1, c.D2, c.N = abi.At(sc.z, 0), abi.At(sc.d1, 0), abi.At(d2, 0), len(d2)
	t.act.Derive(t.second, c)
	if !t.Project {
		return d2
	}
	set := t.Set.Tiles
	c.Tiles, c.Panels = blocks, 1
	c.G = abi.At(t.c, first*abi.TileSide*set.Partial)
	for k := range panels {
		c.Y = abi.At(t.rp, (p+k)*abi.TileSide)
		c.Z, c.D1 = abi.At(sc.z, k*blocks*abi.TileFloats), abi.At(sc.d1, k*blocks*abi.TileFloats)
		set.RowSums(c)
	}
	return d2
}

// multiplyQ forms a panel of Q, of the products r x_a x_b, for the block's samples, and multiplies it by d2sigma of a
// group of particles.
func (t *Task) multiplyQ(q, group int, sc *splitScratch) {
	size := t.Set.Parts * abi.TileFloats
	c := &sc.split
	for p := range t.panels {
		t.formQ(q*abi.TileSide, p, sc)
		c.Out, c.B = abi.At(sc.block, 0), abi.At(sc.q, p*size)
		t.Set.SplitColumns(c)
	}
	first := group * splitGroup
	blocks := min(splitGroup, t.blocks-first)
	c.A, c.B, c.Out = abi.At(t.s, first*t.panels*size), abi.At(sc.q, 0), abi.At(t.g, (q*t.blocks+first)*abi.TileFloats)
	c.Depth, c.Tiles, c.Panels = t.panels, blocks, 1
	c.OutPanel, c.Add = 0, 1
	t.Set.Run(c)
}

// formQ writes columns [from, from+32) of Q for panel p of the samples to the scratch's block.
func (t *Task) formQ(from, p int, sc *splitScratch) {
	a, skip := 0, from // row of the packed triangle in which the panel starts, and how far into it
	for a < t.D && skip >= t.D-a {
		skip -= t.D - a
		a++
	}
	lo, hi := t.panel(p)
	pack.FormProducts(sc.block[:(hi-lo)*abi.TileSide], t.X[lo*t.D:hi*t.D], t.rp[p*abi.TileSide:], t.D, abi.TileSide, a, skip)
	clear(sc.block[(hi-lo)*abi.TileSide:])
}

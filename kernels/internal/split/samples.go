package split

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/sums"
)

// products leaves sigma'(Z) (Hessian: d2sigma(Z)) of a chunk as A blocks in s, and the chunk's share of m f in part.
func (t *Task) products(index int, sc *splitScratch) {
	set, size := t.Set, t.Set.Parts*abi.TileFloats
	first, blocks := t.chunk(index)
	f := t.part[index*t.samples:][:t.samples]
	clear(f)
	x, x0 := t.xb, 0
	if t.Ready != nil {
		x, x0 = t.Ready, t.block0/abi.TileSide
	}
	for p := 0; p < t.panels; p += splitPanels {
		c := &sc.split
		c.A, c.B, c.Out = abi.At(t.wa, first*t.depth*size), abi.At(x, (x0+p)*t.depth*size), abi.At(sc.z, 0)
		c.Depth, c.Tiles, c.Panels = t.depth, blocks, min(splitPanels, t.panels-p)
		c.OutPanel, c.Add = blocks*abi.TileFloats, 0
		set.Run(c)
		panels := min(splitPanels, t.panels-p)
		s := sc.z
		if t.Hessian {
			s = t.derivatives(first, blocks, p, panels, sc)
		} else {
			t.activate(f[p*abi.TileSide:], first, blocks, panels, sc)
		}
		if !t.WantV {
			continue
		}
		for k := range panels {
			c.Out, c.A, c.Tiles = abi.At(s, k*blocks*abi.TileFloats), abi.At(t.s, (first*t.panels+p+k)*size), blocks
			c.OutPanel, c.Step = abi.TileFloats, t.panels*size
			set.SplitRows(c)
		}
	}
}

// activate replaces Z of a chunk over some panels by sigma', and adds a sigma to f.
func (t *Task) activate(f []float32, first, blocks, panels int, sc *splitScratch) {
	c := &sc.call
	c.Stride, c.Tiles = abi.TileFloats, blocks
	for k := range panels {
		c.A, c.F = abi.At(t.ap, first*abi.TileSide), abi.At(f, k*abi.TileSide)
		c.S = abi.At(sc.z, k*blocks*abi.TileFloats)
		t.act.Apply(t.Set.Tiles, c, t.WantF, t.WantV, false)
	}
}

// residual writes f of some panels of samples and packs them times the loss's factors.
func (t *Task) residual(group int, sc *splitScratch) {
	for p := group * splitPackers; p < min((group+1)*splitPackers, t.panels); p++ {
		lo, hi := t.panel(p)
		f := t.F[lo:hi]
		for i := range f {
			sum := 0.0
			for c, k := 0, p*abi.TileSide+i; c < t.chunks; c, k = c+1, k+t.samples {
				sum += float64(t.part[k])
			}
			f[i] = float32(sum / float64(t.M))
		}
		if !t.WantV {
			continue
		}
		r := sc.r[:hi-lo]
		pack.Residuals(t.Kappa, r, f, t.Y[lo:hi], t.second, &sc.call)
		t.packY(p, r, sc)
	}
}

// accumulate adds the block's sigma' times r x to the velocities of a chunk.
func (t *Task) accumulate(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	size := t.Set.Parts * abi.TileFloats
	c := &sc.split
	c.A, c.B, c.Out = abi.At(t.s, first*t.panels*size), abi.At(t.yb, 0), abi.At(t.g, first*abi.TileFloats)
	c.Depth, c.Tiles, c.Panels = t.panels, blocks, t.width
	c.OutPanel, c.Add = t.blocks*abi.TileFloats, 1
	t.Set.Run(c)
}

// flush adds a chunk's float32 sums to the float64 ones and clears them.
func (t *Task) flush(index int) {
	first, blocks := t.chunk(index)
	for q := range t.width {
		lo := (q*t.blocks + first) * abi.TileFloats
		g, wide := t.g[lo:lo+blocks*abi.TileFloats], t.wide[lo:]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish writes the chunk's results, times a_j/n.
func (t *Task) finish(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	for j := first * abi.TileSide; j < min((first+blocks)*abi.TileSide, t.M); j++ {
		scale := 1 / float64(t.N)
		if t.A != nil {
			scale *= float64(t.A[j])
		}
		out := t.Out[j*t.Columns:][:t.Columns]
		for q := 0; q*abi.TileSide < len(out); q++ {
			from := (q*t.blocks+j/abi.TileSide)*abi.TileFloats + j%abi.TileSide*abi.TileSide
			dst := out[q*abi.TileSide : min((q+1)*abi.TileSide, len(out))]
			for i, x := range t.wide[from:][:len(dst)] {
				dst[i] = float32(scale * x)
			}
		}
		if t.Project {
			partial := t.Set.Tiles.Partial
			c := scale * sums.Sum(t.c[j*partial:][:partial])
			pack.Project(out, t.W[j*t.D:][:t.D], c, sc.u)
		}
	}
}

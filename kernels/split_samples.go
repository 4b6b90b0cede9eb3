package kernels

import "kac/kernels/internal/abi"

// products leaves sigma'(Z) (Hessian: d2sigma(Z)) of a chunk as A blocks in s, and the chunk's share of m f in part.
func (t *splitTask) products(index int, sc *splitScratch) {
	set, size := t.set, t.set.Parts*tileFloats
	first, blocks := t.chunk(index)
	f := t.part[index*t.samples:][:t.samples]
	clear(f)
	x, x0 := t.xb, 0
	if t.ready != nil {
		x, x0 = t.ready, t.block0/tileSide
	}
	for p := 0; p < t.panels; p += splitPanels {
		c := &sc.split
		c.A, c.B, c.Out = abi.At(t.wa, first*t.depth*size), abi.At(x, (x0+p)*t.depth*size), abi.At(sc.z, 0)
		c.Depth, c.Tiles, c.Panels = t.depth, blocks, min(splitPanels, t.panels-p)
		c.OutPanel, c.Add = blocks*tileFloats, 0
		set.Run(c)
		panels := min(splitPanels, t.panels-p)
		s := sc.z
		if t.hessian {
			s = t.derivatives(first, blocks, p, panels, sc)
		} else {
			t.activate(f[p*tileSide:], first, blocks, panels, sc)
		}
		if !t.wantV {
			continue
		}
		for k := range panels {
			c.Out, c.A, c.Tiles = abi.At(s, k*blocks*tileFloats), abi.At(t.s, (first*t.panels+p+k)*size), blocks
			c.OutPanel, c.Step = tileFloats, t.panels*size
			set.SplitRows(c)
		}
	}
}

// activate replaces Z of a chunk over some panels by sigma', and adds a sigma to f.
func (t *splitTask) activate(f []float32, first, blocks, panels int, sc *splitScratch) {
	c := &sc.call
	c.Stride, c.Tiles = tileFloats, blocks
	for k := range panels {
		c.A, c.F = abi.At(t.ap, first*tileSide), abi.At(f, k*tileSide)
		c.S = abi.At(sc.z, k*blocks*tileFloats)
		t.act.apply(t.set.Tiles, c, t.wantF, t.wantV, false)
	}
}

// residual writes f of some panels of samples and packs them times the loss's factors.
func (t *splitTask) residual(group int, sc *splitScratch) {
	for p := group * splitPackers; p < min((group+1)*splitPackers, t.panels); p++ {
		lo, hi := t.panel(p)
		f := t.f[lo:hi]
		for i := range f {
			sum := 0.0
			for c, k := 0, p*tileSide+i; c < t.chunks; c, k = c+1, k+t.samples {
				sum += float64(t.part[k])
			}
			f[i] = float32(sum / float64(t.m))
		}
		if !t.wantV {
			continue
		}
		r := sc.r[:hi-lo]
		residuals(t.loss, r, f, t.y[lo:hi], t.second, &sc.call)
		t.packY(p, r, sc)
	}
}

// accumulate adds the block's sigma' times r x to the velocities of a chunk.
func (t *splitTask) accumulate(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	size := t.set.Parts * tileFloats
	c := &sc.split
	c.A, c.B, c.Out = abi.At(t.s, first*t.panels*size), abi.At(t.yb, 0), abi.At(t.g, first*tileFloats)
	c.Depth, c.Tiles, c.Panels = t.panels, blocks, t.width
	c.OutPanel, c.Add = t.blocks*tileFloats, 1
	t.set.Run(c)
}

// flush adds a chunk's float32 sums to the float64 ones and clears them.
func (t *splitTask) flush(index int) {
	first, blocks := t.chunk(index)
	for q := range t.width {
		lo := (q*t.blocks + first) * tileFloats
		g, wide := t.g[lo:lo+blocks*tileFloats], t.wide[lo:]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish writes the chunk's results, times a_j/n.
func (t *splitTask) finish(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	for j := first * tileSide; j < min((first+blocks)*tileSide, t.m); j++ {
		scale := 1 / float64(t.n)
		if t.a != nil {
			scale *= float64(t.a[j])
		}
		out := t.out[j*t.columns:][:t.columns]
		for q := 0; q*tileSide < len(out); q++ {
			from := (q*t.blocks+j/tileSide)*tileFloats + j%tileSide*tileSide
			dst := out[q*tileSide : min((q+1)*tileSide, len(out))]
			for i, x := range t.wide[from:][:len(dst)] {
				dst[i] = float32(scale * x)
			}
		}
		if t.project {
			partial := t.set.Tiles.Partial
			c := scale * Sum(t.c[j*partial:][:partial])
			projectPacked(out, t.w[j*t.d:][:t.d], c, sc.u)
		}
	}
}

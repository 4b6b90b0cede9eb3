package kernels

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

// pack packs all samples, for ForwardVelocityPacked.
func (t *splitTask) pack(into []uint16, x []float32, n, d int, pool *pool.Pool) []uint16 {
	t.depth = abi.BlocksOf(d, tileSide)
	panels := abi.BlocksOf(n, tileSide)
	into = abi.Grow(into, panels*t.depth*t.set.Parts*tileFloats)
	own := t.xb
	t.x, t.xb, t.n, t.d = x, into, n, d
	t.scratches(pool.Workers)
	t.do(pool, splitPackAll, panels)
	t.x, t.xb = nil, own
	return into
}

// packPanels packs some panels of the block's samples, and times r or r itself where r is given.
func (t *splitTask) packPanels(group int, sc *splitScratch) {
	for p := group * splitPackers; p < min((group+1)*splitPackers, t.panels); p++ {
		if t.ready == nil {
			t.packX(t.xb, p, t.block0, sc)
		}
		lo, hi := t.panel(p)
		if t.hessian {
			r := t.rp[p*tileSide:][:tileSide]
			clear(r[copy(r, t.r[lo:hi]):])
		} else if !t.wantF {
			t.packY(p, t.r[lo:hi], sc)
		}
	}
}

// panel returns the samples [lo, hi) of a panel of the block.
func (t *splitTask) panel(p int) (lo, hi int) {
	lo = t.block0 + p*tileSide
	return lo, min(lo+tileSide, t.n)
}

// packX makes B blocks [coordinate][sample] of panel p of the samples from block0 on.
func (t *splitTask) packX(out []uint16, p, block0 int, sc *splitScratch) {
	lo := block0 + p*tileSide
	rows := min(tileSide, t.n-lo)
	size := t.set.Parts * tileFloats
	for k := range t.depth {
		c0 := k * tileSide
		valid := min(tileSide, t.d-c0)
		if valid < tileSide || rows < tileSide {
			clear(sc.block)
		}
		transposeBlock(sc.block, t.x[lo*t.d+c0:], t.d, rows, valid)
		c := &sc.split
		c.Out, c.B = abi.At(sc.block, 0), abi.At(out, (p*t.depth+k)*size)
		t.set.SplitColumns(c)
	}
}

// transposeBlock writes block[c][l] = x[l*d+c] for the given rows l and coordinates c < valid.
func transposeBlock(block, x []float32, d, rows, valid int) {
	for l := range rows {
		i := l
		for _, v := range x[l*d:][:valid] {
			block[i] = v
			i += tileSide
		}
	}
}

// packY makes B blocks [sample][coordinate] of r x of a panel.
func (t *splitTask) packY(p int, r []float32, sc *splitScratch) {
	lo, _ := t.panel(p)
	size := t.set.Parts * tileFloats
	for q := range t.width {
		c0 := q * tileSide
		valid := min(tileSide, t.d-c0)
		if valid < tileSide || len(r) < tileSide {
			clear(sc.block)
		}
		for i, ri := range r {
			src := t.x[(lo+i)*t.d+c0:][:valid]
			dst := sc.block[i*tileSide:][:valid]
			for a, v := range src {
				dst[a] = ri * v
			}
		}
		c := &sc.split
		c.Out, c.B = abi.At(sc.block, 0), abi.At(t.yb, (q*t.panels+p)*size)
		t.set.SplitColumns(c)
	}
}

// packW makes A blocks [particle][coordinate] of a chunk.
func (t *splitTask) packW(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	size := t.set.Parts * tileFloats
	for b := first; b < first+blocks; b++ {
		for k := range t.depth {
			c0 := k * tileSide
			valid := min(tileSide, t.d-c0)
			clear(sc.block)
			for j := b * tileSide; j < min((b+1)*tileSide, t.m); j++ {
				copy(sc.block[j%tileSide*tileSide:][:valid], t.w[j*t.d+c0:])
			}
			c := &sc.split
			c.Out, c.A, c.Tiles = abi.At(sc.block, 0), abi.At(t.wa, (b*t.depth+k)*size), 1
			c.OutPanel, c.Step = tileFloats, size
			t.set.SplitRows(c)
		}
	}
}

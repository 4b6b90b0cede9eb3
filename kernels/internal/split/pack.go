package split

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

// Pack packs all samples, for ForwardVelocityPacked.
func (t *Task) Pack(into []uint16, x []float32, n, d int, pool *pool.Pool) []uint16 {
	t.depth = abi.BlocksOf(d, abi.TileSide)
	panels := abi.BlocksOf(n, abi.TileSide)
	into = abi.Grow(into, panels*t.depth*t.Set.Parts*abi.TileFloats)
	own := t.xb
	t.X, t.xb, t.N, t.D = x, into, n, d
	t.scratches(pool.Workers)
	t.do(pool, splitPackAll, panels)
	t.X, t.xb = nil, own
	return into
}

// packPanels packs some panels of the block's samples, and times r or r itself where r is given.
func (t *Task) packPanels(group int, sc *splitScratch) {
	for p := group * splitPackers; p < min((group+1)*splitPackers, t.panels); p++ {
		if t.Ready == nil {
			t.packX(t.xb, p, t.block0, sc)
		}
		lo, hi := t.panel(p)
		if t.Hessian {
			r := t.rp[p*abi.TileSide:][:abi.TileSide]
			clear(r[copy(r, t.R[lo:hi]):])
		} else if !t.WantF {
			t.packY(p, t.R[lo:hi], sc)
		}
	}
}

// panel returns the samples [lo, hi) of a panel of the block.
func (t *Task) panel(p int) (lo, hi int) {
	lo = t.block0 + p*abi.TileSide
	return lo, min(lo+abi.TileSide, t.N)
}

// packX makes B blocks [coordinate][sample] of panel p of the samples from block0 on.
func (t *Task) packX(out []uint16, p, block0 int, sc *splitScratch) {
	lo := block0 + p*abi.TileSide
	rows := min(abi.TileSide, t.N-lo)
	size := t.Set.Parts * abi.TileFloats
	for k := range t.depth {
		c0 := k * abi.TileSide
		valid := min(abi.TileSide, t.D-c0)
		if valid < abi.TileSide || rows < abi.TileSide {
			clear(sc.block)
		}
		transposeBlock(sc.block, t.X[lo*t.D+c0:], t.D, rows, valid)
		c := &sc.split
		c.Out, c.B = abi.At(sc.block, 0), abi.At(out, (p*t.depth+k)*size)
		t.Set.SplitColumns(c)
	}
}

// transposeBlock writes block[c][l] = x[l*d+c] for the given rows l and coordinates c < valid.
func transposeBlock(block, x []float32, d, rows, valid int) {
	for l := range rows {
		i := l
		for _, v := range x[l*d:][:valid] {
			block[i] = v
			i += abi.TileSide
		}
	}
}

// packY makes B blocks [sample][coordinate] of r x of a panel.
func (t *Task) packY(p int, r []float32, sc *splitScratch) {
	lo, _ := t.panel(p)
	size := t.Set.Parts * abi.TileFloats
	for q := range t.width {
		c0 := q * abi.TileSide
		valid := min(abi.TileSide, t.D-c0)
		if valid < abi.TileSide || len(r) < abi.TileSide {
			clear(sc.block)
		}
		for i, ri := range r {
			src := t.X[(lo+i)*t.D+c0:][:valid]
			dst := sc.block[i*abi.TileSide:][:valid]
			for a, v := range src {
				dst[a] = ri * v
			}
		}
		c := &sc.split
		c.Out, c.B = abi.At(sc.block, 0), abi.At(t.yb, (q*t.panels+p)*size)
		t.Set.SplitColumns(c)
	}
}

// packW makes A blocks [particle][coordinate] of a chunk.
func (t *Task) packW(index int, sc *splitScratch) {
	first, blocks := t.chunk(index)
	size := t.Set.Parts * abi.TileFloats
	for b := first; b < first+blocks; b++ {
		for k := range t.depth {
			c0 := k * abi.TileSide
			valid := min(abi.TileSide, t.D-c0)
			clear(sc.block)
			for j := b * abi.TileSide; j < min((b+1)*abi.TileSide, t.M); j++ {
				copy(sc.block[j%abi.TileSide*abi.TileSide:][:valid], t.W[j*t.D+c0:])
			}
			c := &sc.split
			c.Out, c.A, c.Tiles = abi.At(sc.block, 0), abi.At(t.wa, (b*t.depth+k)*size), 1
			c.OutPanel, c.Step = abi.TileFloats, size
			t.Set.SplitRows(c)
		}
	}
}

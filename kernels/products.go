package kernels

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// Gram adds X X^T to the symmetric n x n matrix g, x being n x d; only pairs i >= j are multiplied. It costs n^2 d
// flops. Columns of x that do not fit into memory are added block by block.
//
//	for i := range n {
//		for j := range n {
//			for a := range d { g[i*n+j] += x[i*d+a] * x[j*d+a] }
//		}
//	}
//
// The error of an element is at most about d eps |x_i| |x_j|, eps that of T; g stays symmetric to the last bit if it
// was.
func Gram[T Float](g, x []T, n, d int, ws *Workspace[T]) {
	const op = "Gram"
	checkShape(op, n, d)
	checkLen(op, "g", len(g), n*n)
	checkLen(op, "x", len(x), n*d)
	checkApart(op, "g", "x", g, x)
	if n == 0 || d == 0 {
		return
	}
	ws.gram.run(ws, g, x, n, d)
}

// gramTask cuts the lower triangle into units of chunkRows rows by gramPanels panels of columns.
type gramTask[T Float] struct {
	set     *kernelSet
	g, x    []T
	n, d    int
	packing bool
	wp, xt  []T // x as w tiles and as x panels
	units   [][2]int
	scratch []gramScratch[T]
}

type gramScratch[T Float] struct {
	call call
	s    []T
}

// gramPanels panels stay in the first-level cache beside a tile.
const gramPanels = 8

// gramPacked rows are packed by one worker at once: whole tiles and whole panels at every level (6 rows by 64 lanes are
// the largest), so that the place of a row does not depend on who packs it.
const gramPacked = 192

func (t *gramTask[T]) run(ws *Workspace[T], g, x []T, n, d int) {
	t.set, t.g, t.x, t.n, t.d = ws.set, g, x, n, d
	rows, lanes := t.set.Rows, t.set.Lanes
	t.wp = abi.Grow(t.wp, abi.RoundUp(n, rows)*d)
	t.xt = abi.Grow(t.xt, abi.RoundUp(n, lanes)*d)
	if len(t.scratch) < ws.workers {
		t.scratch = make([]gramScratch[T], ws.workers)
	}
	for i := range t.scratch {
		t.scratch[i].s = abi.Grow(t.scratch[i].s, abi.RoundUp(pack.ChunkRows, rows)*lanes)
	}
	t.packing = true
	ws.pool.Run(abi.BlocksOf(n, gramPacked), t)
	t.packing = false
	t.units = t.units[:0]
	for i := 0; i < n; i += pack.ChunkRows {
		last := min(i+pack.ChunkRows, n) - 1
		for j := 0; j <= last; j += gramPanels * lanes {
			t.units = append(t.units, [2]int{i, j})
		}
	}
	ws.pool.Run(len(t.units), t)
	t.g, t.x = nil, nil
}

// Block packs rows, or adds one unit: rows [i, i+chunkRows) times columns from j on.
func (t *gramTask[T]) Block(index, worker int) {
	set, sc := t.set, &t.scratch[worker]
	rows, lanes := set.Rows, set.Lanes
	if t.packing {
		lo, hi := index*gramPacked, min((index+1)*gramPacked, t.n)
		pack.Product(t.wp[lo*t.d:], t.x[lo*t.d:hi*t.d], t.d, rows)
		pack.Samples(set, &sc.call, t.xt[lo*t.d:], t.x[lo*t.d:hi*t.d], t.d)
		return
	}
	i0, j0 := t.units[index][0], t.units[index][1]
	i1, j1 := min(i0+pack.ChunkRows, t.n), min(j0+gramPanels*lanes, t.n)
	tiles := abi.BlocksOf(i1-i0, rows)
	atOnce := max(1, min(tiles, pack.TileCallLimit/t.d))
	c := &sc.call
	c.D, c.Stride = t.d, rows*lanes
	for j := j0; j < j1 && j < i1; j += lanes {
		c.X = abi.At(t.xt, j*t.d)
		for first := 0; first < tiles; first += atOnce {
			c.Tiles = min(atOnce, tiles-first)
			c.W, c.S = abi.At(t.wp, (i0+first*rows)*t.d), abi.At(sc.s, first*rows*lanes)
			set.Product(c)
		}
		for i := i0; i < i1; i++ {
			for l, v := range sc.s[(i-i0)*lanes:][:lanes] {
				k := j + l
				if k > i {
					break
				}
				t.g[i*t.n+k] += v
				if k < i {
					t.g[k*t.n+i] += v
				}
			}
		}
	}
	c.X, c.W, c.S = nil, nil, nil
}

package kernels

import (
	"fmt"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// Matrix is Rows x Cols numbers within a slice, row i at Data[i*Stride:], as parts of larger matrices are; Transposed,
// it stands for the Cols x Rows matrix of the same numbers.
type Matrix[T Float] struct {
	Data               []T
	Rows, Cols, Stride int
	Transposed         bool
}

// T is the transpose of m, which shares its numbers.
func (m Matrix[T]) T() Matrix[T] {
	m.Transposed = !m.Transposed
	return m
}

// shape is that of what m stands for.
func (m Matrix[T]) shape() (rows, cols int) {
	if m.Transposed {
		return m.Cols, m.Rows
	}
	return m.Rows, m.Cols
}

func (m Matrix[T]) check(op, name string) {
	checkShape(op, m.Rows, m.Cols, m.Stride)
	if m.Rows == 0 || m.Cols == 0 {
		return
	}
	if m.Stride < m.Cols || len(m.Data) < (m.Rows-1)*m.Stride+m.Cols {
		panic(fmt.Sprintf("kernels: %s: %s has length %d and stride %d, too few for %d x %d", op, name, len(m.Data), m.Stride, m.Rows, m.Cols))
	}
}

// MultiplyAdd adds alpha A B to C; any of A and B may be transposed, C may not. 2 n k m flops for A n x k, B k x m.
//
//	for i := range n {
//		for j := range m {
//			for l := range k { C[i][j] += alpha * A[i][l] * B[l][j] }
//		}
//	}
//
// C's slice must not overlap those of A and B. Products are summed over multiplyDepth of the k at a time; the error of
// an element is at most about (multiplyDepth + k/multiplyDepth) eps sum_l |A[i][l] B[l][j]|, eps that of T.
func MultiplyAdd[T Float](c Matrix[T], alpha T, a, b Matrix[T], ws *Workspace[T]) {
	const op = "MultiplyAdd"
	c.check(op, "C")
	a.check(op, "A")
	b.check(op, "B")
	n, k := a.shape()
	k2, m := b.shape()
	if c.Transposed || c.Rows != n || c.Cols != m || k != k2 {
		panic(fmt.Sprintf("kernels: %s: C is %d x %d (transposed: %v), A %d x %d, B %d x %d", op, c.Rows, c.Cols, c.Transposed, n, k, k2, m))
	}
	if n == 0 || m == 0 || k == 0 {
		return
	}
	checkApart(op, "C", "A", c.Data, a.Data)
	checkApart(op, "C", "B", c.Data, b.Data)
	ws.product.run(ws, c, alpha, a, b)
}

const (
	multiplyDepth   = 256  // products that a tile adds up in registers: its panels stay in the nearer caches
	multiplyColumns = 2048 // columns of B packed at a time, a multiple of every level's lanes; with the depth 4 MB in float64
)

// multiplyTask goes through C multiplyColumns columns and the inner index multiplyDepth at a time: it packs these rows
// and columns, and cuts what they add to into units of ChunkRows rows by gramPanels panels of columns.
type multiplyTask[T Float] struct {
	set     *kernelSet
	c, a, b Matrix[T]
	alpha   T
	n       int
	j0, j1  int // columns
	l0, l1  int // inner index
	packing bool
	chunks  int // of rows
	wp, xt  []T // A as w tiles, B as x panels
	scratch []gramScratch[T]
}

func (t *multiplyTask[T]) run(ws *Workspace[T], c Matrix[T], alpha T, a, b Matrix[T]) {
	t.set, t.c, t.alpha, t.a, t.b = ws.set, c, alpha, a, b.T()
	n, k := a.shape()
	m, _ := t.b.shape()
	rows, lanes := t.set.Rows, t.set.Lanes
	t.n, t.chunks = n, abi.BlocksOf(n, pack.ChunkRows)
	depth := min(k, multiplyDepth)
	t.wp = abi.Grow(t.wp, abi.RoundUp(n, rows)*depth)
	t.xt = abi.Grow(t.xt, abi.RoundUp(min(m, multiplyColumns), lanes)*depth)
	if len(t.scratch) < ws.workers {
		t.scratch = make([]gramScratch[T], ws.workers)
	}
	for i := range t.scratch {
		t.scratch[i].s = abi.Grow(t.scratch[i].s, abi.RoundUp(pack.ChunkRows, rows)*lanes)
	}
	ws.few(2 * float64(n) * float64(m) * float64(k))
	for t.j0 = 0; t.j0 < m; t.j0 = t.j1 {
		t.j1 = min(t.j0+multiplyColumns, m)
		for t.l0 = 0; t.l0 < k; t.l0 = t.l1 {
			t.l1 = min(t.l0+multiplyDepth, k)
			t.packing = true
			ws.pool.Run(t.chunks+abi.BlocksOf(t.j1-t.j0, lanes), t)
			t.packing = false
			ws.pool.Run(t.chunks*abi.BlocksOf(t.j1-t.j0, gramPanels*lanes), t)
		}
	}
	ws.pool.Alone = false
	t.c, t.a, t.b = Matrix[T]{}, Matrix[T]{}, Matrix[T]{}
}

// Block packs rows of A or columns of B, or does one unit.
func (t *multiplyTask[T]) Block(index, worker int) {
	rows, lanes, depth := t.set.Rows, t.set.Lanes, t.l1-t.l0
	switch {
	case !t.packing:
		t.unit(index%t.chunks*pack.ChunkRows, t.j0+index/t.chunks*gramPanels*lanes, &t.scratch[worker])
	case index < t.chunks:
		for i := index * pack.ChunkRows; i < min((index+1)*pack.ChunkRows, t.n); i += rows {
			packTile(t.wp[i*depth:][:rows*depth], t.a, i, min(i+rows, t.n), t.l0, t.l1)
		}
	default:
		j := (index - t.chunks) * lanes
		packTile(t.xt[j*depth:][:lanes*depth], t.b, t.j0+j, min(t.j0+j+lanes, t.j1), t.l0, t.l1)
	}
}

// packTile writes columns l0..l1 of the rows i0..i1 of x, transposed: element (i, l) to (l-l0)*width + i-i0, zero where
// there are fewer rows than the width.
func packTile[T Float](tile []T, x Matrix[T], i0, i1, l0, l1 int) {
	width := len(tile) / (l1 - l0)
	if x.Transposed {
		for l := l0; l < l1; l++ {
			to := tile[(l-l0)*width:][:width]
			clear(to[copy(to, x.Data[l*x.Stride+i0:l*x.Stride+i1]):])
		}
		return
	}
	if i1-i0 < width {
		clear(tile)
	}
	for i := i0; i < i1; i++ {
		at := i - i0
		for _, v := range x.Data[i*x.Stride+l0 : i*x.Stride+l1] {
			tile[at] = v
			at += width
		}
	}
}

// unit adds what belongs to ChunkRows rows from i0 and gramPanels panels of columns from j0 on.
func (t *multiplyTask[T]) unit(i0, j0 int, sc *gramScratch[T]) {
	set, c, alpha := t.set, &sc.call, t.alpha
	lanes := set.Lanes
	i1, j1 := min(i0+pack.ChunkRows, t.n), min(j0+gramPanels*lanes, t.j1)
	c.D, c.Stride, c.Tiles = t.l1-t.l0, set.Rows*lanes, abi.BlocksOf(i1-i0, set.Rows)
	c.W, c.S = abi.At(t.wp, i0*c.D), abi.At(sc.s, 0)
	for j := j0; j < j1; j += lanes {
		c.X = abi.At(t.xt, (j-t.j0)*c.D)
		set.Product(c)
		cols := min(lanes, j1-j)
		for i := i0; i < i1; i++ {
			to := t.c.Data[i*t.c.Stride+j:][:cols]
			for l, v := range sc.s[(i-i0)*lanes:][:len(to)] {
				to[l] += T(alpha * v)
			}
		}
	}
	c.X, c.W, c.S = nil, nil, nil
}

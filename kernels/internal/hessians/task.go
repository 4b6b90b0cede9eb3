// Package hessians runs the operations with second derivatives: LocalHessian, HessianVector, PopulationHessian.
package hessians

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/scalar"
	"kac/kernels/internal/split"
	"kac/kernels/internal/sums"
)

const (
	hessianRows  = 1008 // particles that one panel of Q is formed for: 21 chunks
	hessianDepth = 128  // samples of Q formed at once: a panel of 32 KB
)

type secondStage uint8

const (
	secondPack secondStage = iota
	secondProduct
	secondAccumulate
	secondFlush
	secondFinish
)

// Task runs the operations with second derivatives. LocalHessian: for each block of samples S = d2sigma(Z) is kept for
// all particles, then every panel of Q is formed once and multiplied by all of S. HessianVector: S = d2sigma(Z) * (X
// U^T) and the plain samples take the place of Q, chunk by chunk.
type Task[T abi.Float] struct {
	set             *abi.Set
	X, W, A, R, Out []T
	Vector          []T // tangent vectors: HessianVector
	Tangent         []T
	Project         bool
	n, m, d         int
	act             pack.Activation[T]

	stage   secondStage
	padded  int
	chunks  int
	groups  int // of hessianRows particles
	block0  int
	samples int
	panels  int
	columns int // of what is accumulated: d(d+1)/2 or d
	coords  []pack.Panel
	width   int
	wp, up  []T // packed W and U
	xt      []T // x panels
	yq      []T // y panels of r x: HessianVector
	rp      []T // residuals, zero beyond n
	s       []T
	g       []T       // results in panels
	wide    []float64 // float32: results in float64
	c       []T       // partial sums of <w_j, g_j>
	scratch []secondScratch[T]
}

type secondScratch[T abi.Float] struct {
	call     abi.Call
	z, y, d1 []T // a chunk over the block's samples
	q        []T // a panel of Q, or sigma''
	u        []float64
}

func (t *Task[T]) Run(ws split.On, n, m, d int, act scalar.Function) {
	t.n, t.m, t.d = n, m, d
	if n == 0 || m == 0 || d == 0 {
		clear(t.Out)
		t.release()
		return
	}
	if ws.Split != nil && t.Vector == nil {
		t.split(ws, act)
		t.release()
		return
	}
	t.plan(ws, act)
	pool := ws.Pool
	accumulate := len(t.coords) * t.groups
	for since := 0; t.block0 < n; t.block0 += t.samples {
		t.panels = abi.BlocksOf(min(t.samples, n-t.block0), t.set.Lanes)
		t.do(pool, secondPack, t.panels)
		t.do(pool, secondProduct, t.chunks)
		if t.Vector == nil {
			t.do(pool, secondAccumulate, accumulate)
		}
		if since += t.samples; t.wide != nil && since >= pack.FlushSamples {
			since = 0
			t.do(pool, secondFlush, t.chunks)
		}
	}
	if t.wide != nil {
		t.do(pool, secondFlush, t.chunks)
	}
	t.do(pool, secondFinish, t.chunks)
	t.release()
}

func (t *Task[T]) do(p *pool.Pool, s secondStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

func (t *Task[T]) release() { t.X, t.W, t.A, t.R, t.Out, t.Vector = nil, nil, nil, nil, nil, nil }

func (t *Task[T]) plan(ws split.On, act scalar.Function) {
	set := ws.Set
	t.set = set
	t.act.Set(act)
	t.columns = pack.Len(t.d)
	if t.Vector != nil {
		t.columns = t.d
	}
	t.coords = pack.Panels(set, t.columns, t.coords)
	t.width = pack.Width(t.coords)
	t.padded = abi.RoundUp(t.m, set.Align)
	t.chunks = abi.BlocksOf(t.padded, pack.ChunkRows)
	t.groups = abi.BlocksOf(t.padded, hessianRows)
	t.block0 = 0
	rows := t.padded
	if t.Vector != nil {
		rows = pack.ChunkRows * 8
	}
	step := max(hessianDepth, set.Lanes)
	n := min(max(pack.TileBytes/int(unsafe.Sizeof(T(0)))/rows, step), pack.BlockMost)
	t.samples = min(n/step*step, abi.RoundUp(t.n, set.Lanes))

	t.wp = abi.Grow(t.wp, t.padded*t.d)
	pack.Product(t.wp, t.W, t.d, set.Rows)
	clear(t.wp[abi.RoundUp(t.m, set.Rows)*t.d:])
	t.xt = abi.Grow(t.xt, t.samples*t.d)
	t.rp = abi.Grow(t.rp, t.samples)
	t.c = abi.Grow(t.c, t.padded*set.Partial)
	clear(t.c)
	t.g = abi.Grow(t.g, t.padded*t.width)
	clear(t.g)
	t.wide = t.wide[:0]
	if unsafe.Sizeof(T(0)) == 4 {
		t.wide = abi.Grow(t.wide, t.padded*t.width)
		clear(t.wide)
	} else {
		t.wide = nil
	}
	if t.Vector != nil {
		t.up = abi.Grow(t.up, t.padded*t.d)
		pack.Product(t.up, t.Vector, t.d, set.Rows)
		clear(t.up[abi.RoundUp(t.m, set.Rows)*t.d:])
		t.yq = abi.Grow(t.yq, t.samples*t.width)
	} else {
		t.s = abi.Grow(t.s, t.padded*t.samples)
	}
	if len(t.scratch) < ws.Workers {
		t.scratch = make([]secondScratch[T], ws.Workers)
	}
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.z = abi.Grow(sc.z, pack.ChunkRows*t.samples)
		sc.d1 = abi.Grow(sc.d1, pack.ChunkRows*t.samples)
		if t.Vector != nil {
			sc.y = abi.Grow(sc.y, pack.ChunkRows*t.samples)
			sc.q = abi.Grow(sc.q, pack.ChunkRows*t.samples)
		} else {
			sc.q = abi.Grow(sc.q, step*set.Widths[0])
		}
		sc.u = abi.Grow(sc.u, t.d)
	}
}

func (t *Task[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case secondPack:
		t.pack(index, sc)
	case secondProduct:
		t.products(index, sc)
	case secondAccumulate:
		t.multiplyQ(t.coords[index%len(t.coords)], index/len(t.coords), sc)
	case secondFlush:
		t.flush(index)
	case secondFinish:
		t.finish(index, sc)
	}
}

func (t *Task[T]) chunk(index int) (j0, tiles int) {
	j0 = index * pack.ChunkRows
	return j0, min(pack.ChunkRows, t.padded-j0) / t.set.Rows
}

// pack packs one panel of the block's samples.
func (t *Task[T]) pack(index int, sc *secondScratch[T]) {
	lanes := t.set.Lanes
	first := index * lanes
	lo := t.block0 + first
	hi := min(lo+lanes, t.n)
	x := t.X[lo*t.d : hi*t.d]
	pack.Samples(t.set, &sc.call, t.xt[first*t.d:], x, t.d)
	clear(t.rp[first+copy(t.rp[first:first+lanes], t.R[lo:hi]) : first+lanes])
	if t.Vector != nil {
		pack.Accumulate(t.set, &sc.call, t.yq, x, t.R[lo:hi], t.d, t.samples, first, t.coords)
		pack.ClearRows(t.yq, t.samples, first+hi-lo, first+lanes, t.coords)
	}
}

// products leaves d2sigma(z) of a chunk in its place (HessianVector: times <u_j, x_i>, and accumulated), and adds to
// its sums of r sigma'(z) z.
func (t *Task[T]) products(index int, sc *secondScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	size := tiles * set.Rows * t.panels * set.Lanes
	c := &sc.call
	t.product(sc.z, t.wp, j0, tiles, c)
	d2 := sc.q
	if t.Vector == nil {
		d2 = t.s[j0*t.panels*set.Lanes:]
	} else {
		t.product(sc.y, t.up, j0, tiles, c)
	}
	c.Z, c.D1, c.D2, c.N = abi.At(sc.z, 0), abi.At(sc.d1, 0), abi.At(d2, 0), size
	t.act.Derive(set, c)
	if t.Project {
		c.Y, c.G = abi.At(t.rp, 0), abi.At(t.c, j0*set.Partial)
		c.Tiles, c.Panels = tiles, t.panels
		set.RowSums(c)
	}
	if t.Vector == nil {
		return
	}
	c.Z, c.D2, c.D1 = abi.At(d2, 0), abi.At(sc.y, 0), abi.At(sc.z, 0)
	set.Times(c)
	t.clearTail(sc.z, tiles)
	t.accumulate(sc.z, j0, tiles, c)
}

// product writes Z, or <u_j, x_i>, of a chunk over all panels of the block.
func (t *Task[T]) product(s, w []T, j0, tiles int, c *abi.Call) {
	set := t.set
	tile := set.Rows * set.Lanes
	c.D, c.Stride = t.d, t.panels*tile
	atOnce := max(1, min(tiles, pack.TileCallLimit/t.d))
	for p := range t.panels {
		c.X = abi.At(t.xt, p*set.Lanes*t.d)
		for first := 0; first < tiles; first += atOnce {
			c.Tiles = min(atOnce, tiles-first)
			c.W = abi.At(w, (j0+first*set.Rows)*t.d)
			c.S = abi.At(s, first*c.Stride+p*tile)
			set.Product(c)
		}
	}
}

// clearTail zeroes the padding samples of the last panel.
func (t *Task[T]) clearTail(s []T, tiles int) {
	lanes := t.set.Lanes
	used := t.n - t.block0 - (t.panels-1)*lanes
	if used >= lanes {
		return
	}
	for i := range tiles {
		for r := range t.set.Rows {
			clear(s[((i*t.panels+t.panels-1)*t.set.Rows+r)*lanes:][:lanes][used:])
		}
	}
}

// accumulate adds s times the y panels of the block to the results of a chunk.
func (t *Task[T]) accumulate(s []T, j0, tiles int, c *abi.Call) {
	set := t.set
	atOnce := max(1, pack.Depth/set.Lanes)
	c.Tiles, c.Stride = tiles, t.panels*set.Rows*set.Lanes
	for p := 0; p < t.panels; p += atOnce {
		c.Panels = min(atOnce, t.panels-p)
		c.S = abi.At(s, p*set.Rows*set.Lanes)
		for _, q := range t.coords {
			c.Y = abi.At(t.yq, q.Offset*t.samples+p*set.Lanes*q.Width)
			c.G = abi.At(t.g, q.Offset*t.padded+j0*q.Width)
			set.Accumulate[q.Kind](c)
		}
	}
}

// multiplyQ forms a panel of Q, piece by piece, and multiplies it by S of a group of particles.
func (t *Task[T]) multiplyQ(q pack.Panel, group int, sc *secondScratch[T]) {
	set := t.set
	c := &sc.call
	depthPanels := max(1, hessianDepth/set.Lanes)
	last := min((group+1)*hessianRows, t.padded)
	for p := 0; p < t.panels; p += depthPanels {
		p1 := min(p+depthPanels, t.panels)
		t.formQ(sc.q, q, p*set.Lanes, p1*set.Lanes)
		for j0 := group * hessianRows; j0 < last; j0 += pack.ChunkRows {
			tiles := min(pack.ChunkRows, t.padded-j0) / set.Rows
			c.Tiles, c.Stride, c.Panels = tiles, t.panels*set.Rows*set.Lanes, p1-p
			c.S = abi.At(t.s, j0*t.panels*set.Lanes+p*set.Rows*set.Lanes)
			c.Y, c.G = abi.At(sc.q, 0), abi.At(t.g, q.Offset*t.padded+j0*q.Width)
			set.Accumulate[q.Kind](c)
		}
	}
}

// formQ writes columns [q.offset, q.offset+q.width) of Q, the products r x_a x_b in packed order, for samples [lo, hi)
// of the block.
func (t *Task[T]) formQ(out []T, q pack.Panel, lo, hi int) {
	first, skip := 0, q.Offset // row of the packed triangle in which the panel starts, and how far into it
	for first < t.d && skip >= t.d-first {
		skip -= t.d - first
		first++
	}
	rows := max(0, min(hi, t.n-t.block0)-lo)
	from := t.block0 + lo
	pack.FormProducts(out[:rows*q.Width], t.X[from*t.d:(from+rows)*t.d], t.rp[lo:], t.d, q.Width, first, skip)
	clear(out[rows*q.Width : (hi-lo)*q.Width])
}

// flush adds a chunk's float32 sums to the float64 ones and clears them.
func (t *Task[T]) flush(index int) {
	j0, tiles := t.chunk(index)
	for _, q := range t.coords {
		lo := q.Offset*t.padded + j0*q.Width
		hi := lo + tiles*t.set.Rows*q.Width
		wide, g := t.wide[lo:hi], t.g[lo:hi]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish unpacks and projects the results of a chunk.
func (t *Task[T]) finish(index int, sc *secondScratch[T]) {
	j0 := index * pack.ChunkRows
	for j := j0; j < min(j0+pack.ChunkRows, t.m); j++ {
		scale := 1 / float64(t.n)
		if t.A != nil {
			scale *= float64(t.A[j])
		}
		out := t.Out[j*t.columns:][:t.columns]
		for _, q := range t.coords {
			valid := min(q.Width, t.columns-q.Offset)
			dst := out[q.Offset:][:valid]
			src := q.Offset*t.padded + j*q.Width
			if t.wide != nil {
				for i, x := range t.wide[src:][:valid] {
					dst[i] = T(scale * x)
				}
				continue
			}
			for i, x := range t.g[src:][:valid] {
				dst[i] = T(scale * float64(x))
			}
		}
		if !t.Project {
			continue
		}
		c := scale * sums.Sum(t.c[j*t.set.Partial:][:t.set.Partial])
		w := t.W[j*t.d:][:t.d]
		if t.Vector == nil {
			pack.Project(out, w, c, sc.u)
			continue
		}
		along := sums.Dot(out, w)
		for a, u := range t.Vector[j*t.d:][:t.d] {
			out[a] = T(float64(out[a]) - float64(along*float64(w[a])) - float64(c*float64(u)))
		}
	}
}

// split runs the task of a workspace for bf16 parts.
func (t *Task[T]) split(ws split.On, act scalar.Function) {
	s := ws.Split
	s.X, s.W, s.A, s.Y, s.R = split.Floats(t.X), split.Floats(t.W), nil, nil, split.Floats(t.R)
	if t.A != nil {
		s.A = split.Floats(t.A)
	}
	s.F, s.Out = nil, split.Floats(t.Out)
	s.WantF, s.WantV, s.Hessian, s.Project = false, true, true, t.Project
	s.N, s.M, s.D, s.Columns = t.n, t.m, t.d, pack.Len(t.d)
	s.Run(ws.Set, ws.Workers, ws.Pool, act)
}

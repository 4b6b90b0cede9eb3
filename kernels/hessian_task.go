package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
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

// secondTask runs the operations with second derivatives. LocalHessian: for each block of samples S = d2sigma(Z) is kept for all
// particles, then every panel of Q is formed once and multiplied by all of S. HessianVector: S = d2sigma(Z) * (X U^T) and the plain
// samples take the place of Q, chunk by chunk.
type secondTask[T Float] struct {
	set             *kernelSet
	x, w, a, r, out []T
	vector          []T // tangent vectors: HessianVector
	tangent         []T
	project         bool
	n, m, d         int
	act             packedActivation[T]

	stage   secondStage
	padded  int
	chunks  int
	groups  int // of hessianRows particles
	block0  int
	samples int
	panels  int
	columns int // of what is accumulated: d(d+1)/2 or d
	coords  []coordinatePanel
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

type secondScratch[T Float] struct {
	call     call
	z, y, d1 []T // a chunk over the block's samples
	q        []T // a panel of Q, or sigma''
	u        []float64
}

func (t *secondTask[T]) run(ws *Workspace[T], n, m, d int, act Activation) {
	t.n, t.m, t.d = n, m, d
	if n == 0 || m == 0 || d == 0 {
		clear(t.out)
		t.release()
		return
	}
	if ws.split != nil && t.vector == nil {
		t.split(ws, act)
		t.release()
		return
	}
	t.plan(ws, act)
	pool := ws.pool
	accumulate := len(t.coords) * t.groups
	for since := 0; t.block0 < n; t.block0 += t.samples {
		t.panels = abi.BlocksOf(min(t.samples, n-t.block0), t.set.Lanes)
		t.do(pool, secondPack, t.panels)
		t.do(pool, secondProduct, t.chunks)
		if t.vector == nil {
			t.do(pool, secondAccumulate, accumulate)
		}
		if since += t.samples; t.wide != nil && since >= flushSamples {
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

func (t *secondTask[T]) do(p *pool.Pool, s secondStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

func (t *secondTask[T]) release() { t.x, t.w, t.a, t.r, t.out, t.vector = nil, nil, nil, nil, nil, nil }

func (t *secondTask[T]) plan(ws *Workspace[T], act Activation) {
	set := ws.set
	t.set = set
	t.act.set(act)
	t.columns = PackedLen(t.d)
	if t.vector != nil {
		t.columns = t.d
	}
	t.coords = coordinatePanels(set, t.columns, t.coords)
	t.width = panelsWidth(t.coords)
	t.padded = abi.RoundUp(t.m, set.Align)
	t.chunks = abi.BlocksOf(t.padded, chunkRows)
	t.groups = abi.BlocksOf(t.padded, hessianRows)
	t.block0 = 0
	rows := t.padded
	if t.vector != nil {
		rows = chunkRows * 8
	}
	step := max(hessianDepth, set.Lanes)
	n := min(max(tileBytes/int(unsafe.Sizeof(T(0)))/rows, step), blockMost)
	t.samples = min(n/step*step, abi.RoundUp(t.n, set.Lanes))

	t.wp = abi.Grow(t.wp, t.padded*t.d)
	packProduct(t.wp, t.w, t.d, set.Rows)
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
	if t.vector != nil {
		t.up = abi.Grow(t.up, t.padded*t.d)
		packProduct(t.up, t.vector, t.d, set.Rows)
		clear(t.up[abi.RoundUp(t.m, set.Rows)*t.d:])
		t.yq = abi.Grow(t.yq, t.samples*t.width)
	} else {
		t.s = abi.Grow(t.s, t.padded*t.samples)
	}
	if len(t.scratch) < ws.workers {
		t.scratch = make([]secondScratch[T], ws.workers)
	}
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.z = abi.Grow(sc.z, chunkRows*t.samples)
		sc.d1 = abi.Grow(sc.d1, chunkRows*t.samples)
		if t.vector != nil {
			sc.y = abi.Grow(sc.y, chunkRows*t.samples)
			sc.q = abi.Grow(sc.q, chunkRows*t.samples)
		} else {
			sc.q = abi.Grow(sc.q, step*set.Widths[0])
		}
		sc.u = abi.Grow(sc.u, t.d)
	}
}

func (t *secondTask[T]) Block(index, worker int) {
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

func (t *secondTask[T]) chunk(index int) (j0, tiles int) {
	j0 = index * chunkRows
	return j0, min(chunkRows, t.padded-j0) / t.set.Rows
}

// pack packs one panel of the block's samples.
func (t *secondTask[T]) pack(index int, sc *secondScratch[T]) {
	lanes := t.set.Lanes
	first := index * lanes
	lo := t.block0 + first
	hi := min(lo+lanes, t.n)
	x := t.x[lo*t.d : hi*t.d]
	packSamples(t.set, &sc.call, t.xt[first*t.d:], x, t.d)
	clear(t.rp[first+copy(t.rp[first:first+lanes], t.r[lo:hi]) : first+lanes])
	if t.vector != nil {
		packAccumulate(t.set, &sc.call, t.yq, x, t.r[lo:hi], t.d, t.samples, first, t.coords)
		clearRows(t.yq, t.samples, first+hi-lo, first+lanes, t.coords)
	}
}

// products leaves d2sigma(z) of a chunk in its place (HessianVector: times <u_j, x_i>, and accumulated), and adds to its sums of
// r sigma'(z) z.
func (t *secondTask[T]) products(index int, sc *secondScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	size := tiles * set.Rows * t.panels * set.Lanes
	c := &sc.call
	t.product(sc.z, t.wp, j0, tiles, c)
	d2 := sc.q
	if t.vector == nil {
		d2 = t.s[j0*t.panels*set.Lanes:]
	} else {
		t.product(sc.y, t.up, j0, tiles, c)
	}
	c.Z, c.D1, c.D2, c.N = abi.At(sc.z, 0), abi.At(sc.d1, 0), abi.At(d2, 0), size
	t.act.derive(set, c)
	if t.project {
		c.Y, c.G = abi.At(t.rp, 0), abi.At(t.c, j0*set.Partial)
		c.Tiles, c.Panels = tiles, t.panels
		set.RowSums(c)
	}
	if t.vector == nil {
		return
	}
	c.Z, c.D2, c.D1 = abi.At(d2, 0), abi.At(sc.y, 0), abi.At(sc.z, 0)
	set.Times(c)
	t.clearTail(sc.z, tiles)
	t.accumulate(sc.z, j0, tiles, c)
}

// product writes Z, or <u_j, x_i>, of a chunk over all panels of the block.
func (t *secondTask[T]) product(s, w []T, j0, tiles int, c *call) {
	set := t.set
	tile := set.Rows * set.Lanes
	c.D, c.Stride = t.d, t.panels*tile
	atOnce := max(1, min(tiles, tileCallLimit/t.d))
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
func (t *secondTask[T]) clearTail(s []T, tiles int) {
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
func (t *secondTask[T]) accumulate(s []T, j0, tiles int, c *call) {
	set := t.set
	atOnce := max(1, depth/set.Lanes)
	c.Tiles, c.Stride = tiles, t.panels*set.Rows*set.Lanes
	for p := 0; p < t.panels; p += atOnce {
		c.Panels = min(atOnce, t.panels-p)
		c.S = abi.At(s, p*set.Rows*set.Lanes)
		for _, q := range t.coords {
			c.Y = abi.At(t.yq, q.offset*t.samples+p*set.Lanes*q.width)
			c.G = abi.At(t.g, q.offset*t.padded+j0*q.width)
			set.Accumulate[q.kind](c)
		}
	}
}

// multiplyQ forms a panel of Q, piece by piece, and multiplies it by S of a group of particles.
func (t *secondTask[T]) multiplyQ(q coordinatePanel, group int, sc *secondScratch[T]) {
	set := t.set
	c := &sc.call
	depthPanels := max(1, hessianDepth/set.Lanes)
	last := min((group+1)*hessianRows, t.padded)
	for p := 0; p < t.panels; p += depthPanels {
		p1 := min(p+depthPanels, t.panels)
		t.formQ(sc.q, q, p*set.Lanes, p1*set.Lanes)
		for j0 := group * hessianRows; j0 < last; j0 += chunkRows {
			tiles := min(chunkRows, t.padded-j0) / set.Rows
			c.Tiles, c.Stride, c.Panels = tiles, t.panels*set.Rows*set.Lanes, p1-p
			c.S = abi.At(t.s, j0*t.panels*set.Lanes+p*set.Rows*set.Lanes)
			c.Y, c.G = abi.At(sc.q, 0), abi.At(t.g, q.offset*t.padded+j0*q.width)
			set.Accumulate[q.kind](c)
		}
	}
}

// formQ writes columns [q.offset, q.offset+q.width) of Q, the products r x_a x_b in packed order, for samples [lo, hi) of the block.
func (t *secondTask[T]) formQ(out []T, q coordinatePanel, lo, hi int) {
	first, skip := 0, q.offset // row of the packed triangle in which the panel starts, and how far into it
	for first < t.d && skip >= t.d-first {
		skip -= t.d - first
		first++
	}
	rows := max(0, min(hi, t.n-t.block0)-lo)
	from := t.block0 + lo
	formProducts(out[:rows*q.width], t.x[from*t.d:(from+rows)*t.d], t.rp[lo:], t.d, q.width, first, skip)
	clear(out[rows*q.width : (hi-lo)*q.width])
}

// formProducts writes width of the products r x_a x_b (packed order, from row first of the triangle, skip into it; 0 beyond the
// last) for every row of x.
func formProducts[T Float](out, x, r []T, d, width, first, skip int) {
	for i := 0; i*d < len(x); i++ {
		dst := out[i*width:][:width]
		row := x[i*d:][:d]
		from := skip
		for a := first; a < d && len(dst) > 0; a++ {
			f := r[i] * row[a]
			src := row[a+from:]
			src = src[:min(len(src), len(dst))]
			for b, v := range src {
				dst[b] = f * v
			}
			dst = dst[len(src):]
			from = 0
		}
		clear(dst)
	}
}

// flush adds a chunk's float32 sums to the float64 ones and clears them.
func (t *secondTask[T]) flush(index int) {
	j0, tiles := t.chunk(index)
	for _, q := range t.coords {
		lo := q.offset*t.padded + j0*q.width
		hi := lo + tiles*t.set.Rows*q.width
		wide, g := t.wide[lo:hi], t.g[lo:hi]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish unpacks and projects the results of a chunk.
func (t *secondTask[T]) finish(index int, sc *secondScratch[T]) {
	j0 := index * chunkRows
	for j := j0; j < min(j0+chunkRows, t.m); j++ {
		scale := 1 / float64(t.n)
		if t.a != nil {
			scale *= float64(t.a[j])
		}
		out := t.out[j*t.columns:][:t.columns]
		for _, q := range t.coords {
			valid := min(q.width, t.columns-q.offset)
			dst := out[q.offset:][:valid]
			src := q.offset*t.padded + j*q.width
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
		if !t.project {
			continue
		}
		c := scale * Sum(t.c[j*t.set.Partial:][:t.set.Partial])
		w := t.w[j*t.d:][:t.d]
		if t.vector == nil {
			projectPacked(out, w, c, sc.u)
			continue
		}
		along := Dot(out, w)
		for a, u := range t.vector[j*t.d:][:t.d] {
			out[a] = T(float64(out[a]) - float64(along*float64(w[a])) - float64(c*float64(u)))
		}
	}
}

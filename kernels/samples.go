package kernels

import (
	"math"
	"unsafe"
)

const (
	chunkRows     = 48       // particles per unit of work: 8 tiles of 6, a multiple of every level's align
	tileBytes     = 2 << 20  // what the kept part of Z may take for one block of samples: not much more than the second-level cache
	lastBytes     = 16 << 20 // what of Z may be expected to stay in the last-level cache
	depth         = 128      // most samples that accumulate sums in registers at once: their y panel is 32 KB
	blockMost     = 2048     // most samples in a block
	blockStep     = 64       // samples in a block are a multiple of this and of lanes
	flushSamples  = 4096     // float32: after about this many samples partial sums move to float64
	tileCallLimit = 1 << 14  // tiles times d of one call of a product kernel, which bounds its time to about 100 us
)

// stage says what a block of a sampleTask does.
type stage uint8

const (
	stagePack       stage = iota // first block: x panels
	stagePackSigns               // of PackedSamples: signs of all samples
	stageProduct                 // Z = X W^T by chunk of particles, activated as it is made
	stageResidual                // f and r of this block's samples, their y panels, and the next block's x panels
	stageAccumulate              // V += S^T Y by chunk of particles
	stageFlush                   // float32: V to float64
	stageFinish                  // V out of its panels
)

// sampleTask runs Forward, Velocity and ForwardVelocity. The samples are taken in blocks; for each block every chunk of particles
// is a unit of work, whose results nobody else writes, so that no sum depends on the number of workers.
type sampleTask[T Float] struct {
	set           *kernelSet
	x, w, a, y, r []T
	f, v          []T
	n, m, d       int
	wantV, wantF  bool // wantF: r is not given, r = y - f
	sigma         Activation
	act           packedActivation[T]

	stage   stage
	padded  int // particles, padded
	chunks  int
	block0  int // first sample of the block
	samples int // samples in a full block, a multiple of lanes
	panels  int // panels in the current block
	coords  []coordinatePanel
	width   int // padded coordinates
	wp, ap  []T // packed W, padded a
	xt      []T // x panels of a block
	ready   []T // x panels of all samples, packed before; nil: packed block by block into xt
	inner   int // coordinates of packed W

	signs       bool    // all coordinates of the samples are +-1, and the set has kernels for that: see signKernels
	columnSigns []int32 // in place of xt: those of the block, or of all samples if ready
	rowSigns    []int32 // in place of yq, with signed; likewise
	ownColumns  []int32 // those of the block
	ownRows     []int32
	signed      []T

	yq      []T  // y panels of a block
	s       []T  // kept part of Z
	part    []T  // chunk x samples: a chunk's share of m f
	g       []T  // V in panels
	flushes bool // float32: sums go on in float64
	wide    []float64
	scratch []sampleScratch[T]
}

type sampleScratch[T Float] struct {
	call call
	s    []T // tiles of one panel, when Z is not kept
	r    []T

	tables []T // of a chunk, for signs
}

// Forward writes the network's outputs f_i = (1/m) sum_j a_j sigma(<w_j, x_i>) for the n rows of x (n x d), with the m rows of w
// (m x d) as particles and second-layer weights a (m, or nil for ones). 2 n m d flops and n m activations; Z is never stored.
//
//	for i := range n {
//		sum := 0
//		for j := range m {
//			z := 0
//			for c := range d { z += x[i*d+c] * w[j*d+c] }
//			sum += a[j] * sigma(z)
//		}
//		f[i] = sum / m
//	}
//
// Where all coordinates of x are +-1, float32 at level avx512 takes about a third of these operations: sums of four products are picked from tables of the
// 16 that there are. Velocity and ForwardVelocity likewise. Results then differ from those of other levels and types by rounding, as ever.
//
// f must not overlap the inputs. The error of f_i is at most about (48 + m/48 eps64/eps) eps mean_j |a_j sigma| plus d eps times
// mean_j |a_j sigma'| |w_j| |x_i|, with eps that of T.
func Forward[T Float](f, x, w, a []T, n, m, d int, act Activation, ws *Workspace[T]) {
	const op = "Forward"
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "f", len(f), n)
	checkApart(op, "f", "x", f, x)
	checkApart(op, "f", "w", f, w)
	checkApart(op, "f", "a", f, a)
	t := &ws.sample
	t.x, t.w, t.a, t.f = x, w, a, f
	t.wantF, t.wantV = true, false
	t.run(ws, n, m, d, act)
}

// Velocity writes v_j = (a_j/n) sum_i r_i sigma'(<w_j, x_i>) x_i for m particles (v and w m x d, x n x d, r n, a m or nil for ones).
// With r = y - f this is minus half the gradient of the mean square, per particle, times m; not projected. 4 n m d flops and n m
// activations.
//
//	for j := range m {
//		for i := range n {
//			z := 0
//			for c := range d { z += x[i*d+c] * w[j*d+c] }
//			for c := range d { v[j*d+c] += a[j] * r[i] * sigma'(z) * x[i*d+c] / n }
//		}
//	}
//
// v must not overlap the inputs. For n = 0 it is 0. In float32 sums over more than 4096 samples continue in float64, so that the
// error does not grow with n: about 4096 eps32 at the very worst, 1e-6 relative to the largest component in practice.
func Velocity[T Float](v, x, w, a, r []T, n, m, d int, act Activation, ws *Workspace[T]) {
	const op = "Velocity"
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "v", len(v), m*d)
	checkLen(op, "r", len(r), n)
	checkVelocityApart(op, v, x, w, a, r, "r")
	t := &ws.sample
	t.x, t.w, t.a, t.r, t.v = x, w, a, r, v
	t.wantF, t.wantV = false, true
	t.run(ws, n, m, d, act)
}

// ForwardVelocity is Forward followed by Velocity with r = y - f, for 4 n m d flops in place of 6: f (n) and v (m x d) are written.
func ForwardVelocity[T Float](v, f, x, y, w, a []T, n, m, d int, act Activation, ws *Workspace[T]) {
	checkForwardVelocity("ForwardVelocity", v, f, x, y, w, a, n, m, d)
	t := &ws.sample
	t.x, t.w, t.a, t.y, t.f, t.v = x, w, a, y, f, v
	t.wantF, t.wantV = true, true
	t.run(ws, n, m, d, act)
}

func checkSamples[T Float](op string, x, w, a []T, n, m, d int) {
	checkShape(op, n, m, d)
	checkLen(op, "x", len(x), n*d)
	checkLen(op, "w", len(w), m*d)
	if a != nil {
		checkLen(op, "a", len(a), m)
	}
}

func checkForwardVelocity[T Float](op string, v, f, x, y, w, a []T, n, m, d int) {
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "v", len(v), m*d)
	checkLen(op, "f", len(f), n)
	checkLen(op, "y", len(y), n)
	checkVelocityApart(op, v, x, w, a, y, "y")
	checkApart(op, "f", "x", f, x)
	checkApart(op, "f", "w", f, w)
	checkApart(op, "f", "a", f, a)
	checkApart(op, "f", "y", f, y)
	checkApart(op, "f", "v", f, v)
}

func checkVelocityApart[T Float](op string, v, x, w, a, r []T, name string) {
	checkApart(op, "v", "x", v, x)
	checkApart(op, "v", "w", v, w)
	checkApart(op, "v", "a", v, a)
	checkApart(op, "v", name, v, r)
}

func (t *sampleTask[T]) run(ws *Workspace[T], n, m, d int, act Activation) {
	t.n, t.m, t.d = n, m, d
	if n == 0 || m == 0 {
		clear(t.f)
		clear(t.v)
		t.release()
		return
	}
	if ws.split != nil {
		t.split(ws, act)
		t.release()
		return
	}
	t.plan(ws, act)
	pool := ws.pool
	groups := blocksOf(t.samples/t.set.lanes, packPanels)
	t.do(pool, stagePack, groups)
	for since := 0; t.block0 < t.n; t.block0 += t.samples {
		t.panels = blocksOf(min(t.samples, t.n-t.block0), t.set.lanes)
		t.do(pool, stageProduct, t.chunks)
		if t.wantF || t.block0+t.samples < t.n {
			t.do(pool, stageResidual, groups)
		}
		if t.wantF && t.wantV {
			t.do(pool, stageAccumulate, t.chunks)
		}
		if since += t.samples; t.flushes && since >= flushSamples {
			since = 0
			t.do(pool, stageFlush, t.chunks)
		}
	}
	if t.wantV {
		if t.flushes {
			t.do(pool, stageFlush, t.chunks)
		}
		t.do(pool, stageFinish, t.chunks)
	}
	t.release()
}

func (t *sampleTask[T]) do(p *pool, s stage, blocks int) {
	t.stage = s
	p.run(blocks, t)
}

// release drops the caller's slices.
func (t *sampleTask[T]) release() {
	t.x, t.w, t.a, t.y, t.r, t.f, t.v, t.ready, t.columnSigns, t.rowSigns = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
}

// packPanels x panels are packed as one unit of work.
const packPanels = 2

func (t *sampleTask[T]) plan(ws *Workspace[T], act Activation) {
	set := ws.set
	t.set = set
	t.sigma = act
	t.act.set(act)
	t.coords = coordinatePanels(set, t.d, t.coords)
	t.width = panelsWidth(t.coords)
	t.padded = roundUp(t.m, set.align)
	t.chunks = blocksOf(t.padded, chunkRows)
	t.block0 = 0
	t.samples = t.blockSamples()

	if t.ready == nil {
		t.signs = set.signs != nil && t.d > 0 && areSigns(t.x)
	}
	t.packW()
	t.ap = grow(t.ap, t.padded)
	for j := range t.ap[:t.m] {
		t.ap[j] = 1
	}
	copy(t.ap, t.a)
	clear(t.ap[t.m:])
	switch {
	case t.ready != nil:
	case t.signs:
		t.ownColumns = grow(t.ownColumns, t.samples*signGroups(t.d))
		t.ownRows = grow(t.ownRows, t.samples*t.width/signBits)
		t.columnSigns, t.rowSigns = t.ownColumns, t.ownRows
	default:
		t.xt = grow(t.xt, t.samples*t.d)
	}
	t.part = grow(t.part, t.chunks*t.samples)
	if t.wantV {
		if t.signs {
			t.signed = grow(t.signed, t.samples<<signBits)
		} else {
			t.yq = grow(t.yq, t.samples*t.width)
		}
		t.g = grow(t.g, t.padded*t.width)
		clear(t.g)
		if t.flushes = unsafe.Sizeof(T(0)) == 4; t.flushes {
			t.wide = grow(t.wide, t.padded*t.width)
			clear(t.wide)
		}
	}
	kept := 0
	if t.wantF && t.wantV {
		t.s = grow(t.s, t.padded*t.samples)
	} else if t.wantV {
		kept = chunkRows * t.samples
	} else {
		kept = chunkRows * set.lanes
	}
	t.scratches(ws)
	for i := range t.scratch {
		t.scratch[i].s = grow(t.scratch[i].s, kept)
		t.scratch[i].r = grow(t.scratch[i].r, packPanels*set.lanes)
		if t.signs {
			t.scratch[i].tables = grow(t.scratch[i].tables, chunkRows*signGroups(t.d)<<signBits)
		}
	}
}

// scratches gives every worker its scratch.
func (t *sampleTask[T]) scratches(ws *Workspace[T]) {
	if len(t.scratch) < ws.workers {
		t.scratch = make([]sampleScratch[T], ws.workers)
	}
}

// blockSamples chooses how many samples make a block: as many as tileBytes allow, for the residual's barrier to be rare.
func (t *sampleTask[T]) blockSamples() int {
	n := blockMost
	if t.wantV {
		rows := t.padded
		if !t.wantF {
			rows = chunkRows * 8 // Z is kept for one chunk only, in an eighth of the budget
		}
		n = tileBytes / int(unsafe.Sizeof(T(0))) / rows
	}
	step := max(blockStep, t.set.lanes)
	if n < step {
		n = 2 * step // Z, W and V all come from the last level or beyond; the longer block halves the traffic of the latter two
		if t.padded*n*int(unsafe.Sizeof(T(0))) > lastBytes {
			n = 8 * step // Z comes from memory at any length
		}
	}
	return min(min(n, blockMost)/step*step, roundUp(t.n, step))
}

func (t *sampleTask[T]) block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case stagePack:
		t.packX(index, t.block0, &sc.call)
		if !t.wantF {
			t.packY(index, t.block0, t.r, &sc.call)
		}
	case stagePackSigns:
		if lo, hi := t.rangeOf(index, 0); lo < hi {
			t.packColumnSigns(lo, hi, 0)
			t.packRowSigns(lo, hi, 0, t.samples)
		}
	case stageProduct:
		t.products(index, sc)
		if !t.wantF {
			t.accumulate(index, sc)
		}
	case stageResidual:
		if t.wantF {
			t.residual(index, sc)
		}
		if next := t.block0 + t.samples; next < t.n {
			t.packX(index, next, &sc.call)
			if !t.wantF {
				t.packY(index, next, t.r, &sc.call)
			}
		}
	case stageAccumulate:
		t.accumulate(index, sc)
	case stageFlush:
		t.flush(index)
	case stageFinish:
		t.finish(index)
	}
}

// rangeOf returns the samples [lo, hi) of a group of panels in the block that starts at block0.
func (t *sampleTask[T]) rangeOf(group, block0 int) (lo, hi int) {
	size := packPanels * t.set.lanes
	lo = min(block0+group*size, t.n)
	return lo, min(lo+size, t.n, block0+t.samples)
}

func (t *sampleTask[T]) packX(group, block0 int, c *call) {
	lo, hi := t.rangeOf(group, block0)
	switch {
	case lo >= hi || t.d == 0 || t.ready != nil:
	case t.signs:
		t.packColumnSigns(lo, hi, block0)
	default:
		packSamples(t.set, c, t.xt[(lo-block0)*t.d:], t.x[lo*t.d:hi*t.d], t.d)
	}
}

// packY packs samples times r (indexed by sample); rows up to the last panel's end are zero.
func (t *sampleTask[T]) packY(group, block0 int, r []T, c *call) {
	lo, hi := t.rangeOf(group, block0)
	if lo >= hi || t.d == 0 {
		return
	}
	t.packScaled(r[lo:hi], lo, hi, block0, c)
}

// packScaled packs samples [lo, hi) times r, indexed from lo.
func (t *sampleTask[T]) packScaled(r []T, lo, hi, block0 int, c *call) {
	if t.signs {
		t.packSigned(r, lo, hi, block0)
		if t.ready == nil {
			t.packRowSigns(lo, hi, block0, t.samples)
		}
		return
	}
	packAccumulate(t.set, c, t.yq, t.x[lo*t.d:hi*t.d], r, t.d, t.samples, lo-block0, t.coords)
	clearRows(t.yq, t.samples, hi-block0, roundUp(hi-block0, t.set.lanes), t.coords)
}

// chunk returns the first particle of a chunk and its number of tiles.
func (t *sampleTask[T]) chunk(index int) (j0, tiles int) {
	j0 = index * chunkRows
	return j0, min(chunkRows, t.padded-j0) / t.set.rows
}

// keep returns where the chunk's part of Z goes: its own place if all chunks are kept, else the worker's scratch.
func (t *sampleTask[T]) keep(j0 int, sc *sampleScratch[T]) []T {
	if t.wantF && t.wantV {
		return t.s[j0*t.panels*t.set.lanes:]
	}
	return sc.s
}

func (t *sampleTask[T]) products(index int, sc *sampleScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	tile := set.rows * set.lanes
	stride, step := t.panels*tile, tile
	if !t.wantV {
		stride, step = tile, 0
	}
	f := t.part[index*t.samples:][:t.samples]
	clear(f)
	c := &sc.call
	if t.signs {
		t.chunkTables(j0, tiles, sc)
	}
	c.d = t.inner
	atOnce := max(1, min(tiles, tileCallLimit/max(t.inner, 1)))
	x, x0 := t.xt, 0
	if t.ready != nil {
		x, x0 = t.ready, t.block0
	}
	for p := range t.panels {
		if t.signs {
			c.x = at(t.columnSigns, (x0+p*set.lanes)*signGroups(t.d))
		} else {
			c.x = at(x, (x0+p*set.lanes)*t.d)
		}
		c.f = at(f, p*set.lanes)
		c.stride = stride
		for first := 0; first < tiles; first += atOnce {
			c.tiles = min(atOnce, tiles-first)
			if t.signs {
				c.w = at(sc.tables, first*set.rows*signGroups(t.d)<<signBits)
			} else {
				c.w = at(t.wp, (j0+first*set.rows)*t.d)
			}
			c.a = at(t.ap, j0+first*set.rows)
			c.s = at(s, first*stride+p*step)
			t.act.apply(set, c, t.wantF, t.wantV, t.signs)
		}
	}
	if used := t.n - t.block0; t.wantV && used < t.panels*set.lanes {
		t.clearTail(s, tiles, stride, used)
	}
}

// clearTail zeroes what padding samples left in the last panel, so that an infinite weight there does not make NaN of 0.
func (t *sampleTask[T]) clearTail(s []T, tiles, stride, used int) {
	lanes := t.set.lanes
	last := (t.panels - 1) * t.set.rows * lanes
	for i := range tiles {
		for r := range t.set.rows {
			row := s[i*stride+last+r*lanes:][:lanes]
			clear(row[used-(t.panels-1)*lanes:])
		}
	}
}

// residual writes f of a group of samples and packs them times y - f.
func (t *sampleTask[T]) residual(group int, sc *sampleScratch[T]) {
	lo, hi := t.rangeOf(group, t.block0)
	if lo >= hi {
		return
	}
	f := t.f[lo:hi]
	for i := range f {
		sum := 0.0
		for c, k := 0, lo-t.block0+i; c < t.chunks; c, k = c+1, k+t.samples {
			sum += float64(t.part[k])
		}
		if math.IsNaN(sum) && t.padded > t.m {
			sum = t.exactSum(lo+i, sum)
		}
		f[i] = T(sum / float64(t.m))
	}
	if !t.wantV {
		return
	}
	r := sc.r[:hi-lo]
	for i := range r {
		r[i] = t.y[lo+i] - f[i]
	}
	if t.d == 0 {
		return
	}
	t.packScaled(r, lo, hi, t.block0, &sc.call)
}

// exactSum repeats the sum of sample i without the padding particles, whose weights 0 make NaN of an infinite coordinate.
func (t *sampleTask[T]) exactSum(i int, sum float64) float64 {
	x := t.x[i*t.d:][:t.d]
	infinite := false
	for _, v := range x {
		if math.IsNaN(float64(v)) {
			return sum
		}
		infinite = infinite || math.IsInf(float64(v), 0)
	}
	if !infinite {
		return sum
	}
	sum = 0
	for j := range t.m {
		v, _, _ := t.sigma.Eval(Dot(x, t.w[j*t.d:][:t.d]))
		sum += float64(float64(t.ap[j]) * v)
	}
	return sum
}

func (t *sampleTask[T]) accumulate(index int, sc *sampleScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	c := &sc.call
	c.tiles, c.stride = tiles, t.panels*set.rows*set.lanes
	at1 := max(1, depth/set.lanes)
	for p := 0; p < t.panels; p += at1 {
		c.panels = min(at1, t.panels-p)
		c.s = at(s, p*set.rows*set.lanes)
		if t.signs {
			t.accumulateSigns(p, j0, c)
			continue
		}
		for _, q := range t.coords {
			c.y = at(t.yq, q.offset*t.samples+p*set.lanes*q.width)
			c.g = at(t.g, q.offset*t.padded+j0*q.width)
			set.accumulate[q.kind](c)
		}
	}
}

// flush adds the chunk's float32 sums to the float64 ones and clears them.
func (t *sampleTask[T]) flush(index int) {
	j0, tiles := t.chunk(index)
	for _, q := range t.coords {
		lo := q.offset*t.padded + j0*q.width
		hi := lo + tiles*t.set.rows*q.width
		wide, g := t.wide[lo:hi], t.g[lo:hi]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish writes the chunk's velocities, times a_j/n.
func (t *sampleTask[T]) finish(index int) {
	j0 := index * chunkRows
	n := 1 / float64(t.n)
	for _, q := range t.coords {
		valid := min(q.width, t.d-q.offset)
		for j := j0; j < min(j0+chunkRows, t.m); j++ {
			dst := t.v[j*t.d+q.offset:][:valid]
			src := q.offset*t.padded + j*q.width
			scale := n * float64(t.ap[j])
			if t.flushes {
				for a, x := range t.wide[src:][:valid] {
					dst[a] = T(scale * x)
				}
				continue
			}
			for a, x := range t.g[src:][:valid] {
				dst[a] = T(scale * float64(x))
			}
		}
	}
}

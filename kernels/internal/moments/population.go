// Package moments sums powers of inner products through monomials, at a cost linear in the number of points: Population
// those of particles with each other (Moment, MomentSum), Samples those of samples with particles
// (MomentForwardVelocity).
package moments

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/split"
)

const (
	momentUnits    = 16      // units of work wanted of a block when tensors are small: row ranges are then summed apart
	momentDepth    = 64      // particles whose monomials are formed at once
	momentBlock    = 2048    // most particles in a block: packed, their lower monomials kept, built into the tensors, then dropped
	momentElements = 1 << 18 // most elements of a block's table of lower monomials
	PanelsAtOnce   = 4       // panels evaluated together, so that a chunk of the tensors is read once for all of them
)

type momentStage uint8

const (
	momentPack momentStage = iota
	momentBuild
	momentFlush
	Spread
	Evaluate
)

// Population builds the tensors block by block of particles, spreads them to all their entries, then evaluates them. A
// unit of work in building is a chunk of monomials over a range of the block's panels; in spreading, a chunk; in
// evaluating, a group of panels over all monomials.
type Population[T abi.Float] struct {
	Set   *abi.Set
	stage momentStage
	W, G  []T
	m, d  int

	momentLayout
	dq      []float64
	ranges  int // row ranges summed apart
	block0  int
	samples int // particles of a full block
	xt, yq  []T
	sums    []T       // ranges x size: what is built
	wide    []float64 // float32: the same over all ranges, summed in float64
	tensor  []T       // rows x width, in coordinate panels: what is evaluated
	table   []T       // the block's tables of monomials, panel by panel
	basis   monomials[T]
	scratch []momentScratch[T]
}

type momentScratch[T abi.Float] struct {
	call   abi.Call
	s      []T // a chunk's monomials
	powers []T // its lower degrees
	xt     []T // momentPanels x panels
	table  []T // and their tables
	g      []T // momentPanels results in coordinate panels
	index  []int
	insert []int
}

// Plan lays the tensors out for the powers in dq, q's derivative, and takes the particles w (m x d).
func (t *Population[T]) Plan(ws split.On, w []T, m, d int, dq []float64) {
	set := ws.Set
	t.Set, t.W, t.m, t.d = set, w, m, d
	t.dq = dq
	most := 0
	for k, c := range dq {
		if c != 0 {
			most = k
		}
	}
	t.basis.plan(set, d, most)
	t.momentLayout.plan(set, d, dq, t.basis.counts)
	step := max(momentDepth, set.Lanes)
	t.samples = max(step, momentElements/max(1, t.basis.rows)/step*step)
	t.samples = min(t.samples, momentBlock, abi.RoundUp(m, step))
	t.table = abi.Grow(t.table, t.samples*t.basis.rows)
	t.ranges = 1
	if len(t.Chunks) > 0 {
		t.ranges = max(1, min(momentUnits/len(t.Chunks), t.samples/step))
	}
	t.xt = abi.Grow(t.xt, t.samples*d)
	t.yq = abi.Grow(t.yq, t.samples*t.yWidth)
	t.sums = abi.Grow(t.sums, t.ranges*t.size)
	clear(t.sums)
	if unsafe.Sizeof(T(0)) == 4 {
		t.wide = abi.Grow(t.wide, t.size)
		clear(t.wide)
	}
	if len(t.scratch) < ws.Workers {
		t.scratch = make([]momentScratch[T], ws.Workers)
	}
	t.tensor = abi.Grow(t.tensor, t.rows*t.width)
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.s = abi.Grow(sc.s, pack.ChunkRows*step)
		sc.powers = abi.Grow(sc.powers, most*pack.ChunkRows*set.Lanes)
		sc.table = abi.Grow(sc.table, PanelsAtOnce*set.Lanes*t.basis.rows)
		sc.xt = abi.Grow(sc.xt, PanelsAtOnce*set.Lanes*d)
		sc.g = abi.Grow(sc.g, PanelsAtOnce*set.Lanes*t.width)
		sc.index, sc.insert = abi.Grow(sc.index, most), abi.Grow(sc.insert, most+1)
	}
}

// Do runs one stage, cut into so many blocks.
func (t *Population[T]) Do(p *pool.Pool, s momentStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// Build fills the first range of the sums with (1/m) sum_i phi(w_i)_f w_i.
func (t *Population[T]) Build(p *pool.Pool) {
	for t.block0, t.stage = 0, momentPack; t.block0 < t.m; t.block0 += t.samples {
		t.Do(p, momentPack, abi.BlocksOf(t.samples, t.Set.Lanes))
		t.Do(p, momentBuild, len(t.Chunks)*t.ranges)
		if t.wide != nil {
			t.Do(p, momentFlush, len(t.Chunks))
		}
	}
	total := t.sums[:t.size]
	scale := 1 / float64(t.m)
	if t.wide != nil {
		for i, x := range t.wide {
			total[i] = T(scale * x)
		}
		return
	}
	for r := 1; r < t.ranges; r++ {
		part := t.sums[r*t.size:][:t.size]
		for i := range total {
			total[i] += part[i]
		}
	}
	for i := range total {
		total[i] *= T(scale)
	}
}

// Block is a unit of work of the present stage.
func (t *Population[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case momentPack:
		t.pack(index, sc)
	case momentBuild:
		t.buildChunk(t.Chunks[index%len(t.Chunks)], index/len(t.Chunks), sc)
	case momentFlush:
		t.flush(t.Chunks[index])
	case Spread:
		t.spread(t.Chunks[index], sc)
	case Evaluate:
		t.evaluate(index, sc)
	}
}

// pack packs one panel of the block's particles for both sides of the product.
func (t *Population[T]) pack(index int, sc *momentScratch[T]) {
	lanes := t.Set.Lanes
	lo := t.block0 + index*lanes
	hi := min(lo+lanes, t.m)
	if lo >= hi {
		return
	}
	w := t.W[lo*t.d : hi*t.d]
	xt := t.xt[index*lanes*t.d:][:lanes*t.d]
	pack.Samples(t.Set, &sc.call, xt, w, t.d)
	t.basis.fillTable(t.Set, &sc.call, t.table[index*lanes*t.basis.rows:], xt)
	for _, q := range t.ys {
		rows := t.yq[q.at*t.samples+index*lanes*q.Width:][:lanes*q.Width]
		pack.CopyColumns(rows, w, t.d, q.Panel)
		clear(rows[(hi-lo)*q.Width:])
	}
}

func (t *Population[T]) buildChunk(ch momentChunk, part int, sc *momentScratch[T]) {
	set := t.Set
	panels := abi.BlocksOf(min(t.samples, t.m-t.block0), set.Lanes)
	atOnce := max(1, momentDepth/set.Lanes)
	groups := abi.BlocksOf(panels, atOnce)
	lo, hi := groups*part/t.ranges*atOnce, min(groups*(part+1)/t.ranges*atOnce, panels)
	tile := set.Rows * set.Lanes
	rows := abi.RoundUp(ch.count, set.Align)
	sums := t.sums[part*t.size:][:t.size]
	c := &sc.call
	for p := lo; p < hi; p += atOnce {
		n := min(atOnce, hi-p)
		stride := n * tile
		for i := range n {
			xt := t.xt[(p+i)*set.Lanes*t.d:][:set.Lanes*t.d]
			table := t.table[(p+i)*set.Lanes*t.basis.rows:]
			t.basis.fill(set, c, ch.degree, ch.rank, ch.rank+ch.count, sc.s[i*tile:], table, xt, sc.powers, stride)
		}
		for f := abi.RoundUp(ch.count, set.Rows); f < rows; f += set.Rows {
			clear(sc.s[f/set.Rows*stride:][:stride])
		}
		c.S, c.Stride, c.Panels, c.Tiles = abi.At(sc.s, 0), stride, n, rows/set.Rows
		for _, q := range t.suffixes[ch.suffix].panels {
			c.Y = abi.At(t.yq, t.ys[q.y].at*t.samples+p*set.Lanes*q.Width)
			c.G = abi.At(sums, ch.at+q.at*pack.ChunkRows)
			set.Accumulate[q.Kind](c)
		}
	}
}

// flush adds a chunk's float32 sums, range by range, to the float64 ones and clears them.
func (t *Population[T]) flush(ch momentChunk) {
	lo, hi := ch.at, ch.at+pack.ChunkRows*t.suffixes[ch.suffix].width
	wide := t.wide[lo:hi]
	for r := range t.ranges {
		part := t.sums[r*t.size:][lo:hi]
		for i, x := range part {
			wide[i] += float64(x)
		}
		clear(part)
	}
}

// evaluate writes g for one group of panels.
func (t *Population[T]) evaluate(index int, sc *momentScratch[T]) {
	set := t.Set
	lo := index * PanelsAtOnce * set.Lanes
	hi := min(lo+PanelsAtOnce*set.Lanes, t.m)
	panels := abi.BlocksOf(hi-lo, set.Lanes)
	tile := set.Rows * set.Lanes
	size := set.Lanes * t.width
	pack.Samples(set, &sc.call, sc.xt, t.W[lo*t.d:hi*t.d], t.d)
	clear(sc.g)
	c := &sc.call
	tableSize := set.Lanes * t.basis.rows
	for p := range panels {
		t.basis.fillTable(set, c, sc.table[p*tableSize:], sc.xt[p*set.Lanes*t.d:])
	}
	for _, ch := range t.Chunks {
		for p := range panels {
			xt := sc.xt[p*set.Lanes*t.d:][:set.Lanes*t.d]
			t.basis.fill(set, c, ch.degree, ch.rank, ch.rank+ch.count, sc.s, sc.table[p*tableSize:], xt, sc.powers, tile)
			c.S, c.Stride, c.Tiles = abi.At(sc.s, 0), tile, abi.BlocksOf(ch.count, set.Rows)
			for _, q := range t.coords {
				c.Y = abi.At(t.tensor, q.Offset*t.rows+ch.row*q.Width)
				c.G = abi.At(sc.g, p*size+q.Offset*set.Lanes)
				set.AccumulateT[q.Kind](c)
			}
		}
	}
	for j := lo; j < hi; j++ {
		p, l := (j-lo)/set.Lanes, (j-lo)%set.Lanes
		for _, q := range t.coords {
			valid := min(q.Width, t.d-q.Offset)
			copy(t.G[j*t.d+q.Offset:][:valid], sc.g[p*size+q.Offset*set.Lanes+l*q.Width:])
		}
	}
}

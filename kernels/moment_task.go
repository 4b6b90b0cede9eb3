package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

type momentStage uint8

const (
	momentPack momentStage = iota
	momentBuild
	momentFlush
	momentSpread
	momentEvaluate
)

// momentTask builds the tensors block by block of particles, spreads them to all their entries, then evaluates them. A unit of work in
// building is a chunk of monomials over a range of the block's panels; in spreading, a chunk; in evaluating, a group of panels over all
// monomials.
type momentTask[T Float] struct {
	set   *kernelSet
	stage momentStage
	w, g  []T
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

type momentScratch[T Float] struct {
	call   call
	s      []T // a chunk's monomials
	powers []T // its lower degrees
	xt     []T // momentPanels x panels
	table  []T // and their tables
	g      []T // momentPanels results in coordinate panels
	index  []int
	insert []int
}

func (t *momentTask[T]) plan(ws *Workspace[T], w []T, m, d int, dq []float64) {
	set := ws.set
	t.set, t.w, t.m, t.d = set, w, m, d
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
	if len(t.chunks) > 0 {
		t.ranges = max(1, min(momentUnits/len(t.chunks), t.samples/step))
	}
	t.xt = abi.Grow(t.xt, t.samples*d)
	t.yq = abi.Grow(t.yq, t.samples*t.yWidth)
	t.sums = abi.Grow(t.sums, t.ranges*t.size)
	clear(t.sums)
	if unsafe.Sizeof(T(0)) == 4 {
		t.wide = abi.Grow(t.wide, t.size)
		clear(t.wide)
	}
	if len(t.scratch) < ws.workers {
		t.scratch = make([]momentScratch[T], ws.workers)
	}
	t.tensor = abi.Grow(t.tensor, t.rows*t.width)
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.s = abi.Grow(sc.s, chunkRows*step)
		sc.powers = abi.Grow(sc.powers, most*chunkRows*set.Lanes)
		sc.table = abi.Grow(sc.table, momentPanels*set.Lanes*t.basis.rows)
		sc.xt = abi.Grow(sc.xt, momentPanels*set.Lanes*d)
		sc.g = abi.Grow(sc.g, momentPanels*set.Lanes*t.width)
		sc.index, sc.insert = abi.Grow(sc.index, most), abi.Grow(sc.insert, most+1)
	}
}

func (t *momentTask[T]) do(p *pool.Pool, s momentStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// build fills the first range of the sums with (1/m) sum_i phi(w_i)_f w_i.
func (t *momentTask[T]) build(p *pool.Pool) {
	for t.block0, t.stage = 0, momentPack; t.block0 < t.m; t.block0 += t.samples {
		t.do(p, momentPack, abi.BlocksOf(t.samples, t.set.Lanes))
		t.do(p, momentBuild, len(t.chunks)*t.ranges)
		if t.wide != nil {
			t.do(p, momentFlush, len(t.chunks))
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

func (t *momentTask[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case momentPack:
		t.pack(index, sc)
	case momentBuild:
		t.buildChunk(t.chunks[index%len(t.chunks)], index/len(t.chunks), sc)
	case momentFlush:
		t.flush(t.chunks[index])
	case momentSpread:
		t.spread(t.chunks[index], sc)
	case momentEvaluate:
		t.evaluate(index, sc)
	}
}

// pack packs one panel of the block's particles for both sides of the product.
func (t *momentTask[T]) pack(index int, sc *momentScratch[T]) {
	lanes := t.set.Lanes
	lo := t.block0 + index*lanes
	hi := min(lo+lanes, t.m)
	if lo >= hi {
		return
	}
	w := t.w[lo*t.d : hi*t.d]
	xt := t.xt[index*lanes*t.d:][:lanes*t.d]
	packSamples(t.set, &sc.call, xt, w, t.d)
	t.basis.fillTable(t.set, &sc.call, t.table[index*lanes*t.basis.rows:], xt)
	for _, q := range t.ys {
		rows := t.yq[q.at*t.samples+index*lanes*q.width:][:lanes*q.width]
		copyColumns(rows, w, t.d, q.coordinatePanel)
		clear(rows[(hi-lo)*q.width:])
	}
}

func (t *momentTask[T]) buildChunk(ch momentChunk, part int, sc *momentScratch[T]) {
	set := t.set
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
			c.Y = abi.At(t.yq, t.ys[q.y].at*t.samples+p*set.Lanes*q.width)
			c.G = abi.At(sums, ch.at+q.at*chunkRows)
			set.Accumulate[q.kind](c)
		}
	}
}

// flush adds a chunk's float32 sums, range by range, to the float64 ones and clears them.
func (t *momentTask[T]) flush(ch momentChunk) {
	lo, hi := ch.at, ch.at+chunkRows*t.suffixes[ch.suffix].width
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
func (t *momentTask[T]) evaluate(index int, sc *momentScratch[T]) {
	set := t.set
	lo := index * momentPanels * set.Lanes
	hi := min(lo+momentPanels*set.Lanes, t.m)
	panels := abi.BlocksOf(hi-lo, set.Lanes)
	tile := set.Rows * set.Lanes
	size := set.Lanes * t.width
	packSamples(set, &sc.call, sc.xt, t.w[lo*t.d:hi*t.d], t.d)
	clear(sc.g)
	c := &sc.call
	tableSize := set.Lanes * t.basis.rows
	for p := range panels {
		t.basis.fillTable(set, c, sc.table[p*tableSize:], sc.xt[p*set.Lanes*t.d:])
	}
	for _, ch := range t.chunks {
		for p := range panels {
			xt := sc.xt[p*set.Lanes*t.d:][:set.Lanes*t.d]
			t.basis.fill(set, c, ch.degree, ch.rank, ch.rank+ch.count, sc.s, sc.table[p*tableSize:], xt, sc.powers, tile)
			c.S, c.Stride, c.Tiles = abi.At(sc.s, 0), tile, abi.BlocksOf(ch.count, set.Rows)
			for _, q := range t.coords {
				c.Y = abi.At(t.tensor, q.offset*t.rows+ch.row*q.width)
				c.G = abi.At(sc.g, p*size+q.offset*set.Lanes)
				set.AccumulateT[q.kind](c)
			}
		}
	}
	for j := lo; j < hi; j++ {
		p, l := (j-lo)/set.Lanes, (j-lo)%set.Lanes
		for _, q := range t.coords {
			valid := min(q.width, t.d-q.offset)
			copy(t.g[j*t.d+q.offset:][:valid], sc.g[p*size+q.offset*set.Lanes+l*q.width:])
		}
	}
}

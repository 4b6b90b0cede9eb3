package kernels

import "unsafe"

type momentStage uint8

const (
	momentPack momentStage = iota
	momentBuild
	momentFlush
	momentEvaluate
)

// momentPart is the tensor of one degree: its monomials are rows first.. of the common array, chunk by chunk.
type momentPart struct{ degree, monomials, first int }

// momentChunk is a run of at most chunkRows monomials of one part, whose rows start at a multiple of chunkRows.
type momentChunk struct {
	degree, rank, count int
	row                 int
}

// momentTask builds the tensors block by block of particles, then evaluates them. A unit of work in building is a chunk of
// monomials over a range of the block's panels; in evaluating, a group of panels over all monomials.
type momentTask[T Float] struct {
	set   *kernelSet
	stage momentStage
	w, g  []T
	m, d  int

	parts   []momentPart
	chunks  []momentChunk
	rows    int // of the tensors, padded
	coords  []coordinatePanel
	width   int
	ranges  int // row ranges summed apart
	block0  int
	samples int // particles of a full block
	xt, yq  []T
	tensor  []T       // ranges x rows x width, in coordinate panels
	wide    []float64 // float32: the same, summed in float64
	table   []T       // the block's tables of monomials, panel by panel
	basis   monomials[T]
	index   []int
	row     []T
	scratch []momentScratch[T]
}

type momentScratch[T Float] struct {
	call   call
	s      []T // a chunk's monomials
	powers []T // its lower degrees
	xt     []T // momentPanels x panels
	table  []T // and their tables
	g      []T // momentPanels results in coordinate panels
}

func (t *momentTask[T]) plan(ws *Workspace[T], w []T, m, d int, dq []float64) {
	set := ws.set
	t.set, t.w, t.m, t.d = set, w, m, d
	t.coords = coordinatePanels(set, d, t.coords)
	t.width = panelsWidth(t.coords)
	t.parts, t.chunks, t.rows = t.parts[:0], t.chunks[:0], 0
	for k, c := range dq {
		if c == 0 {
			continue
		}
		p := momentPart{k, int(monomialCount(d, k)), t.rows}
		t.parts = append(t.parts, p)
		for f := 0; f < p.monomials; f += chunkRows {
			t.chunks = append(t.chunks, momentChunk{k, f, min(chunkRows, p.monomials-f), t.rows})
			t.rows += chunkRows
		}
	}
	step := max(momentDepth, set.lanes)
	most := 0
	for _, p := range t.parts {
		most = max(most, p.degree)
	}
	t.basis.plan(set, d, most)
	t.index = grow(t.index, most)
	t.samples = max(step, momentElements/max(1, t.basis.rows)/step*step)
	t.samples = min(t.samples, momentBlock, roundUp(m, step))
	t.table = grow(t.table, t.samples*t.basis.rows)
	t.ranges = 1
	if len(t.chunks) > 0 {
		t.ranges = max(1, min(momentSpread/len(t.chunks), t.samples/step))
	}
	t.xt = grow(t.xt, t.samples*d)
	t.yq = grow(t.yq, t.samples*t.width)
	t.tensor = grow(t.tensor, t.ranges*t.rows*t.width)
	clear(t.tensor)
	t.wide = t.wide[:0]
	if unsafe.Sizeof(T(0)) == 4 {
		t.wide = grow(t.wide, t.rows*t.width)
		clear(t.wide)
	} else {
		t.wide = nil
	}
	t.row = grow(t.row, t.width)
	if len(t.scratch) < ws.workers {
		t.scratch = make([]momentScratch[T], ws.workers)
	}
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.s = grow(sc.s, chunkRows*step)
		sc.powers = grow(sc.powers, most*chunkRows*set.lanes)
		sc.table = grow(sc.table, momentPanels*set.lanes*t.basis.rows)
		sc.xt = grow(sc.xt, momentPanels*set.lanes*d)
		sc.g = grow(sc.g, momentPanels*set.lanes*t.width)
	}
}

func (t *momentTask[T]) do(p *pool, s momentStage, blocks int) {
	t.stage = s
	p.run(blocks, t)
}

// build fills the tensors with (1/m) sum_i phi(w_i)_f w_i.
func (t *momentTask[T]) build(p *pool) {
	for t.block0, t.stage = 0, momentPack; t.block0 < t.m; t.block0 += t.samples {
		t.do(p, momentPack, blocksOf(t.samples, t.set.lanes))
		t.do(p, momentBuild, len(t.chunks)*t.ranges)
		if t.wide != nil {
			t.do(p, momentFlush, len(t.chunks))
		}
	}
	size := t.rows * t.width
	total := t.tensor[:size]
	scale := 1 / float64(t.m)
	if t.wide != nil {
		for i, x := range t.wide {
			total[i] = T(scale * x)
		}
		return
	}
	for r := 1; r < t.ranges; r++ {
		part := t.tensor[r*size:][:size]
		for i := range total {
			total[i] += part[i]
		}
	}
	for i := range total {
		total[i] *= T(scale)
	}
}

func (t *momentTask[T]) block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case momentPack:
		t.pack(index, sc)
	case momentBuild:
		t.buildChunk(t.chunks[index%len(t.chunks)], index/len(t.chunks), sc)
	case momentFlush:
		t.flush(t.chunks[index])
	case momentEvaluate:
		t.evaluate(index, sc)
	}
}

// pack packs one panel of the block's particles for both sides of the product.
func (t *momentTask[T]) pack(index int, sc *momentScratch[T]) {
	lanes := t.set.lanes
	lo := t.block0 + index*lanes
	hi := min(lo+lanes, t.m)
	if lo >= hi {
		return
	}
	w := t.w[lo*t.d : hi*t.d]
	xt := t.xt[index*lanes*t.d:][:lanes*t.d]
	packSamples(t.set, &sc.call, xt, w, t.d)
	t.basis.fillTable(t.set, &sc.call, t.table[index*lanes*t.basis.rows:], xt)
	packAccumulate(t.set, &sc.call, t.yq, w, nil, t.d, t.samples, index*lanes, t.coords)
	clearRows(t.yq, t.samples, hi-t.block0, (index+1)*lanes, t.coords)
}

func (t *momentTask[T]) buildChunk(ch momentChunk, part int, sc *momentScratch[T]) {
	set := t.set
	panels := blocksOf(min(t.samples, t.m-t.block0), set.lanes)
	atOnce := max(1, momentDepth/set.lanes)
	groups := blocksOf(panels, atOnce)
	lo, hi := groups*part/t.ranges*atOnce, min(groups*(part+1)/t.ranges*atOnce, panels)
	tile := set.rows * set.lanes
	rows := roundUp(ch.count, set.align)
	tensor := t.tensor[part*t.rows*t.width:][:t.rows*t.width]
	c := &sc.call
	for p := lo; p < hi; p += atOnce {
		n := min(atOnce, hi-p)
		stride := n * tile
		for i := range n {
			xt := t.xt[(p+i)*set.lanes*t.d:][:set.lanes*t.d]
			table := t.table[(p+i)*set.lanes*t.basis.rows:]
			t.basis.fill(set, c, ch.degree, ch.rank, ch.rank+ch.count, sc.s[i*tile:], table, xt, sc.powers, stride)
		}
		for f := roundUp(ch.count, set.rows); f < rows; f += set.rows {
			clear(sc.s[f/set.rows*stride:][:stride])
		}
		c.s, c.stride, c.panels, c.tiles = at(sc.s, 0), stride, n, rows/set.rows
		for _, q := range t.coords {
			c.y = at(t.yq, q.offset*t.samples+p*set.lanes*q.width)
			c.g = at(tensor, q.offset*t.rows+ch.row*q.width)
			set.accumulate[q.kind](c)
		}
	}
}

// flush adds a chunk's float32 sums, range by range, to the float64 ones and clears them.
func (t *momentTask[T]) flush(ch momentChunk) {
	for r := range t.ranges {
		for _, q := range t.coords {
			lo := q.offset*t.rows + ch.row*q.width
			hi := lo + chunkRows*q.width
			part, wide := t.tensor[r*t.rows*t.width:][lo:hi], t.wide[lo:hi]
			for i, x := range part {
				wide[i] += float64(x)
			}
			clear(part)
		}
	}
}

// evaluate writes g for one group of panels.
func (t *momentTask[T]) evaluate(index int, sc *momentScratch[T]) {
	set := t.set
	lo := index * momentPanels * set.lanes
	hi := min(lo+momentPanels*set.lanes, t.m)
	panels := blocksOf(hi-lo, set.lanes)
	tile := set.rows * set.lanes
	size := set.lanes * t.width
	packSamples(set, &sc.call, sc.xt, t.w[lo*t.d:hi*t.d], t.d)
	clear(sc.g)
	c := &sc.call
	tableSize := set.lanes * t.basis.rows
	for p := range panels {
		t.basis.fillTable(set, c, sc.table[p*tableSize:], sc.xt[p*set.lanes*t.d:])
	}
	for _, ch := range t.chunks {
		for p := range panels {
			xt := sc.xt[p*set.lanes*t.d:][:set.lanes*t.d]
			t.basis.fill(set, c, ch.degree, ch.rank, ch.rank+ch.count, sc.s, sc.table[p*tableSize:], xt, sc.powers, tile)
			c.s, c.stride, c.tiles = at(sc.s, 0), tile, blocksOf(ch.count, set.rows)
			for _, q := range t.coords {
				c.y = at(t.tensor, q.offset*t.rows+ch.row*q.width)
				c.g = at(sc.g, p*size+q.offset*set.lanes)
				set.accumulateT[q.kind](c)
			}
		}
	}
	for j := lo; j < hi; j++ {
		p, l := (j-lo)/set.lanes, (j-lo)%set.lanes
		for _, q := range t.coords {
			valid := min(q.width, t.d-q.offset)
			copy(t.g[j*t.d+q.offset:][:valid], sc.g[p*size+q.offset*set.lanes+l*q.width:])
		}
	}
}

// weigh multiplies each tensor row by its coefficient in q' times its multinomial coefficient.
func (t *momentTask[T]) weigh(dq []float64) {
	for _, p := range t.parts {
		index := t.index[:p.degree]
		clear(index)
		for i := range p.monomials {
			c := T(dq[p.degree] * multinomial(index))
			for _, q := range t.coords {
				row := t.tensor[q.offset*t.rows+(p.first+i)*q.width:][:q.width]
				for a := range row {
					row[a] *= c
				}
			}
			next(index)
		}
	}
}

// squared returns sum_f c_f |T_f|^2.
func (t *momentTask[T]) squared(p momentPart) float64 {
	var tree pairwiseTree
	index := t.index[:p.degree]
	clear(index)
	for i := range p.monomials {
		for _, q := range t.coords {
			copy(t.row[q.offset:], t.tensor[q.offset*t.rows+(p.first+i)*q.width:][:q.width])
		}
		tree.push(multinomial(index) * Dot(t.row, t.row))
		next(index)
	}
	return tree.total()
}

package kernels

import "math"

const (
	momentRows   = 64      // rows whose monomials are formed at once
	momentChunk  = 256     // monomials per unit of work and per tile: 64 x 256 float64 is 128 KB
	momentParts  = 16      // most row ranges whose tensors are summed apart, to keep workers busy when tensors are small
	momentLimit  = 1 << 26 // most elements of the moment tensors
	momentSpread = 1 << 20 // most elements that splitting into row ranges may bring the tensors to
)

// Moment writes the same velocity as Pairwise, g_j = (1/m) sum_i q'(<w_j, w_i>) w_i, at a cost linear in m. The dual must be a
// polynomial for which MomentFlops is finite; g and w are m x d and must not overlap.
//
// Each power of the inner product factors through monomials: with phi_K(w) the C(d+K-1, K) monomials of degree K and
// weights c_f = multinomial coefficients,
//
//	<w, w'>^K = sum_f c_f phi_K(w)_f phi_K(w')_f
//	T_f = (1/m) sum_i phi_K(w_i)_f w_i             built first: one matrix product, C(d+K-1, K) x d
//	g_j = sum_K (K+1) q_{K+1} sum_f c_f phi_K(w_j)_f T_f    then one more
//
// This split of the degree (K against 1) needs the fewest flops of all, C(d+K-1, K) d being least at the ends. Memory is T
// and, per worker, monomials of 64 rows; never m times the number of monomials.
//
// The error is that of Pairwise plus about K eps per term; the two agree to 1e-12 relative in float64.
func Moment[T Float](g, w []T, m, d int, q Dual, ws *Workspace[T]) {
	checkPair("Moment", g, w, m, d)
	if math.IsInf(MomentFlops(m, d, q), 1) {
		panic("kernels: Moment: the dual is not a polynomial, or its tensors would be too large (see MomentFlops)")
	}
	if m == 0 || d == 0 {
		return
	}
	t := &ws.moment
	t.prepare(w, m, d, q.d, ws)
	t.build(ws)
	t.weigh(q.d)
	t.g, t.evaluating = g, true
	ws.pool.run(blocksOf(m, momentRows), t)
	t.g, t.w, t.evaluating = nil, nil, false
}

// MomentSum returns (1/m^2) sum_ij q(<w_i, w_j>) like PairwiseSum, in float64 whatever T, at a cost linear in m: the part of
// degree K+1 is sum_f c_f |T_f|^2 with the tensors of Moment. For m = 0 it returns 0.
func MomentSum[T Float](w []T, m, d int, q Dual, ws *Workspace[T]) float64 {
	checkShape("MomentSum", m, d)
	checkLen("MomentSum", "w", len(w), m*d)
	if math.IsInf(MomentFlops(m, d, q), 1) {
		panic("kernels: MomentSum: the dual is not a polynomial, or its tensors would be too large (see MomentFlops)")
	}
	if m == 0 || len(q.q) == 0 {
		return 0
	}
	if d == 0 {
		return q.q[0]
	}
	wide, ws64 := ws.widen(w)
	t := &ws64.moment
	t.prepare(wide, m, d, q.d, ws64)
	t.build(ws64)
	sum := q.q[0]
	for _, p := range t.parts {
		sum += q.q[p.degree+1] * t.squared(p)
	}
	t.w = nil
	return sum
}

// MomentFlops returns the nominal cost of Moment, sum over the degrees K of q' of 2 m C(d+K-1, K) (2 d + 1), or +Inf where the
// form does not apply: the dual is not a polynomial, or the tensors would have more than 2^26 elements.
func MomentFlops(m, d int, q Dual) float64 {
	if q.kind != dualPolynomial {
		return math.Inf(1)
	}
	flops, size := 0.0, 0.0
	for k, c := range q.d {
		if c == 0 {
			continue
		}
		n := monomialCount(d, k)
		size += n * float64(d)
		flops += 2 * float64(m) * n * float64(2*d+1)
	}
	if size > momentLimit {
		return math.Inf(1)
	}
	return flops
}

// momentPart is the tensor of one degree: monomials x d, row-major, at offset of the common array.
type momentPart struct {
	degree, monomials, offset int
}

// momentTask builds the tensors, then evaluates them.
type momentTask[T Float] struct {
	evaluating bool
	w, g       []T
	m, d       int
	parts      []momentPart
	chunks     []momentChunkOf
	ranges     int // row ranges summed apart
	size       int // elements of all tensors
	tensor     []T // ranges x size
	scratch    []momentScratch[T]
	walk       monomials[T]
}

// momentChunkOf is a run of monomials of one part.
type momentChunkOf struct {
	part  momentPart
	first int
	count int
}

type momentScratch[T Float] struct {
	walk monomials[T]
	wt   []T // d x momentRows, a block of rows transposed
	tile []T // momentChunk x momentRows
}

func (t *momentTask[T]) prepare(w []T, m, d int, dq []float64, ws *Workspace[T]) {
	t.w, t.m, t.d = w, m, d
	t.parts, t.chunks, t.size = t.parts[:0], t.chunks[:0], 0
	for k, c := range dq {
		if c == 0 {
			continue
		}
		p := momentPart{degree: k, monomials: int(monomialCount(d, k)), offset: t.size}
		t.parts = append(t.parts, p)
		t.size += p.monomials * d
		for f := 0; f < p.monomials; f += momentChunk {
			t.chunks = append(t.chunks, momentChunkOf{p, f, min(momentChunk, p.monomials-f)})
		}
	}
	t.ranges = 1
	for t.ranges < momentParts && 2*t.ranges*t.size <= momentSpread && t.ranges*4*momentRows < m {
		t.ranges *= 2
	}
	t.tensor = grow(t.tensor, t.ranges*t.size)
	clear(t.tensor)
	if len(t.scratch) < ws.workers {
		t.scratch = make([]momentScratch[T], ws.workers)
	}
	for i := range t.scratch {
		t.scratch[i].wt = grow(t.scratch[i].wt, d*momentRows)
		t.scratch[i].tile = grow(t.scratch[i].tile, momentChunk*momentRows)
	}
}

// build fills the tensors with (1/m) sum_i phi(w_i)_f w_i.
func (t *momentTask[T]) build(ws *Workspace[T]) {
	ws.pool.run(len(t.chunks)*t.ranges, t)
	total := t.tensor[:t.size]
	for r := 1; r < t.ranges; r++ {
		part := t.tensor[r*t.size:][:t.size]
		for i := range total {
			total[i] += part[i]
		}
	}
	scale := 1 / T(t.m)
	for i := range total {
		total[i] *= scale
	}
}

// weigh multiplies each tensor row by its coefficient in q' times its multinomial coefficient.
func (t *momentTask[T]) weigh(dq []float64) {
	for _, p := range t.parts {
		t.walk.seek(t.d, p.degree, 0, 0)
		for i := range p.monomials {
			c := T(dq[p.degree] * multinomial(t.walk.index))
			row := t.tensor[p.offset+i*t.d:][:t.d]
			for a := range row {
				row[a] *= c
			}
			t.walk.next()
		}
	}
}

// squared returns sum_f c_f |T_f|^2.
func (t *momentTask[T]) squared(p momentPart) float64 {
	var tree pairwiseTree
	t.walk.seek(t.d, p.degree, 0, 0)
	for i := range p.monomials {
		row := t.tensor[p.offset+i*t.d:][:t.d]
		tree.push(multinomial(t.walk.index) * Dot(row, row))
		t.walk.next()
	}
	return tree.total()
}

func (t *momentTask[T]) block(index, worker int) {
	s := &t.scratch[worker]
	if t.evaluating {
		t.evaluate(index, s)
		return
	}
	c, r := t.chunks[index%len(t.chunks)], index/len(t.chunks)
	blocks := blocksOf(t.m, momentRows)
	lo, hi := blocks*r/t.ranges, blocks*(r+1)/t.ranges
	out := t.tensor[r*t.size+c.part.offset+c.first*t.d:][:c.count*t.d]
	for b := lo; b < hi; b++ {
		w := t.rowsOf(b)
		t.monomialsOf(c, w, s)
		rows := len(w) / t.d
		for f := range c.count {
			addRows(out[f*t.d:][:t.d], w, s.tile[f*momentRows:][:rows])
		}
	}
}

// evaluate writes g for one block of rows.
func (t *momentTask[T]) evaluate(index int, s *momentScratch[T]) {
	w := t.rowsOf(index)
	rows := len(w) / t.d
	g := t.g[index*momentRows*t.d:][:len(w)]
	clear(g)
	for _, c := range t.chunks {
		t.monomialsOf(c, w, s)
		tensor := t.tensor[c.part.offset+c.first*t.d:][:c.count*t.d]
		for i := range rows {
			addStrided(g[i*t.d:][:t.d], tensor, s.tile[i:], momentRows)
		}
	}
}

func (t *momentTask[T]) rowsOf(block int) []T {
	lo := block * momentRows
	return t.w[lo*t.d : min(t.m, lo+momentRows)*t.d]
}

// monomialsOf fills the tile with the chunk's monomials of the rows w; the columns behind the rows hold monomials of 0.
func (t *momentTask[T]) monomialsOf(c momentChunkOf, w []T, s *momentScratch[T]) {
	rows := len(w) / t.d
	for a := range t.d {
		col := s.wt[a*momentRows:][:momentRows]
		for i := range rows {
			col[i] = w[i*t.d+a]
		}
		clear(col[rows:])
	}
	s.walk.seek(t.d, c.part.degree, momentRows, c.first)
	s.walk.load(s.wt)
	s.walk.fill(s.tile, s.wt, c.count)
}

// addStrided is addRows with coefficients that are stride apart: out += sum_i c[i*stride] w_i.
func addStrided[T Float](out, w, c []T, stride int) {
	d := len(out)
	n := len(w) / d
	i := 0
	for ; i+4 <= n; i += 4 {
		c0, c1, c2, c3 := c[i*stride], c[(i+1)*stride], c[(i+2)*stride], c[(i+3)*stride]
		r := w[i*d : (i+4)*d]
		w0, w1, w2, w3 := r[:d], r[d:][:d], r[2*d:][:d], r[3*d:][:d]
		for a := range out {
			out[a] += (T(c0*w0[a]) + T(c1*w1[a])) + (T(c2*w2[a]) + T(c3*w3[a]))
		}
	}
	for ; i < n; i++ {
		r := w[i*d : (i+1)*d]
		for a := range out {
			out[a] += T(c[i*stride] * r[a])
		}
	}
}

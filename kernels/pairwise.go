package kernels

// Block sizes of the pairwise form: a block of outputs against a chunk of sources, so that the tile of inner products
// (16 KB) and the chunk of sources stay in the first two cache levels.
const (
	pairRows  = 32
	pairChunk = 64
)

// Pairwise writes the population velocity g_j = (1/m) sum_i q'(<w_j, w_i>) w_i for all m particles; g and w are m x d and
// must not overlap. It costs PairwiseFlops = 4 m^2 d plus m^2 evaluations of q' and keeps no m x m array.
//
//	for j := range m {
//		for i := range m {
//			s := 0
//			for a := range d { s += w[j*d+a] * w[i*d+a] }
//			for a := range d { g[j*d+a] += q'(s) * w[i*d+a] / m }
//		}
//	}
//
// The error of a component is at most about (d + m/64 + 64) eps (1/m) sum_i (|q'| + |q”|) for unit rows, eps that of T.
func Pairwise[T Float](g, w []T, m, d int, q Dual, ws *Workspace[T]) {
	checkPair("Pairwise", g, w, m, d)
	t := &ws.pair
	t.prepare(w, m, d, q, q.d, ws.workers)
	t.g, t.velocity = g, true
	ws.pool.run(blocksOf(m, pairRows), t)
	t.g, t.w, t.velocity = nil, nil, false
}

// PairwiseSum returns (1/m^2) sum_ij q(<w_i, w_j>), the squared norm of the network's output, in float64 whatever T. It
// visits each pair once: m^2 d flops and m^2/2 evaluations of q. For m = 0 it returns 0.
func PairwiseSum[T Float](w []T, m, d int, q Dual, ws *Workspace[T]) float64 {
	checkShape("PairwiseSum", m, d)
	checkLen("PairwiseSum", "w", len(w), m*d)
	if m == 0 {
		return 0
	}
	wide, ws64 := ws.widen(w)
	t := &ws64.pair
	t.prepare(wide, m, d, q, q.q, ws64.workers)
	blocks := blocksOf(m, pairRows)
	t.sums = grow(t.sums, blocks)
	ws64.pool.run(blocks, t)
	t.w = nil
	return Sum(t.sums[:blocks]) / float64(m) / float64(m)
}

// PairwiseFlops returns the nominal cost of Pairwise: 4 m^2 d + m^2 (evaluation of q').
func PairwiseFlops(m, d int, q Dual) float64 {
	n := float64(m)
	return n * n * (4*float64(d) + q.flops())
}

func checkPair[T Float](op string, g, w []T, m, d int) {
	checkShape(op, m, d)
	checkLen(op, "g", len(g), m*d)
	checkLen(op, "w", len(w), m*d)
	checkApart(op, "g", "w", g, w)
}

// pairTask does the velocity or the sum.
type pairTask[T Float] struct {
	w, g     []T
	velocity bool
	m, d     int
	q        Dual
	poly     oddEven[T] // q' for the velocity, q for the sum
	tile     []T        // pairRows x pairChunk per worker
	sums     []float64  // one per block
}

func (t *pairTask[T]) prepare(w []T, m, d int, q Dual, poly []float64, workers int) {
	t.w, t.m, t.d, t.q = w, m, d, q
	if q.kind == dualPolynomial {
		t.poly.set(poly)
	}
	t.tile = grow(t.tile, workers*pairRows*pairChunk)
}

func (t *pairTask[T]) block(index, worker int) {
	j0 := index * pairRows
	j1 := min(t.m, j0+pairRows)
	tile := t.tile[worker*pairRows*pairChunk:][:pairRows*pairChunk]
	if !t.velocity {
		t.sums[index] = t.blockSum(j0, j1, tile)
		return
	}
	out := t.g[j0*t.d : j1*t.d]
	clear(out)
	for i0 := 0; i0 < t.m; i0 += pairChunk {
		i1 := min(t.m, i0+pairChunk)
		t.inner(tile, j0, j1, i0, i1)
		t.apply(tile[:(j1-j0)*pairChunk])
		for j := j0; j < j1; j++ {
			addRows(out[(j-j0)*t.d:][:t.d], t.w[i0*t.d:i1*t.d], tile[(j-j0)*pairChunk:][:i1-i0])
		}
	}
	scale := 1 / T(t.m)
	for i := range out {
		out[i] *= scale
	}
}

// blockSum adds q over the pairs (j, i) with j in [j0, j1) and i >= j0, those with i >= j1 twice.
func (t *pairTask[T]) blockSum(j0, j1 int, tile []T) float64 {
	var tree pairwiseTree
	for i0 := j0; i0 < t.m; {
		i1, weight := min(t.m, i0+pairChunk), 2.0
		if i0 == j0 {
			i1, weight = j1, 1
		}
		t.inner(tile, j0, j1, i0, i1)
		t.apply(tile[:(j1-j0)*pairChunk])
		for j := range j1 - j0 {
			tree.push(weight * Sum(tile[j*pairChunk:][:i1-i0]))
		}
		i0 = i1
	}
	return tree.total()
}

// inner fills tile[j-j0][i-i0] with <w_j, w_i>; the rest of the tile is set to 0.
func (t *pairTask[T]) inner(tile []T, j0, j1, i0, i1 int) {
	d := t.d
	for j := j0; j < j1; j++ {
		row := tile[(j-j0)*pairChunk:][:pairChunk]
		wj := t.w[j*d : (j+1)*d]
		i := i0
		for ; i+2 <= i1; i += 2 {
			row[i-i0], row[i-i0+1] = dot2(wj, t.w[i*d:(i+2)*d])
		}
		if i < i1 {
			row[i-i0] = dot1(wj, t.w[i*d:(i+1)*d])
			i++
		}
		clear(row[i-i0:])
	}
}

func (t *pairTask[T]) apply(z []T) {
	if t.q.kind == dualPolynomial {
		t.poly.apply(z)
		return
	}
	for i, s := range z {
		v, dv, _ := t.q.Eval(float64(s))
		if t.velocity {
			v = dv
		}
		z[i] = T(v)
	}
}

// dot2 returns the inner products of x with the two rows of y, each over two interleaved accumulators.
func dot2[T Float](x, y []T) (T, T) {
	n := len(x)
	y0, y1 := y[:n], y[n:][:n]
	var s00, s01, s10, s11 T
	a := 0
	for ; a+2 <= n; a += 2 {
		u, v := x[a], x[a+1]
		s00 += T(u * y0[a])
		s10 += T(u * y1[a])
		s01 += T(v * y0[a+1])
		s11 += T(v * y1[a+1])
	}
	if a < n {
		s00 += T(x[a] * y0[a])
		s10 += T(x[a] * y1[a])
	}
	return s00 + s01, s10 + s11
}

// dot1 is dot2 for a single row: the same order of additions.
func dot1[T Float](x, y []T) T {
	var s0, s1 T
	a := 0
	for ; a+2 <= len(x); a += 2 {
		s0 += T(x[a] * y[a])
		s1 += T(x[a+1] * y[a+1])
	}
	if a < len(x) {
		s0 += T(x[a] * y[a])
	}
	return s0 + s1
}

// addRows adds to out the rows of w times c: out += sum_i c[i] w_i, four rows at a time.
func addRows[T Float](out, w, c []T) {
	d := len(out)
	i := 0
	for ; i+4 <= len(c); i += 4 {
		c0, c1, c2, c3 := c[i], c[i+1], c[i+2], c[i+3]
		r := w[i*d : (i+4)*d]
		w0, w1, w2, w3 := r[:d], r[d:][:d], r[2*d:][:d], r[3*d:][:d]
		for a := range out {
			out[a] += (T(c0*w0[a]) + T(c1*w1[a])) + (T(c2*w2[a]) + T(c3*w3[a]))
		}
	}
	for ; i < len(c); i++ {
		r := w[i*d : (i+1)*d]
		for a := range out {
			out[a] += T(c[i] * r[a])
		}
	}
}

package kernels

import "math"

// rowsPerBlock rows make one unit of work of the row-wise operations.
const rowsPerBlock = 256

// NormalizeRows divides each row of w (m x d) by its Euclidean norm: w_j <- w_j / |w_j|. 3 m d flops.
//
//	for j := range m {
//		s := 0.0
//		for a := range d { s += w[j*d+a] * w[j*d+a] }
//		for a := range d { w[j*d+a] /= sqrt(s) }
//	}
//
// Sums are in float64 over the tree of Sum. A zero row becomes NaN, as does a row with NaN. A row whose squares overflow or
// underflow is scaled by its largest element first, so any finite row with a non-zero element ends with norm 1 to within about 4 eps.
func NormalizeRows[T Float](w []T, m, d int, ws *Workspace[T]) {
	checkShape("NormalizeRows", m, d)
	checkLen("NormalizeRows", "w", len(w), m*d)
	ws.rows = rowsTask[T]{w: w, m: m, d: d}
	ws.pool.run(blocksOf(m, rowsPerBlock), &ws.rows)
	ws.rows = rowsTask[T]{}
}

// ProjectTangent removes from each row of v (m x d) its component along the same row of w, which must have unit norm:
// v_j <- v_j - <v_j, w_j> w_j. The inner product is in float64 over the tree of Sum. 4 m d flops. v and w must not overlap.
func ProjectTangent[T Float](v, w []T, m, d int, ws *Workspace[T]) {
	checkShape("ProjectTangent", m, d)
	checkLen("ProjectTangent", "v", len(v), m*d)
	checkLen("ProjectTangent", "w", len(w), m*d)
	checkApart("ProjectTangent", "v", "w", v, w)
	ws.rows = rowsTask[T]{w: w, v: v, m: m, d: d}
	ws.pool.run(blocksOf(m, rowsPerBlock), &ws.rows)
	ws.rows = rowsTask[T]{}
}

func blocksOf(n, size int) int { return (n + size - 1) / size }

// rowsTask projects v if it is there, else normalises w.
type rowsTask[T Float] struct {
	w, v []T
	m, d int
}

func (t *rowsTask[T]) block(index, _ int) {
	if t.d == 0 {
		return
	}
	for j := index * rowsPerBlock; j < min(t.m, (index+1)*rowsPerBlock); j++ {
		w := t.w[j*t.d : (j+1)*t.d]
		if t.v == nil {
			normalize(w)
			continue
		}
		v := t.v[j*t.d : (j+1)*t.d]
		along := Dot(v, w)
		for a := range v {
			v[a] = T(float64(v[a]) - float64(along*float64(w[a])))
		}
	}
}

func normalize[T Float](w []T) {
	norm2 := Dot(w, w)
	if norm2 < 0x1p-960 || norm2 > 0x1p1000 { // squares may have lost bits or overflowed
		normalizeScaled(w)
		return
	}
	norm := math.Sqrt(norm2)
	for a := range w {
		w[a] = T(float64(w[a]) / norm)
	}
}

func normalizeScaled[T Float](w []T) {
	top := 0.0
	for _, x := range w {
		top = math.Max(top, math.Abs(float64(x)))
	}
	_, e := math.Frexp(top)
	norm2 := 0.0
	for _, x := range w {
		y := math.Ldexp(float64(x), -e)
		norm2 += float64(y * y)
	}
	norm := math.Sqrt(norm2)
	for a := range w {
		w[a] = T(math.Ldexp(float64(w[a]), -e) / norm)
	}
}

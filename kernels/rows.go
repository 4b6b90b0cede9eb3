package kernels

import (
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/sums"
)

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
// Sums are in float64 over the tree of Sum. A zero row becomes NaN, as does a row with NaN. A row whose squares
// overflow or underflow is scaled by its largest element first, so any finite row with a non-zero element ends with
// norm 1 to within about 4 eps.
func NormalizeRows[T Float](w []T, m, d int, ws *Workspace[T]) {
	checkShape("NormalizeRows", m, d)
	checkLen("NormalizeRows", "w", len(w), m*d)
	runRows(w, nil, m, d, ws)
}

// ProjectTangent removes from each row of v (m x d) its component along the same row of w, which must have unit norm:
// v_j <- v_j - <v_j, w_j> w_j. The inner product is in float64 over the tree of Sum. 4 m d flops. v and w must not
// overlap.
func ProjectTangent[T Float](v, w []T, m, d int, ws *Workspace[T]) {
	checkShape("ProjectTangent", m, d)
	checkLen("ProjectTangent", "v", len(v), m*d)
	checkLen("ProjectTangent", "w", len(w), m*d)
	checkApart("ProjectTangent", "v", "w", v, w)
	runRows(w, v, m, d, ws)
}

// rowsTask projects v if it is there, else normalises w.
type rowsTask[T Float] struct {
	set     *kernelSet
	w, v    []T
	m, d    int
	scratch []rowsScratch
}

type rowsScratch struct {
	call call
	dots [rowsPerBlock]float64
}

func runRows[T Float](w, v []T, m, d int, ws *Workspace[T]) {
	if d == 0 {
		return
	}
	t := &ws.rows
	t.set, t.w, t.v, t.m, t.d = ws.set, w, v, m, d
	if len(t.scratch) < ws.workers {
		t.scratch = make([]rowsScratch, ws.workers)
	}
	ws.pool.Alone = m*d < fewElements
	ws.pool.Run(abi.BlocksOf(m, rowsPerBlock), t)
	ws.pool.Alone = false
	t.w, t.v = nil, nil
}

func (t *rowsTask[T]) Block(index, worker int) {
	lo := index * rowsPerBlock
	rows := min(rowsPerBlock, t.m-lo)
	w := t.w[lo*t.d:][:rows*t.d]
	if t.set.RowDots != nil && t.d <= sums.Block {
		t.kernels(lo, rows, w, &t.scratch[worker])
		return
	}
	for j := range rows {
		w := w[j*t.d:][:t.d]
		if t.v == nil {
			normalize(w)
			continue
		}
		v := t.v[(lo+j)*t.d:][:t.d]
		along := Dot(v, w)
		for a := range v {
			v[a] = T(float64(v[a]) - float64(along*float64(w[a])))
		}
	}
}

// kernels does the same with the level's kernels.
func (t *rowsTask[T]) kernels(lo, rows int, w []T, sc *rowsScratch) {
	c := &sc.call
	c.N, c.D, c.G = rows, t.d, unsafe.Pointer(&sc.dots)
	c.Z, c.Y = abi.At(w, 0), abi.At(w, 0)
	if t.v != nil {
		c.Z = abi.At(t.v, lo*t.d)
		t.set.RowDots(c)
		t.set.RowSubtract(c)
	} else {
		t.set.RowDots(c)
		for j, norm2 := range sc.dots[:rows] {
			if unsafeNorm(norm2) {
				normalizeScaled(w[j*t.d:][:t.d])
				norm2 = 1
			}
			sc.dots[j] = math.Sqrt(norm2)
		}
		t.set.RowDivide(c)
	}
	c.Z, c.Y = nil, nil
}

// unsafeNorm reports whether squares may have lost bits or overflowed.
func unsafeNorm(norm2 float64) bool { return norm2 < 0x1p-960 || norm2 > 0x1p1000 }

func normalize[T Float](w []T) {
	norm2 := Dot(w, w)
	if unsafeNorm(norm2) {
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

package kernels

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/scalar"
)

// Softmax takes the softmax p of the rows of Z = X' Y, which is never stored whole, to its sums: a (k x n) = Y p', b
// (k x m) = X p and logs[i] = log sum_j exp Z_ij, for X k x n and Y k x m, a row a coordinate. With slopes of a loss
// -sum_i log p_ij(i) in mind: they are a - Y_j(i) by X and b by Y, but for what the X_i add to their own j. 4 k + 2
// flops and one exponential for each of the n m numbers.
//
//	for i := range n {
//		for j := range m { for c := range k { z[j] += x[c*n+i] * y[c*m+j] } }
//		total := sum_j exp(z[j])
//		logs[i] = log(total)
//		for c := range k {
//			for j := range m {
//				p := exp(z[j]) / total
//				a[c*n+i] += p * y[c*m+j]
//				b[c*m+j] += p * x[c*n+i]
//			}
//		}
//	}
//
// It overflows nowhere that the results do not. Rows are summed over pack.Depth columns at a time: the error of p_ij is
// about (4 + max |Z|) eps p_ij, that of the sums as if every term had one of (pack.Depth + m/pack.Depth) eps and, in b,
// softmaxRows + n/softmaxRows. It runs on the calling goroutine; logs may be nil. n, m and k are at
// least 1.
func Softmax[T Float](a, b, logs, x, y []T, n, m, k int, ws *Workspace[T]) {
	const op = "Softmax"
	checkShape(op, n, m, k)
	checkLen(op, "x", len(x), k*n)
	checkLen(op, "y", len(y), k*m)
	checkLen(op, "a", len(a), k*n)
	checkLen(op, "b", len(b), k*m)
	if logs != nil {
		checkLen(op, "logs", len(logs), n)
	}
	checkApart(op, "a", "x", a, x)
	checkApart(op, "a", "y", a, y)
	checkApart(op, "b", "x", b, x)
	checkApart(op, "b", "y", b, y)
	if n == 0 || m == 0 || k == 0 {
		panic(fmt.Sprintf("kernels: %s: no softmax of %d x %d products over %d numbers", op, n, m, k))
	}
	t := &ws.softmax
	t.set, t.x, t.y, t.n, t.m, t.k = ws.set, x, y, n, m, k
	defer t.release()
	if n*m <= softmaxFew {
		t.few(a, b, logs)
		return
	}
	t.plan()
	for i := 0; i < n; i += t.rows {
		t.block(a, logs, i, min(i+t.rows, n))
	}
	for _, q := range t.slopes {
		for c := range min(q.Width, k-q.Offset) {
			from := t.h[q.Offset*t.columns+c:]
			for j := range b[(q.Offset+c)*m:][:m] {
				b[(q.Offset+c)*m+j] = from[j*q.Width]
			}
		}
	}
}

const (
	softmaxFew   = 512     // numbers that packing does not pay for
	softmaxBlock = 1 << 14 // similarities at a time, about what the first two caches hold
	softmaxRows  = 48      // most rows of them
)

// tame bounds similarities whose exponentials and their sums are finite without a shift, and not too small.
func tame[T Float]() float64 {
	if unsafe.Sizeof(T(0)) == 4 {
		return 60
	}
	return 600
}

// softmaxTask goes through blocks of rows: their Z in tiles, exponentiated, summed over its columns with Y and a column
// of ones, and over its rows with X over the sum.
type softmaxTask[T Float] struct {
	set           *kernelSet
	x, y          []T
	n, m, k       int
	rows, columns int // of a block, padded
	sums, slopes  []pack.Panel
	wild          bool // similarities need a shift
	tops          []T  // the shifts of a block's rows
	xt            []T  // Y as x panels
	yq            []T  // Y and ones as y panels
	wp, s, g      []T  // of a block: X as w tiles, exponentials, sums over columns
	xq            []T  // X over the sums as y panels
	h             []T  // sums over rows, in panels
	call          call
}

func (t *softmaxTask[T]) release() { t.x, t.y, t.call = nil, nil, call{} }

// few is the loop of Softmax's comment.
func (t *softmaxTask[T]) few(a, b, logs []T) {
	n, m, k := t.n, t.m, t.k
	t.s = abi.Grow(t.s, abi.RoundUp(n*m, t.set.Lanes))
	clear(t.s)
	t.wild = t.isWild()
	for i := range n {
		z := t.s[i*m:][:m]
		for c := range k {
			u := t.x[c*n+i]
			for j, v := range t.y[c*m:][:m] {
				z[j] += T(u * v)
			}
		}
		top := T(0)
		if t.wild {
			top = shift(z)
		}
		if logs != nil {
			logs[i] = top
		}
	}
	t.exp(t.s)
	clear(b)
	for i := range n {
		p, total := t.s[i*m:][:m], T(0)
		for _, v := range p {
			total += v
		}
		if logs != nil {
			logs[i] += T(math.Log(float64(total)))
		}
		for c := range k {
			u, sum := t.x[c*n+i]/total, T(0)
			to := b[c*m:][:m]
			for j, v := range t.y[c*m:][:m] {
				sum += T(p[j] * v)
				to[j] += T(p[j] * u)
			}
			a[c*n+i] = sum / total
		}
	}
}

// isWild reports whether similarities need a shift.
func (t *softmaxTask[T]) isWild() bool {
	bound := 0.0
	for c := range t.k {
		bound += largest(t.x[c*t.n:][:t.n]) * largest(t.y[c*t.m:][:t.m])
	}
	return !(bound < tame[T]())
}

// exp takes the exponentials of a multiple of lanes numbers.
func (t *softmaxTask[T]) exp(s []T) {
	if c := &t.call; t.set.Exp != nil {
		c.Z, c.D1, c.N = abi.At(s, 0), abi.At(s, 0), len(s)
		t.set.Exp(c)
		return
	}
	for i, z := range s {
		s[i] = T(scalar.Exp(float64(z)))
	}
}

func (t *softmaxTask[T]) plan() {
	set, y, n, m, k := t.set, t.y, t.n, t.m, t.k
	lanes := set.Lanes
	t.columns = abi.RoundUp(m, lanes)
	t.rows = abi.RoundUp(min(n, softmaxRows, max(1, softmaxBlock/t.columns)), set.Rows)
	t.sums, t.slopes = pack.Panels(set, k+1, t.sums), pack.Panels(set, k, t.slopes)
	t.tops = abi.Grow(t.tops, t.rows)
	t.xt, t.wp = abi.Grow(t.xt, k*t.columns), abi.Grow(t.wp, k*t.rows)
	t.s, t.g = abi.Grow(t.s, t.rows*t.columns), abi.Grow(t.g, t.rows*pack.Width(t.sums))
	t.yq, t.xq, t.h = abi.Grow(t.yq, t.columns*pack.Width(t.sums)), abi.Grow(t.xq, t.rows*pack.Width(t.slopes)), abi.Grow(t.h, t.columns*pack.Width(t.slopes))
	clear(t.h)
	clear(t.yq)
	t.wild = t.isWild()
	for c := range k {
		row := y[c*m:][:m]
		for p := 0; p < t.columns; p += lanes {
			to := t.xt[p*k+c*lanes:][:lanes]
			clear(to[copy(to, row[p:]):])
		}
	}
	for _, q := range t.sums {
		rows := t.yq[q.Offset*t.columns:]
		for c := range min(q.Width, k-q.Offset) {
			for j, v := range y[(q.Offset+c)*m:][:m] {
				rows[j*q.Width+c] = v
			}
		}
		if c := k - q.Offset; c < q.Width {
			for j := range m {
				rows[j*q.Width+c] = 1
			}
		}
	}
}

// block does rows [i0, i1).
func (t *softmaxTask[T]) block(a, logs []T, i0, i1 int) {
	set, c, k := t.set, &t.call, t.k
	tiles, panels := abi.BlocksOf(i1-i0, set.Rows), t.columns/set.Lanes
	tile := set.Rows * set.Lanes
	for r := range tiles {
		for l := range k {
			to := t.wp[(r*k+l)*set.Rows:][:set.Rows]
			clear(to[copy(to, t.x[l*t.n+i0+r*set.Rows:l*t.n+i1]):])
		}
	}
	c.D, c.Tiles, c.Stride, c.W = k, tiles, panels*tile, abi.At(t.wp, 0)
	for p := range panels {
		c.X, c.S = abi.At(t.xt, p*set.Lanes*k), abi.At(t.s, p*tile)
		set.Product(c)
	}
	s := t.s[:tiles*panels*tile]
	if t.wild {
		t.shift(s, t.tops[:i1-i0], panels)
	}
	t.exp(s)
	padded := tiles * set.Rows
	clear(t.g[:padded*pack.Width(t.sums)])
	most := max(1, pack.Depth/set.Lanes)
	for p := 0; p < panels; p += most {
		c.Panels, c.S = min(most, panels-p), abi.At(s, p*tile)
		for _, q := range t.sums {
			c.Y, c.G = abi.At(t.yq, q.Offset*t.columns+p*set.Lanes*q.Width), abi.At(t.g, q.Offset*padded)
			set.Accumulate[q.Kind](c)
		}
	}
	t.scale(a, logs, i0, i1, padded)
	for p := range panels {
		c.S = abi.At(s, p*tile)
		for _, q := range t.slopes {
			c.Y, c.G = abi.At(t.xq, q.Offset*padded), abi.At(t.h, q.Offset*t.columns+p*set.Lanes*q.Width)
			set.AccumulateT[q.Kind](c)
		}
	}
}

// scale writes what belongs to rows [i0, i1) alone, and packs their X over the sums.
func (t *softmaxTask[T]) scale(a, logs []T, i0, i1, padded int) {
	ones := t.sums[len(t.sums)-1]
	clear(t.xq[:padded*pack.Width(t.slopes)])
	for i := i0; i < i1; i++ {
		at := i - i0
		total := t.g[ones.Offset*padded+at*ones.Width+t.k-ones.Offset]
		if logs != nil {
			logs[i] = T(math.Log(float64(total)))
			if t.wild {
				logs[i] += t.tops[at]
			}
		}
		scale := 1 / total
		for _, q := range t.sums {
			for c := range min(q.Width, t.k-q.Offset) {
				a[(q.Offset+c)*t.n+i] = t.g[q.Offset*padded+at*q.Width+c] * scale
			}
		}
		for _, q := range t.slopes {
			for c := range min(q.Width, t.k-q.Offset) {
				t.xq[q.Offset*padded+at*q.Width+c] = t.x[(q.Offset+c)*t.n+i] * scale
			}
		}
	}
}

// shift takes the largest of every row of similarities from the row, and writes it to tops; what is padding stays 0.
func (t *softmaxTask[T]) shift(s, tops []T, panels int) {
	rows, lanes := t.set.Rows, t.set.Lanes
	for i := range tops {
		row := s[i/rows*panels*rows*lanes+i%rows*lanes:]
		part := func(p int) []T { return row[p*rows*lanes:][:min(lanes, t.m-p*lanes)] }
		top := T(math.Inf(-1))
		for p := range panels {
			top = max(top, slices.Max(part(p)))
		}
		for p := range panels {
			lower(part(p), top)
		}
		tops[i] = top
	}
}

func shift[T Float](z []T) (top T) {
	top = slices.Max(z)
	lower(z, top)
	return top
}

func lower[T Float](z []T, by T) {
	for j := range z {
		z[j] -= by
	}
}

func largest[T Float](x []T) float64 {
	var most T
	for _, v := range x {
		most = max(most, v, -v) // NaN too
	}
	return float64(most)
}

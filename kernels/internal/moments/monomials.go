package moments

import (
	"math"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// monomials evaluates runs of the monomials of degree k in d variables, w_{b1} ... w_{bk} with b1 <= ... <= bk, for a
// panel of particles at once. They are ordered by the last index first (colexicographically): those with last index e
// follow each other, and are w_e times the first of the monomials of degree k-1, so that a run costs one multiplication
// per monomial and particle, in order of memory. There are C(d+k-1, k).
//
// The monomials of degrees 2 to top are kept in a table per panel; higher ones go through scratch, degree by degree.
type monomials[T abi.Float] struct {
	d, lanes int
	counts   []int // counts[k*(d+1) + e] = C(e+k-1, k), the monomials of degree k in the first e variables
	offset   []int // row of the table at which a degree starts
	top      int
	rows     int // of the table
	one      []T // lanes ones
}

// monomialTable is the most rows of a table: 512 KB of float64 in panels of 32.
const monomialTable = 2048

// plan prepares for degrees up to most.
func (g *monomials[T]) plan(set *abi.Set, d, most int) {
	g.d, g.lanes = d, set.Lanes
	g.counts = abi.Grow(g.counts, (most+1)*(d+1))
	for k := range most + 1 {
		for e := range d + 1 {
			switch {
			case k == 0:
				g.counts[e] = 1
			case e == 0:
				g.counts[k*(d+1)] = 0
			default: // with or without variable e-1
				g.counts[k*(d+1)+e] = g.counts[k*(d+1)+e-1] + g.counts[(k-1)*(d+1)+e]
			}
		}
	}
	g.offset = abi.Grow(g.offset, most+1)
	g.top, g.rows = 1, 0
	for k := 2; k < most && g.rows+g.count(k, d) <= monomialTable; k++ {
		g.top = k
		g.offset[k] = g.rows
		g.rows += g.count(k, d)
	}
	g.one = abi.Grow(g.one, g.lanes)
	for i := range g.one {
		g.one[i] = 1
	}
}

// count returns the number of monomials of degree k in the first e variables.
func (g *monomials[T]) count(k, e int) int { return g.counts[k*(g.d+1)+e] }

// fillTable computes the table of the particles of an x panel, xt[b*lanes + l].
func (g *monomials[T]) fillTable(set *abi.Set, c *abi.Call, table, xt []T) {
	c.Stride, c.R0 = set.Rows*g.lanes, 0
	below := xt
	for k := 2; k <= g.top; k++ {
		rows := table[g.offset[k]*g.lanes:]
		for e := range g.d {
			c.X, c.W, c.S = abi.At(xt, e*g.lanes), abi.At(below, 0), abi.At(rows, g.count(k, e)*g.lanes)
			c.N = g.count(k-1, e+1)
			set.Multiply(c)
		}
		below = rows
	}
}

// fill writes monomials [lo, hi) of degree k as s tiles, consecutive tiles stride elements apart; what is left of the
// last tile is zeroed. scratch holds k vectors of chunkRows rows.
func (g *monomials[T]) fill(set *abi.Set, c *abi.Call, k, lo, hi int, s, table, xt, scratch []T, stride int) {
	g.run(set, c, k, lo, hi, s, table, xt, scratch, stride)
	for f := hi - lo; f%set.Rows != 0; f++ {
		clear(s[f/set.Rows*stride+f%set.Rows*g.lanes:][:g.lanes])
	}
}

func (g *monomials[T]) run(set *abi.Set, c *abi.Call, k, lo, hi int, s, table, xt, scratch []T, stride int) {
	if k <= 1 { // 1 times 1, or times the variables themselves
		c.X, c.W = abi.At(g.one, 0), abi.At(g.one, 0)
		if k == 1 {
			c.W = abi.At(xt, lo*g.lanes)
		}
		c.S, c.Stride, c.R0, c.N = abi.At(s, 0), stride, 0, hi-lo
		set.Multiply(c)
		return
	}
	e := 0
	for g.count(k, e+1) <= lo {
		e++
	}
	for from := lo; from < hi; e++ {
		start := g.count(k, e)
		to := min(hi, g.count(k, e+1))
		var source []T
		switch {
		case k == 2:
			source = xt[(from-start)*g.lanes:]
		case k-1 <= g.top:
			source = table[(g.offset[k-1]+from-start)*g.lanes:]
		default:
			source = scratch[:pack.ChunkRows*g.lanes]
			g.run(set, c, k-1, from-start, to-start, source, table, xt, scratch[pack.ChunkRows*g.lanes:], set.Rows*g.lanes)
		}
		f := from - lo
		c.R0 = f % set.Rows
		c.X, c.W, c.S = abi.At(xt, e*g.lanes), abi.At(source, 0), abi.At(s, f/set.Rows*stride+c.R0*g.lanes)
		c.Stride, c.N = stride, to-from
		set.Multiply(c)
		from = to
	}
}

// next moves a sorted index to that of the following monomial of the same degree.
func next(index []int) {
	for i := range index {
		if i == len(index)-1 || index[i] < index[i+1] {
			index[i]++
			clear(index[:i])
			return
		}
	}
}

// MonomialCount returns C(d+k-1, k), or +Inf above 2^53.
func MonomialCount(d, k int) float64 {
	if k == 0 {
		return 1
	}
	if d == 0 {
		return 0
	}
	n := 1.0
	for i := 1; i <= k; i++ {
		n = n * float64(d-1+i) / float64(i) // exact: C(d-1+i, i) is an integer, and products stay under 2^53
		if n > 1<<46 {
			return math.Inf(1)
		}
	}
	return n
}

// multinomial returns K! / prod_b (number of times b occurs)!, the number of orderings of a sorted index.
func multinomial(index []int) float64 {
	w, run := 1.0, 0
	for k, b := range index {
		if k > 0 && index[k-1] == b {
			run++
		} else {
			run = 1
		}
		w = w * float64(k+1) / float64(run)
	}
	return w
}

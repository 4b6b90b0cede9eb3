package kernels

import "math"

// monomials walks the monomials of one degree K in d variables, w_{b1} w_{b2} ... w_{bK} with b1 <= b2 <= ... <= bK, in
// lexicographic order of (b1..bK), and evaluates a run of them for a block of rows at once. There are C(d+K-1, K).
//
// The walk keeps the products of the current prefixes, so a further monomial costs one multiplication per row, whatever K,
// and the memory is K blocks of rows.
type monomials[T Float] struct {
	d, degree int
	rows      int   // rows per block
	index     []int // b1..bK of the current monomial
	prefix    []T   // degree x rows: prefix[k] is the product of the first k factors; prefix[0] = 1
}

// monomialCount returns C(d+k-1, k), or +Inf above 2^53.
func monomialCount(d, k int) float64 {
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

// seek makes the monomial of the given rank the current one. Products are not valid until load.
func (g *monomials[T]) seek(d, degree, rows, rank int) {
	g.d, g.degree, g.rows = d, degree, rows
	g.index = grow(g.index, degree)
	g.prefix = grow(g.prefix, max(1, degree)*rows)
	b := 0
	for k := range degree {
		for ; ; b++ { // monomials that have b in place k: those of the remaining degree in the variables b..d-1
			n := int(monomialCount(d-b, degree-1-k))
			if rank < n {
				break
			}
			rank -= n
		}
		g.index[k] = b
	}
}

// load computes the prefix products of the current index for a block of rows, given transposed: wt[b*rows + i].
func (g *monomials[T]) load(wt []T) {
	if g.degree == 0 {
		return
	}
	one := g.prefix[:g.rows]
	for i := range one {
		one[i] = 1
	}
	for k := 1; k < g.degree; k++ {
		g.extend(k, wt)
	}
}

func (g *monomials[T]) extend(k int, wt []T) {
	multiplyInto(g.prefix[k*g.rows:][:g.rows], g.prefix[(k-1)*g.rows:][:g.rows], wt[g.index[k-1]*g.rows:][:g.rows])
}

// fill writes the next count monomials for the loaded rows to out (count x rows) and moves behind them.
func (g *monomials[T]) fill(out, wt []T, count int) {
	rows, last := g.rows, g.degree-1
	if g.degree == 0 {
		for i := range out[:rows] {
			out[i] = 1
		}
		return
	}
	for f := 0; f < count; {
		p := g.prefix[last*rows:][:rows]
		b := g.index[last]
		run := min(count-f, g.d-b)
		for r := range run {
			multiplyInto(out[(f+r)*rows:][:rows], p, wt[(b+r)*rows:][:rows])
		}
		f += run
		g.index[last] = b + run
		if b+run == g.d && !g.carry(wt) {
			return // the last monomial has been written
		}
	}
}

// carry moves to the first monomial of the next prefix, and reports whether there is one.
func (g *monomials[T]) carry(wt []T) bool {
	k := g.degree - 2
	for ; k >= 0 && g.index[k] == g.d-1; k-- {
	}
	if k < 0 {
		return false
	}
	b := g.index[k] + 1
	for i := k; i < g.degree; i++ {
		g.index[i] = b
	}
	for i := k + 1; i < g.degree; i++ {
		g.extend(i, wt)
	}
	return true
}

func multiplyInto[T Float](dst, x, y []T) {
	y, dst = y[:len(x)], dst[:len(x)]
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

// next moves the index to the following monomial without computing products; after the last one it stays there.
func (g *monomials[T]) next() {
	k := g.degree - 1
	for ; k >= 0 && g.index[k] == g.d-1; k-- {
	}
	if k < 0 {
		return
	}
	b := g.index[k] + 1
	for i := k; i < g.degree; i++ {
		g.index[i] = b
	}
}

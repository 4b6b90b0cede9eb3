package kernels

import "math"

// monomials walks the monomials of one degree K in d variables, w_{b1} w_{b2} ... w_{bK} with b1 <= b2 <= ... <= bK, in
// lexicographic order of (b1..bK), and evaluates a run of them for a panel of particles at once. There are C(d+K-1, K).
//
// The walk keeps the products of the current prefixes, so a further monomial costs one multiplication per particle, whatever K,
// and the memory is K vectors of lanes.
type monomials[T Float] struct {
	d, degree int
	lanes     int
	index     []int // b1..bK of the current monomial
	prefix    []T   // degree x lanes: prefix[k] is the product of the first k factors; prefix[0] = 1
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
func (g *monomials[T]) seek(d, degree, lanes, rank int) {
	g.d, g.degree, g.lanes = d, degree, lanes
	g.index = grow(g.index, degree)
	g.prefix = grow(g.prefix, max(1, degree)*lanes)
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

// load computes the prefix products of the current index for the particles of an x panel: xt[b*lanes + l].
func (g *monomials[T]) load(set *kernelSet, c *call, xt []T) {
	one := g.prefix[:g.lanes]
	for i := range one {
		one[i] = 1
	}
	for k := 1; k < g.degree; k++ {
		g.extend(set, c, k, xt)
	}
}

func (g *monomials[T]) extend(set *kernelSet, c *call, k int, xt []T) {
	c.x, c.w, c.s = at(g.prefix, (k-1)*g.lanes), at(xt, g.index[k-1]*g.lanes), at(g.prefix, k*g.lanes)
	c.n, c.r0 = 1, 0
	set.multiply(c)
}

// fill writes the next count monomials as s tiles, rows to a tile and consecutive tiles stride elements apart, and moves behind
// them. Rows of the last tile beyond count are zeroed.
func (g *monomials[T]) fill(set *kernelSet, c *call, s, xt []T, stride, count int) {
	f := 0
	last := g.degree - 1
	for f < count {
		c.r0 = f % set.rows
		c.s = at(s, f/set.rows*stride+c.r0*set.lanes)
		c.stride = stride
		if g.degree == 0 {
			c.n, c.x, c.w = 1, at(g.prefix, 0), at(g.prefix, 0) // 1 times 1
			set.multiply(c)
			f++
			continue
		}
		b := g.index[last]
		run := min(count-f, g.d-b)
		c.n = run
		c.x = at(g.prefix, last*g.lanes)
		c.w = at(xt, b*g.lanes)
		set.multiply(c)
		f += run
		g.index[last] = b + run
		if b+run == g.d && !g.carry(set, c, xt) {
			break // the last monomial has been written
		}
	}
	for ; f%set.rows != 0; f++ {
		clear(s[f/set.rows*stride+f%set.rows*set.lanes:][:set.lanes])
	}
}

// carry moves to the first monomial of the next prefix, and reports whether there is one.
func (g *monomials[T]) carry(set *kernelSet, c *call, xt []T) bool {
	g.index[g.degree-1] = g.d - 1
	k := g.step()
	if k < 0 {
		return false
	}
	for i := k + 1; i < g.degree; i++ {
		g.extend(set, c, i, xt)
	}
	return true
}

// step moves the index to the following monomial and returns the first place that changed, or -1 after the last one.
func (g *monomials[T]) step() int {
	k := g.degree - 1
	for ; k >= 0 && g.index[k] == g.d-1; k-- {
	}
	if k < 0 {
		return -1
	}
	b := g.index[k] + 1
	for i := k; i < g.degree; i++ {
		g.index[i] = b
	}
	return k
}

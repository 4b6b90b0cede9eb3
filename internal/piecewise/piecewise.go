// Package piecewise makes a function that is known by its values alone fast to evaluate, with two derivatives: as
// polynomials on intervals.
package piecewise

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/integrate/quad"
)

// Function is a function of one variable on [first, last] of its edges, by polynomials of degree 15 in the interval's
// own variable u from -1 to 1; beyond, the function itself with differences. Immutable, and safe for concurrent use if
// the function is.
type Function struct {
	f      func(float64) float64
	pieces []piece
	bucket []int32 // the first piece of each of equal parts, and one more
	lo, hi float64
	scale  float64 // parts by length
}

type piece struct {
	lo, middle, scale float64 // u = (z - middle) scale
	c                 [terms]float64
}

const (
	terms    = 16
	smallest = 1e-7 // intervals below this are around a kink, and straight
	buckets  = 1 << 12
)

// New fits f on the intervals between the edges, ascending and at least two; on each of them f is a polynomial of
// degree 15 to what is asked of it.
func New(f func(float64) float64, edges []float64) *Function {
	p := &Function{f: f, lo: edges[0], hi: edges[len(edges)-1]}
	for i := 1; i < len(edges); i++ {
		p.fit(edges[i-1], edges[i])
	}
	p.scale = buckets / (p.hi - p.lo)
	p.bucket = make([]int32, buckets+1)
	for i := range p.bucket {
		// The last piece that begins at or before the part, by what rounding may make of it.
		z := p.lo + (float64(i)-1e-6)/p.scale
		p.bucket[i] = int32(max(0, sort.Search(len(p.pieces), func(k int) bool { return p.pieces[k].lo > z })-1))
	}
	return p
}

// fit appends the piece of [lo, hi].
func (p *Function) fit(lo, hi float64) {
	q := piece{lo: lo, middle: lo + (hi-lo)/2, scale: 2 / (hi - lo)}
	if hi-lo < smallest {
		a, b := p.f(lo), p.f(hi)
		q.c[0], q.c[1] = (a+b)/2, (b-a)/2
		p.pieces = append(p.pieces, q)
		return
	}
	var series [terms]float64
	for i, x := range rule.x {
		y := p.f(q.middle + (hi-lo)/2*x)
		for l, row := range rule.coef[i] {
			series[l] += float64(row * y)
		}
	}
	for l, c := range series {
		for k, x := range rule.power[l] {
			q.c[k] += float64(c * x)
		}
	}
	p.pieces = append(p.pieces, q)
}

// Eval returns the function and its first two derivatives at z.
func (p *Function) Eval(z float64) (v, dv, d2v float64) {
	if !(z >= p.lo && z < p.hi) {
		return p.outside(z)
	}
	part := int((z - p.lo) * p.scale)
	k, end := p.bucket[part], p.bucket[min(part+1, buckets)]
	for end-k > 8 {
		if middle := (k + end) / 2; p.pieces[middle].lo <= z {
			k = middle
		} else {
			end = middle
		}
	}
	for int(k)+1 < len(p.pieces) && p.pieces[k+1].lo <= z {
		k++
	}
	q := &p.pieces[k]
	u := (z - q.middle) * q.scale
	v, dv, d2v = q.c[terms-1], 0, 0
	for i := terms - 2; i >= 0; i-- {
		d2v = math.FMA(d2v, u, dv)
		dv = math.FMA(dv, u, v)
		v = math.FMA(v, u, q.c[i])
	}
	return v, dv * q.scale, 2 * d2v * q.scale * q.scale
}

// outside takes the derivative as a difference, and none twice.
func (p *Function) outside(z float64) (v, dv, d2v float64) {
	h := 1e-5 * math.Abs(z)
	return p.f(z), (p.f(z+h) - p.f(z-h)) / (2 * h), 0
}

// rule is Gauss's with as many nodes as terms: coefficients of Legendre polynomials from values, and of powers from
// those.
var rule = func() (r struct {
	x     [terms]float64
	coef  [terms][terms]float64 // by node, of degree l
	power [terms][terms]float64 // by degree l, of u^k
}) {
	var w [terms]float64
	quad.Legendre{}.FixedLocations(r.x[:], w[:], -1, 1)
	r.power[0][0], r.power[1][1] = 1, 1
	for l := 2; l < terms; l++ {
		for k := range terms {
			r.power[l][k] = -float64(l-1) / float64(l) * r.power[l-2][k]
			if k > 0 {
				r.power[l][k] += float64(2*l-1) / float64(l) * r.power[l-1][k-1]
			}
		}
	}
	for i, x := range r.x {
		p, before := x, 1.0
		r.coef[i][0], r.coef[i][1] = w[i]/2, 3*w[i]/2*x
		for l := 2; l < terms; l++ {
			p, before = (float64(float64(2*l-1)*x)*p-float64(float64(l-1)*before))/float64(l), p
			r.coef[i][l] = float64(2*l+1) / 2 * w[i] * p
		}
	}
	return r
}()

package kernels

import (
	"math"

	"kac/kernels/internal/abi"
)

// signBits coordinates, or samples, of +-1 make one of 1 << signBits patterns: bit b of a pattern's number is set where the b-th one is +1.
const signBits = 4

// signPatterns are the signs of each bit in all patterns.
var signPatterns = func() (p [signBits][1 << signBits]float32) {
	for b := range p {
		for k := range p[b] {
			p[b][k] = float32(2*(k>>b&1) - 1)
		}
	}
	return p
}()

// areSigns reports whether all of x are +-1.
func areSigns[T Float](x []T) bool {
	for _, v := range x {
		if v != 1 && v != -1 {
			return false
		}
	}
	return true
}

// positive returns 1 for +1 and 0 for -1, without a branch that would be mispredicted half the time.
func positive[T Float](sign T) int32 { return int32(^math.Float32bits(float32(sign)) >> 31) }

// signGroups returns the number of groups of d coordinates.
func signGroups(d int) int { return abi.BlocksOf(d, signBits) }

// packW packs the particles, coordinates padded with zeros to whole groups if the samples are signs.
func (t *sampleTask[T]) packW() {
	t.inner = t.d
	if t.signs {
		t.inner = signGroups(t.d) * signBits
	}
	t.wp = abi.Grow(t.wp, t.padded*t.inner)
	if t.inner == t.d {
		packProduct(t.wp, t.w, max(t.d, 1), t.set.Rows)
		clear(t.wp[abi.RoundUp(t.m, t.set.Rows)*t.d:])
		return
	}
	rows := t.set.Rows
	clear(t.wp)
	for p := 0; p*rows < t.m; p++ {
		packColumns(t.wp[p*rows*t.inner:][:rows*t.d], t.w[p*rows*t.d:min((p+1)*rows, t.m)*t.d], t.d, rows, 0)
	}
}

// chunkTables writes the w tables of a chunk to the worker's scratch.
func (t *sampleTask[T]) chunkTables(j0, tiles int, sc *sampleScratch[T]) {
	c := &sc.call
	c.W, c.G, c.C0 = abi.At(t.wp, j0*t.inner), abi.At(sc.tables, 0), abi.At(signPatterns[0][:], 0)
	c.D, c.Tiles = t.inner, tiles
	t.set.Signs.Tables(c)
}

// packColumnSigns writes the pattern numbers of samples [lo, hi), a whole number of panels but for the last one of all, to panels that start with
// sample block0. Padding has the pattern 0.
func (t *sampleTask[T]) packColumnSigns(lo, hi, block0 int) {
	lanes, groups := t.set.Lanes, signGroups(t.d)
	for first := lo; first < hi; first += lanes {
		panel := t.columnSigns[(first-block0)*groups:][:lanes*groups]
		clear(panel)
		for i := first; i < min(first+lanes, hi); i++ {
			for c, v := range t.x[i*t.d : (i+1)*t.d] {
				panel[c/signBits*lanes+i-first] |= positive(v) << (c % signBits)
			}
		}
	}
}

// packRowSigns writes the pattern numbers of every four samples of [lo, hi), lo a multiple of four, to coordinate panels of the given number of
// samples that start with sample block0.
func (t *sampleTask[T]) packRowSigns(lo, hi, block0, samples int) {
	end := min(abi.RoundUp(hi-block0, t.set.Lanes), samples)
	for _, q := range t.coords {
		out := t.rowSigns[q.offset*samples/signBits:][:q.width*samples/signBits]
		clear(out[(lo-block0)/signBits*q.width : end/signBits*q.width])
		valid := min(q.width, t.d-q.offset)
		for i := lo; i < hi; i++ {
			row := out[(i-block0)/signBits*q.width:][:valid]
			bit := (i - block0) % signBits
			for c, v := range t.x[i*t.d+q.offset:][:valid] {
				row[c] |= positive(v) << bit
			}
		}
	}
}

// packSigned writes r times the signs of a sample's bit for samples [lo, hi), zeros up to the end of the last panel.
func (t *sampleTask[T]) packSigned(r []T, lo, hi, block0 int) {
	const patterns = 1 << signBits
	for i := lo; i < hi; i++ {
		out := t.signed[(i-block0)*patterns:][:patterns]
		for k, s := range signPatterns[(i-block0)%signBits] {
			out[k] = T(s) * r[i-lo]
		}
	}
	clear(t.signed[(hi-block0)*patterns : abi.RoundUp(hi-block0, t.set.Lanes)*patterns])
}

// accumulateSigns is accumulate for the panels from p on that c says.
func (t *sampleTask[T]) accumulateSigns(p, j0 int, c *call) {
	first, samples := p*t.set.Lanes, t.samples
	c.Y = abi.At(t.signed, first<<signBits)
	if t.ready != nil {
		first, samples = first+t.block0, abi.RoundUp(t.n, t.set.Lanes)
	}
	for _, q := range t.coords {
		c.X = abi.At(t.rowSigns, (q.offset*samples+first*q.width)/signBits)
		c.G = abi.At(t.g, q.offset*t.padded+j0*q.width)
		t.set.Signs.Accumulate[q.kind](c)
	}
}

package samples

import (
	"math"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// SignBits coordinates, or samples, of +-1 make one of 1 << signBits patterns: bit b of a pattern's number is set where
// the b-th one is +1.
const SignBits = 4

// signPatterns are the signs of each bit in all patterns.
var signPatterns = func() (p [SignBits][1 << SignBits]float32) {
	for b := range p {
		for k := range p[b] {
			p[b][k] = float32(2*(k>>b&1) - 1)
		}
	}
	return p
}()

// AreSigns reports whether all of x are +-1.
func AreSigns[T abi.Float](x []T) bool {
	for _, v := range x {
		if v != 1 && v != -1 {
			return false
		}
	}
	return true
}

// positive returns 1 for +1 and 0 for -1, without a branch that would be mispredicted half the time.
func positive[T abi.Float](sign T) int32 { return int32(^math.Float32bits(float32(sign)) >> 31) }

// SignGroups returns the number of groups of d coordinates.
func SignGroups(d int) int { return abi.BlocksOf(d, SignBits) }

// packW packs the particles, coordinates padded with zeros to whole groups if the samples are signs.
func (t *Task[T]) packW() {
	t.inner = t.D
	if t.Signs {
		t.inner = SignGroups(t.D) * SignBits
	}
	t.wp = abi.Grow(t.wp, t.padded*t.inner)
	if t.inner == t.D {
		pack.Product(t.wp, t.W, max(t.D, 1), t.Set.Rows)
		clear(t.wp[abi.RoundUp(t.M, t.Set.Rows)*t.D:])
		return
	}
	rows := t.Set.Rows
	clear(t.wp)
	for p := 0; p*rows < t.M; p++ {
		pack.Columns(t.wp[p*rows*t.inner:][:rows*t.D], t.W[p*rows*t.D:min((p+1)*rows, t.M)*t.D], t.D, rows, 0)
	}
}

// chunkTables writes the w tables of a chunk to the worker's scratch.
func (t *Task[T]) chunkTables(j0, tiles int, sc *sampleScratch[T]) {
	c := &sc.call
	c.W, c.G, c.C0 = abi.At(t.wp, j0*t.inner), abi.At(sc.tables, 0), abi.At(signPatterns[0][:], 0)
	c.D, c.Tiles = t.inner, tiles
	t.Set.Signs.Tables(c)
}

// packColumnSigns writes the pattern numbers of samples [lo, hi), a whole number of panels but for the last one of all,
// to panels that start with sample block0. Padding has the pattern 0.
func (t *Task[T]) packColumnSigns(lo, hi, block0 int) {
	lanes, groups := t.Set.Lanes, SignGroups(t.D)
	for first := lo; first < hi; first += lanes {
		panel := t.ColumnSigns[(first-block0)*groups:][:lanes*groups]
		clear(panel)
		for i := first; i < min(first+lanes, hi); i++ {
			for c, v := range t.X[i*t.D : (i+1)*t.D] {
				panel[c/SignBits*lanes+i-first] |= positive(v) << (c % SignBits)
			}
		}
	}
}

// packRowSigns writes the pattern numbers of every four samples of [lo, hi), lo a multiple of four, to coordinate
// panels of the given number of samples that start with sample block0.
func (t *Task[T]) packRowSigns(lo, hi, block0, samples int) {
	end := min(abi.RoundUp(hi-block0, t.Set.Lanes), samples)
	for _, q := range t.Coords {
		out := t.RowSigns[q.Offset*samples/SignBits:][:q.Width*samples/SignBits]
		clear(out[(lo-block0)/SignBits*q.Width : end/SignBits*q.Width])
		valid := min(q.Width, t.D-q.Offset)
		for i := lo; i < hi; i++ {
			row := out[(i-block0)/SignBits*q.Width:][:valid]
			bit := (i - block0) % SignBits
			for c, v := range t.X[i*t.D+q.Offset:][:valid] {
				row[c] |= positive(v) << bit
			}
		}
	}
}

// packSigned writes r times the signs of a sample's bit for samples [lo, hi), zeros up to the end of the last panel.
func (t *Task[T]) packSigned(r []T, lo, hi, block0 int) {
	const patterns = 1 << SignBits
	for i := lo; i < hi; i++ {
		out := t.signed[(i-block0)*patterns:][:patterns]
		for k, s := range signPatterns[(i-block0)%SignBits] {
			out[k] = T(s) * r[i-lo]
		}
	}
	clear(t.signed[(hi-block0)*patterns : abi.RoundUp(hi-block0, t.Set.Lanes)*patterns])
}

// accumulateSigns is accumulate for the panels from p on that c says.
func (t *Task[T]) accumulateSigns(p, j0 int, c *abi.Call) {
	first, samples := p*t.Set.Lanes, t.Samples
	c.Y = abi.At(t.signed, first<<SignBits)
	if t.Ready != nil {
		first, samples = first+t.Block0, abi.RoundUp(t.N, t.Set.Lanes)
	}
	for _, q := range t.Coords {
		c.X = abi.At(t.RowSigns, (q.Offset*samples+first*q.Width)/SignBits)
		c.G = abi.At(t.g, q.Offset*t.padded+j0*q.Width)
		t.Set.Signs.Accumulate[q.Kind](c)
	}
}

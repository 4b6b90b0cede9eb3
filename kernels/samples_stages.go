package kernels

import (
	"math"

	"kac/kernels/internal/abi"
)

// chunk returns the first particle of a chunk and its number of tiles.
func (t *sampleTask[T]) chunk(index int) (j0, tiles int) {
	j0 = index * chunkRows
	return j0, min(chunkRows, t.padded-j0) / t.set.Rows
}

// keep returns where the chunk's part of Z goes: its own place if all chunks are kept, else the worker's scratch.
func (t *sampleTask[T]) keep(j0 int, sc *sampleScratch[T]) []T {
	if t.wantF && t.wantV {
		return t.s[j0*t.panels*t.set.Lanes:]
	}
	return sc.s
}

func (t *sampleTask[T]) products(index int, sc *sampleScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	tile := set.Rows * set.Lanes
	stride, step := t.panels*tile, tile
	if !t.wantV {
		stride, step = tile, 0
	}
	f := t.part[index*t.samples:][:t.samples]
	clear(f)
	c := &sc.call
	if t.signs {
		t.chunkTables(j0, tiles, sc)
	}
	c.D = t.inner
	atOnce := max(1, min(tiles, tileCallLimit/max(t.inner, 1)))
	x, x0 := t.xt, 0
	if t.ready != nil {
		x, x0 = t.ready, t.block0
	}
	for p := range t.panels {
		if t.signs {
			c.X = abi.At(t.columnSigns, (x0+p*set.Lanes)*signGroups(t.d))
		} else {
			c.X = abi.At(x, (x0+p*set.Lanes)*t.d)
		}
		c.F = abi.At(f, p*set.Lanes)
		c.Stride = stride
		for first := 0; first < tiles; first += atOnce {
			c.Tiles = min(atOnce, tiles-first)
			if t.signs {
				c.W = abi.At(sc.tables, first*set.Rows*signGroups(t.d)<<signBits)
			} else {
				c.W = abi.At(t.wp, (j0+first*set.Rows)*t.d)
			}
			c.A = abi.At(t.ap, j0+first*set.Rows)
			c.S = abi.At(s, first*stride+p*step)
			t.act.apply(set, c, t.wantF, t.wantV, t.signs)
		}
	}
	if used := t.n - t.block0; t.wantV && used < t.panels*set.Lanes {
		t.clearTail(s, tiles, stride, used)
	}
}

// clearTail zeroes what padding samples left in the last panel, so that an infinite weight there does not make NaN of 0.
func (t *sampleTask[T]) clearTail(s []T, tiles, stride, used int) {
	lanes := t.set.Lanes
	last := (t.panels - 1) * t.set.Rows * lanes
	for i := range tiles {
		for r := range t.set.Rows {
			row := s[i*stride+last+r*lanes:][:lanes]
			clear(row[used-(t.panels-1)*lanes:])
		}
	}
}

// residual writes f of a group of samples and packs them times the loss's factors, y - f for the square.
func (t *sampleTask[T]) residual(group int, sc *sampleScratch[T]) {
	lo, hi := t.rangeOf(group, t.block0)
	if lo >= hi {
		return
	}
	f := t.f[lo:hi]
	for i := range f {
		sum := 0.0
		for c, k := 0, lo-t.block0+i; c < t.chunks; c, k = c+1, k+t.samples {
			sum += float64(t.part[k])
		}
		if math.IsNaN(sum) && t.padded > t.m {
			sum = t.exactSum(lo+i, sum)
		}
		f[i] = T(sum / float64(t.m))
	}
	if !t.wantV {
		return
	}
	r := sc.r[:hi-lo]
	residuals(t.loss, r, f, t.y[lo:hi], t.set, &sc.call)
	if t.d == 0 {
		return
	}
	t.packScaled(r, lo, hi, t.block0, &sc.call)
}

// exactSum repeats the sum of sample i without the padding particles, whose weights 0 make NaN of an infinite coordinate.
func (t *sampleTask[T]) exactSum(i int, sum float64) float64 {
	x := t.x[i*t.d:][:t.d]
	infinite := false
	for _, v := range x {
		if math.IsNaN(float64(v)) {
			return sum
		}
		infinite = infinite || math.IsInf(float64(v), 0)
	}
	if !infinite {
		return sum
	}
	sum = 0
	for j := range t.m {
		v, _, _ := t.sigma.Eval(Dot(x, t.w[j*t.d:][:t.d]))
		sum += float64(float64(t.ap[j]) * v)
	}
	return sum
}

func (t *sampleTask[T]) accumulate(index int, sc *sampleScratch[T]) {
	set := t.set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	c := &sc.call
	c.Tiles, c.Stride = tiles, t.panels*set.Rows*set.Lanes
	at1 := max(1, depth/set.Lanes)
	for p := 0; p < t.panels; p += at1 {
		c.Panels = min(at1, t.panels-p)
		c.S = abi.At(s, p*set.Rows*set.Lanes)
		if t.signs {
			t.accumulateSigns(p, j0, c)
			continue
		}
		for _, q := range t.coords {
			c.Y = abi.At(t.yq, q.offset*t.samples+p*set.Lanes*q.width)
			c.G = abi.At(t.g, q.offset*t.padded+j0*q.width)
			set.Accumulate[q.kind](c)
		}
	}
}

// flush adds the chunk's float32 sums to the float64 ones and clears them.
func (t *sampleTask[T]) flush(index int) {
	j0, tiles := t.chunk(index)
	for _, q := range t.coords {
		lo := q.offset*t.padded + j0*q.width
		hi := lo + tiles*t.set.Rows*q.width
		wide, g := t.wide[lo:hi], t.g[lo:hi]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish writes the chunk's velocities, times a_j/n.
func (t *sampleTask[T]) finish(index int) {
	j0 := index * chunkRows
	n := 1 / float64(t.n)
	for _, q := range t.coords {
		valid := min(q.width, t.d-q.offset)
		for j := j0; j < min(j0+chunkRows, t.m); j++ {
			dst := t.v[j*t.d+q.offset:][:valid]
			src := q.offset*t.padded + j*q.width
			scale := n * float64(t.ap[j])
			if t.flushes {
				for a, x := range t.wide[src:][:valid] {
					dst[a] = T(scale * x)
				}
				continue
			}
			for a, x := range t.g[src:][:valid] {
				dst[a] = T(scale * float64(x))
			}
		}
	}
}

package samples

import (
	"math"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/sums"
)

// chunk returns the first particle of a chunk and its number of tiles.
func (t *Task[T]) chunk(index int) (j0, tiles int) {
	j0 = index * pack.ChunkRows
	return j0, min(pack.ChunkRows, t.padded-j0) / t.Set.Rows
}

// keep returns where the chunk's part of Z goes: its own place if all chunks are kept, else the worker's scratch.
func (t *Task[T]) keep(j0 int, sc *sampleScratch[T]) []T {
	if t.WantF && t.WantV {
		return t.s[j0*t.panels*t.Set.Lanes:]
	}
	return sc.s
}

func (t *Task[T]) products(index int, sc *sampleScratch[T]) {
	set := t.Set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	tile := set.Rows * set.Lanes
	stride, step := t.panels*tile, tile
	if !t.WantV {
		stride, step = tile, 0
	}
	f := t.part[index*t.Samples:][:t.Samples]
	clear(f)
	c := &sc.call
	if t.Signs {
		t.chunkTables(j0, tiles, sc)
	}
	c.D = t.inner
	atOnce := max(1, min(tiles, pack.TileCallLimit/max(t.inner, 1)))
	x, x0 := t.Xt, 0
	if t.Ready != nil {
		x, x0 = t.Ready, t.Block0
	}
	for p := range t.panels {
		if t.Signs {
			c.X = abi.At(t.ColumnSigns, (x0+p*set.Lanes)*SignGroups(t.D))
		} else {
			c.X = abi.At(x, (x0+p*set.Lanes)*t.D)
		}
		c.F = abi.At(f, p*set.Lanes)
		c.Stride = stride
		for first := 0; first < tiles; first += atOnce {
			c.Tiles = min(atOnce, tiles-first)
			if t.Signs {
				c.W = abi.At(sc.tables, first*set.Rows*SignGroups(t.D)<<SignBits)
			} else {
				c.W = abi.At(t.wp, (j0+first*set.Rows)*t.D)
			}
			c.A = abi.At(t.ap, j0+first*set.Rows)
			c.S = abi.At(s, first*stride+p*step)
			t.act.Apply(set, c, t.WantF, t.WantV, t.Signs)
		}
	}
	if used := t.N - t.Block0; t.WantV && used < t.panels*set.Lanes {
		t.clearTail(s, tiles, stride, used)
	}
}

// clearTail zeroes what padding samples left in the last panel, so that an infinite weight there does not make NaN of
// 0.
func (t *Task[T]) clearTail(s []T, tiles, stride, used int) {
	lanes := t.Set.Lanes
	last := (t.panels - 1) * t.Set.Rows * lanes
	for i := range tiles {
		for r := range t.Set.Rows {
			row := s[i*stride+last+r*lanes:][:lanes]
			clear(row[used-(t.panels-1)*lanes:])
		}
	}
}

// residual writes f of a group of samples and packs them times the loss's factors, y - f for the square.
func (t *Task[T]) residual(group int, sc *sampleScratch[T]) {
	lo, hi := t.rangeOf(group, t.Block0)
	if lo >= hi {
		return
	}
	f := t.F[lo:hi]
	for i := range f {
		sum := 0.0
		for c, k := 0, lo-t.Block0+i; c < t.chunks; c, k = c+1, k+t.Samples {
			sum += float64(t.part[k])
		}
		if math.IsNaN(sum) && t.padded > t.M {
			sum = t.exactSum(lo+i, sum)
		}
		f[i] = T(sum / float64(t.M))
	}
	if !t.WantV {
		return
	}
	r := sc.r[:hi-lo]
	pack.Residuals(t.Kappa, r, f, t.Y[lo:hi], t.Set, &sc.call)
	if t.D == 0 {
		return
	}
	t.packScaled(r, lo, hi, t.Block0, &sc.call)
}

// exactSum repeats the sum of sample i without the padding particles, whose weights 0 make NaN of an infinite
// coordinate.
func (t *Task[T]) exactSum(i int, sum float64) float64 {
	x := t.X[i*t.D:][:t.D]
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
	for j := range t.M {
		v, _, _ := t.sigma.Eval(sums.Dot(x, t.W[j*t.D:][:t.D]))
		sum += float64(float64(t.ap[j]) * v)
	}
	return sum
}

func (t *Task[T]) accumulate(index int, sc *sampleScratch[T]) {
	set := t.Set
	j0, tiles := t.chunk(index)
	s := t.keep(j0, sc)
	c := &sc.call
	c.Tiles, c.Stride = tiles, t.panels*set.Rows*set.Lanes
	at1 := max(1, pack.Depth/set.Lanes)
	for p := 0; p < t.panels; p += at1 {
		c.Panels = min(at1, t.panels-p)
		c.S = abi.At(s, p*set.Rows*set.Lanes)
		if t.Signs {
			t.accumulateSigns(p, j0, c)
			continue
		}
		for _, q := range t.Coords {
			c.Y = abi.At(t.yq, q.Offset*t.Samples+p*set.Lanes*q.Width)
			c.G = abi.At(t.g, q.Offset*t.padded+j0*q.Width)
			set.Accumulate[q.Kind](c)
		}
	}
}

// flush adds the chunk's float32 sums to the float64 ones and clears them.
func (t *Task[T]) flush(index int) {
	j0, tiles := t.chunk(index)
	for _, q := range t.Coords {
		lo := q.Offset*t.padded + j0*q.Width
		hi := lo + tiles*t.Set.Rows*q.Width
		wide, g := t.wide[lo:hi], t.g[lo:hi]
		for i, x := range g {
			wide[i] += float64(x)
		}
		clear(g)
	}
}

// finish writes the chunk's velocities, times a_j/n.
func (t *Task[T]) finish(index int) {
	j0 := index * pack.ChunkRows
	n := 1 / float64(t.N)
	for _, q := range t.Coords {
		valid := min(q.Width, t.D-q.Offset)
		for j := j0; j < min(j0+pack.ChunkRows, t.M); j++ {
			dst := t.V[j*t.D+q.Offset:][:valid]
			src := q.Offset*t.padded + j*q.Width
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

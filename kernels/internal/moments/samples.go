package moments

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/scalar"
	"kac/kernels/internal/split"
	"kac/kernels/internal/sums"
)

const (
	TensorRange  = 512     // least points that are summed apart
	TensorRanges = 32      // most ranges, unless flushSamples wants more
	tensorBlock  = 1 << 12 // entries that one unit of work adds up, or tiles it packs them into
	tensorGroup  = 4       // panels evaluated as one unit of work, a tile's matrix read for all of them
	squareSums   = 1 << 22 // most elements of RunVelocity's sums over ranges, if there are more than four
	tensorDepth  = 64      // particles that RunVelocity adds to a range's sums at once
)

type tensorStage uint8

const (
	tensorBuildParticles tensorStage = iota // sums over particles, range by range
	tensorBuildSamples                      // the same over samples
	tensorBuildSquare                       // those over particles of weight 1, several panels at once
	tensorTotal                             // sums of all ranges
	tensorPack                              // packed matrices
	tensorOutputs                           // f and the loss's factors
	tensorGradients                         // v
)

// Samples runs MomentForwardVelocity: sums of products of pairs over ranges of points, whose number depends on how many
// points there are and on nothing else, are added up in order and packed; then every panel of points is evaluated by
// itself.
type Samples[T abi.Float] struct {
	TensorLayout
	set                       *abi.Set
	stage                     tensorStage
	Ready, Y                  []T // x panels, labels
	W, A, F, V                []T
	r                         []T     // what the loss makes of f and y
	Kappa                     float64 // of the loss, see residuals
	n, m                      int
	points                    int // in the sums
	ranges                    int
	scale                     float64
	atOnce                    int // panels added to the sums at once
	list                      int // elements of a list's pairs of one panel
	sums                      []T // ranges x size
	totals                    []float64
	firstPacked, secondPacked []T
	scratch                   []tensorScratch[T]
}

type tensorScratch[T abi.Float] struct {
	call         abi.Call
	x            []T // tensorGroup x (d+1) x lanes: ones, then a panel
	scaled       []T // (d+1) x lanes: the same times weights
	pairs        []T // a list's pairs, in tiles; of each panel, or of panels at once
	other        []T // the other's, or products, likewise
	y            []T // first pairs by point, panels at once, in columns
	g            []T // tensorGroup x (d+1) x lanes
	weights, sum []T // lanes
}

// Plan lays the tensors out for the powers in the activation; for RunVelocity and RunSquared with n = 0.
func (t *Samples[T]) Plan(ws split.On, n, m, d int, act scalar.Function) {
	set := ws.Set
	t.set, t.n, t.m = set, n, m
	t.TensorLayout.Plan(d, act, set.Rows, set.Lanes, set.Widths)
	t.r = abi.Grow(t.r, abi.RoundUp(n, set.Lanes))
	t.totals = abi.Grow(t.totals, t.Size)
	t.firstPacked, t.secondPacked = abi.Grow(t.firstPacked, len(t.FirstEntries.From)), abi.Grow(t.secondPacked, len(t.SecondEntries.From))
	if n == 0 {
		t.sums = abi.Grow(t.sums, t.squareRanges()*t.Size)
	} else {
		t.sums = abi.Grow(t.sums, max(rangesOf(n), rangesOf(m))*t.Size)
	}
	if len(t.scratch) < ws.Workers {
		t.scratch = make([]tensorScratch[T], ws.Workers)
	}
	lanes := set.Lanes
	t.atOnce = max(1, tensorDepth/lanes)
	t.list = max(abi.RoundUp(t.nFirst, lanes), abi.RoundUp(max(t.nFirst, t.nSecond), set.Rows)) * lanes
	points, most := (d+1)*lanes, max(tensorGroup, t.atOnce)
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.x, sc.scaled, sc.g = abi.Grow(sc.x, tensorGroup*points), abi.Grow(sc.scaled, points), abi.Grow(sc.g, tensorGroup*points)
		sc.pairs, sc.other = abi.Grow(sc.pairs, most*t.list), abi.Grow(sc.other, most*t.list)
		sc.y, sc.weights, sc.sum = abi.Grow(sc.y, t.atOnce*t.list), abi.Grow(sc.weights, lanes), abi.Grow(sc.sum, lanes)
	}
}

// rangesOf returns how many ranges of points are summed apart.
func rangesOf(points int) int {
	return max(min(abi.BlocksOf(points, TensorRange), TensorRanges), abi.BlocksOf(points, pack.FlushSamples))
}

// squareRanges is rangesOf for RunVelocity and RunSquared, with fewer of them where the sums are large and, in
// float64, where there are many particles.
func (t *Samples[T]) squareRanges() int {
	ranges := min(abi.BlocksOf(t.m, TensorRange), TensorRanges, max(4, squareSums/t.Size))
	if unsafe.Sizeof(T(0)) == 4 {
		ranges = max(ranges, abi.BlocksOf(t.m, pack.FlushSamples))
	}
	return max(ranges, 1)
}

// Run carries the operation out.
func (t *Samples[T]) Run(p *pool.Pool) {
	outputs, gradients := abi.BlocksOf(t.n, tensorGroup*t.set.Lanes), abi.BlocksOf(t.m, tensorGroup*t.set.Lanes)
	t.build(p, tensorBuildParticles, t.m)
	t.do(p, tensorPack, len(t.firstTiles))
	t.do(p, tensorOutputs, outputs)
	t.build(p, tensorBuildSamples, t.n)
	t.do(p, tensorPack, len(t.firstTiles)+len(t.secondTiles))
	t.do(p, tensorGradients, gradients)
}

// RunVelocity carries out the half that is a velocity of unit weights among the particles themselves: with the sums
// over the m particles in place of samples, v_j = (1/m) sum_i sigma'(<w_j, w_i>) w_i.
func (t *Samples[T]) RunVelocity(p *pool.Pool) {
	t.build(p, tensorBuildSquare, t.m)
	t.do(p, tensorPack, len(t.firstTiles)+len(t.secondTiles))
	t.do(p, tensorGradients, abi.BlocksOf(t.m, tensorGroup*t.set.Lanes))
}

// RunSquared returns (1/m^2) sum_ij sigma(<w_i, w_j>) = sum_f c_|f| mult(f) T_f^2, T_f the means over the particles.
func (t *Samples[T]) RunSquared(p *pool.Pool) float64 {
	t.build(p, tensorBuildSquare, t.m)
	var tree sums.Tree
	for i, from := range t.FirstEntries.From {
		if weight := t.FirstEntries.Weight[i]; weight != 0 {
			x := t.totals[from]
			tree.Push(float64(weight * float64(x*x)))
		}
	}
	return tree.Total()
}

func (t *Samples[T]) do(p *pool.Pool, s tensorStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// build leaves the means of weighted products over all points in the totals.
func (t *Samples[T]) build(p *pool.Pool, s tensorStage, points int) {
	t.points, t.ranges, t.scale = points, rangesOf(points), 1/float64(points)
	if s == tensorBuildSquare {
		t.ranges = t.squareRanges()
	}
	t.do(p, s, t.ranges)
	t.do(p, tensorTotal, abi.BlocksOf(t.Size, tensorBlock))
}

// Block is a unit of work of the present stage.
func (t *Samples[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case tensorBuildParticles, tensorBuildSamples, tensorBuildSquare:
		t.sum(index, sc)
	case tensorTotal:
		t.total(index*tensorBlock, min((index+1)*tensorBlock, t.Size))
	case tensorPack:
		if index < len(t.firstTiles) {
			t.pack(t.firstPacked, t.firstTiles[index], &t.FirstEntries)
		} else {
			t.pack(t.secondPacked, t.secondTiles[index-len(t.firstTiles)], &t.SecondEntries)
		}
	case tensorOutputs:
		lo := index * tensorGroup
		t.outputs(lo, min(lo+tensorGroup, abi.BlocksOf(t.n, t.set.Lanes)), sc)
	case tensorGradients:
		lo := index * tensorGroup
		t.gradients(lo, min(lo+tensorGroup, abi.BlocksOf(t.m, t.set.Lanes)), sc)
	}
}

// loadSamples and loadParticles put a panel behind a row of ones.
func (t *Samples[T]) loadSamples(panel int, x []T) {
	lanes := t.set.Lanes
	fill(x[:lanes], 1)
	copy(x[lanes:], t.Ready[panel*lanes*t.d:][:lanes*t.d])
}

func (t *Samples[T]) loadParticles(panel int, x []T, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	lo := panel * lanes
	fill(x[:lanes], 1)
	pack.Samples(t.set, &sc.call, x[lanes:], t.W[lo*t.d:min(lo+lanes, t.m)*t.d], t.d)
}

// fill sets all elements to x.
func fill[T abi.Float](s []T, x T) {
	for i := range s {
		s[i] = x
	}
}

// sum adds up a range's weighted products of pairs, atOnce panels at a time or one.
func (t *Samples[T]) sum(index int, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	sums := t.sums[index*t.Size:][:t.Size]
	clear(sums)
	panels, atOnce := abi.BlocksOf(t.points, lanes), 1
	if t.stage == tensorBuildSquare {
		atOnce = t.atOnce
	}
	tile, end := set.Rows*lanes, panels*(index+1)/t.ranges
	for p := panels * index / t.ranges; p < end; p += atOnce {
		n := min(atOnce, end-p)
		for i := range n {
			outer := sc.x // the factors of second pairs, times weights
			switch t.stage {
			case tensorBuildSquare: // whose padding is zero, but for the ones
				t.loadParticles(p+i, sc.x, sc)
				clear(sc.x[min(lanes, t.points-(p+i)*lanes):lanes])
			case tensorBuildSamples:
				t.loadSamples(p+i, sc.x)
				outer = t.weighted(p+i, t.r, sc)
			default:
				t.loadParticles(p+i, sc.x, sc)
				outer = t.weighted(p+i, t.A, sc)
			}
			t.fillPairs(sc.pairs[i*tile:], t.second, t.nSecond, abi.RoundUp(t.nSecond, set.Rows), outer, sc.x, n*tile, sc)
			t.fillPairs(sc.other[i*t.list:], t.first, t.nFirst, abi.RoundUp(t.nFirst, lanes), sc.x, sc.x, tile, sc)
		}
		for _, columns := range t.columns {
			for i := range n {
				y, pairs := sc.y[(n*columns.first+i*columns.width)*lanes:], sc.other[i*t.list+columns.first*lanes:]
				pack.Transpose(set, c, y, pairs, columns.width, lanes, columns.width)
			}
		}
		c.Panels, c.Stride = n, n*tile
		for _, cell := range t.cells {
			columns := t.columns[cell.columns]
			c.S, c.Y, c.G = abi.At(sc.pairs, cell.tile*n*tile), abi.At(sc.y, n*columns.first*lanes), abi.At(sums, cell.at)
			c.Tiles = cell.tiles
			set.Accumulate[columns.kind](c)
		}
	}
}

// weighted returns the panel in sc.x times its points' weights, 1 if none are given, and 0 for its padding.
func (t *Samples[T]) weighted(panel int, given []T, sc *tensorScratch[T]) []T {
	lanes := t.set.Lanes
	lo, hi := panel*lanes, min((panel+1)*lanes, t.points)
	if given == nil {
		fill(sc.weights[:hi-lo], 1)
	} else {
		copy(sc.weights, given[lo:hi])
	}
	clear(sc.weights[hi-lo:])
	c := &sc.call
	c.Stride, c.R0 = t.set.Rows*lanes, 0
	c.X, c.W, c.S, c.N = abi.At(sc.weights, 0), abi.At(sc.x, 0), abi.At(sc.scaled, 0), t.d+1
	t.set.Multiply(c)
	return sc.scaled
}

// fillPairs writes the pairs of a list for the points of a panel, n of them padded with zeros, into tiles that are
// stride elements apart: outer variables times inner ones.
func (t *Samples[T]) fillPairs(out []T, runs []pairRun, n, padded int, outer, inner []T, stride int, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	c.Stride = stride
	place := func(row int) int { return row/set.Rows*stride + row%set.Rows*lanes }
	for _, r := range runs {
		c.R0 = r.at % set.Rows
		c.X, c.W, c.S, c.N = abi.At(outer, r.outer*lanes), abi.At(inner, r.lo*lanes), abi.At(out, place(r.at)), r.count()
		set.Multiply(c)
	}
	for ; n < padded; n++ {
		clear(out[place(n):][:lanes])
	}
}

// total adds up entries [lo, hi) of all ranges.
func (t *Samples[T]) total(lo, hi int) {
	totals := t.totals[lo:hi]
	clear(totals)
	for r := range t.ranges {
		for i, x := range t.sums[r*t.Size+lo : r*t.Size+hi] {
			totals[i] += float64(x)
		}
	}
	for i := range totals {
		totals[i] *= t.scale
	}
}

// pack writes a tile's matrix.
func (t *Samples[T]) pack(out []T, tile tensorTile, e *tensorEntries) {
	lo, hi := tile.at, tile.at+tile.count*t.rows
	out = out[lo:hi]
	from, weight := e.From[lo:hi], e.Weight[lo:hi]
	for i := range out {
		out[i] = T(weight[i] * t.totals[from[i]])
	}
}

// products multiplies a list's pairs of n panels in sc.pairs by packed matrices into sc.other.
func (t *Samples[T]) products(tiles []tensorTile, packed []T, n int, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	c.Stride, c.Tiles = set.Rows*lanes, 1
	for i, tile := range tiles {
		c.W, c.D = abi.At(packed, tile.at), tile.count
		for p := range n {
			c.X, c.S = abi.At(sc.pairs, p*t.list+tile.start*lanes), abi.At(sc.other, p*t.list+i*set.Rows*lanes)
			set.Product(c)
		}
	}
}

// allPairs fills a list's pairs for n panels.
func (t *Samples[T]) allPairs(runs []pairRun, pairs, n int, sc *tensorScratch[T]) {
	rows := t.set.Rows
	for p := range n {
		x := t.panel(sc.x, p)
		t.fillPairs(sc.pairs[p*t.list:], runs, pairs, abi.RoundUp(pairs, rows), x, x, rows*t.set.Lanes, sc)
	}
}

// panel is panel p of x or g.
func (t *Samples[T]) panel(x []T, p int) []T {
	size := (t.d + 1) * t.set.Lanes
	return x[p*size:][:size]
}

// dots sets sc.sum to the sum over a run of products times its inner variables.
func (t *Samples[T]) dots(r pairRun, products, x []T, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	clear(sc.sum)
	c.Z, c.D1, c.F, c.N = abi.At(products, r.at*lanes), abi.At(x, r.lo*lanes), abi.At(sc.sum, 0), r.count()
	t.set.ColumnDots(c)
}

// outputs writes f and the residuals of panels lo to hi of samples.
func (t *Samples[T]) outputs(from, to int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	for p := from; p < to; p++ {
		t.loadSamples(p, t.panel(sc.x, p-from))
	}
	t.allPairs(t.second, t.nSecond, to-from, sc)
	t.products(t.firstTiles, t.firstPacked, to-from, sc)
	for p := from; p < to; p++ {
		x, f := t.panel(sc.x, p-from), sc.g[:lanes]
		clear(f)
		for _, r := range t.first {
			t.dots(r, sc.other[(p-from)*t.list:], x, sc)
			c.Z, c.D1, c.F, c.N = abi.At(sc.sum, 0), abi.At(x, r.outer*lanes), abi.At(f, 0), 1
			t.set.ColumnDots(c)
		}
		lo := p * lanes
		hi := min(lo+lanes, t.n)
		copy(t.F[lo:hi], f)
		pack.Residuals(t.Kappa, t.r[lo:hi], t.F[lo:hi], t.Y[lo:hi], t.set, c)
	}
}

// gradients writes v of panels from to to of particles.
func (t *Samples[T]) gradients(from, to int, sc *tensorScratch[T]) {
	lanes, n := t.set.Lanes, to-from
	for p := range n {
		t.loadParticles(from+p, t.panel(sc.x, p), sc)
		clear(t.panel(sc.g, p))
	}
	t.allPairs(t.second, t.nSecond, n, sc)
	t.products(t.firstTiles, t.firstPacked, n, sc)
	t.spread(t.first, n, sc)
	t.allPairs(t.first, t.nFirst, n, sc)
	t.products(t.secondTiles, t.secondPacked, n, sc)
	t.spread(t.second, n, sc)
	for p := range n {
		lo, g := (from+p)*lanes, t.panel(sc.g, p)[lanes:]
		hi := min(lo+lanes, t.m)
		v := t.V[lo*t.d : hi*t.d]
		if hi-lo == lanes {
			pack.Transpose(t.set, &sc.call, v, g, t.d, lanes, t.d)
		} else {
			for i := range v {
				v[i] = g[i%t.d*lanes+i/t.d]
			}
		}
		if t.A == nil {
			continue
		}
		for l, a := range t.A[lo:hi] {
			row := v[l*t.d:][:t.d]
			for b := range row {
				row[b] *= a
			}
		}
	}
}

// spread adds to g of n panels what the factors of a list's pairs have of the gradient: each the other one times the
// product in sc.other.
func (t *Samples[T]) spread(runs []pairRun, n int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	for p := range n {
		x, g, products := t.panel(sc.x, p), t.panel(sc.g, p), sc.other[p*t.list:]
		for _, r := range runs {
			c.Z, c.W, c.G, c.N = abi.At(products, r.at*lanes), abi.At(x, r.outer*lanes), abi.At(g, r.lo*lanes), r.count()
			c.D1, c.F = abi.At(x, r.lo*lanes), abi.At(g, r.outer*lanes)
			t.set.SpreadRows(c)
		}
	}
}

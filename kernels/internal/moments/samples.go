package moments

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/scalar"
	"kac/kernels/internal/split"
)

const (
	TensorRange  = 512     // least points that are summed apart
	TensorRanges = 32      // most ranges, unless flushSamples wants more
	tensorBlock  = 1 << 12 // entries that one unit of work adds up, or tiles it packs them into
	tensorGroup  = 2       // panels evaluated as one unit of work
)

type tensorStage uint8

const (
	tensorBuildParticles tensorStage = iota // sums over particles, range by range
	tensorBuildSamples                      // the same over samples
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
	sums                      []T // ranges x size
	totals                    []float64
	firstPacked, secondPacked []T
	scratch                   []tensorScratch[T]
}

type tensorScratch[T abi.Float] struct {
	call         abi.Call
	x            []T // (d+1) x lanes: ones, then a panel
	scaled       []T // the same times weights
	pairs        []T // a list's pairs, in tiles
	other        []T // the other's, or products
	y            []T // lanes x lanes: first pairs by point
	g            []T // (d+1) x lanes
	weights, sum []T // lanes
}

// Plan lays the tensors out for the powers in the activation.
func (t *Samples[T]) Plan(ws split.On, n, m, d int, act scalar.Function) {
	set := ws.Set
	t.set, t.n, t.m = set, n, m
	t.TensorLayout.Plan(d, act, set.Rows, set.Lanes)
	t.r = abi.Grow(t.r, abi.RoundUp(n, set.Lanes))
	t.totals = abi.Grow(t.totals, t.Size)
	t.firstPacked, t.secondPacked = abi.Grow(t.firstPacked, len(t.FirstEntries.From)), abi.Grow(t.secondPacked, len(t.SecondEntries.From))
	t.sums = abi.Grow(t.sums, max(rangesOf(n), rangesOf(m))*t.Size)
	if len(t.scratch) < ws.Workers {
		t.scratch = make([]tensorScratch[T], ws.Workers)
	}
	lanes := set.Lanes
	size := max(abi.RoundUp(t.nFirst, lanes), abi.RoundUp(max(t.nFirst, t.nSecond), set.Rows)) * lanes
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.x, sc.scaled, sc.g = abi.Grow(sc.x, (d+1)*lanes), abi.Grow(sc.scaled, (d+1)*lanes), abi.Grow(sc.g, (d+1)*lanes)
		sc.pairs, sc.other = abi.Grow(sc.pairs, size), abi.Grow(sc.other, size)
		sc.y, sc.weights, sc.sum = abi.Grow(sc.y, lanes*lanes), abi.Grow(sc.weights, lanes), abi.Grow(sc.sum, lanes)
	}
}

// rangesOf returns how many ranges of points are summed apart.
func rangesOf(points int) int {
	return max(min(abi.BlocksOf(points, TensorRange), TensorRanges), abi.BlocksOf(points, pack.FlushSamples))
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

func (t *Samples[T]) do(p *pool.Pool, s tensorStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// build leaves the means of weighted products over all points in the totals.
func (t *Samples[T]) build(p *pool.Pool, s tensorStage, points int) {
	t.points, t.ranges, t.scale = points, rangesOf(points), 1/float64(points)
	t.do(p, s, t.ranges)
	t.do(p, tensorTotal, abi.BlocksOf(t.Size, tensorBlock))
}

// Block is a unit of work of the present stage.
func (t *Samples[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case tensorBuildParticles, tensorBuildSamples:
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
		for p := index * tensorGroup; p < min((index+1)*tensorGroup, abi.BlocksOf(t.n, t.set.Lanes)); p++ {
			t.outputs(p, sc)
		}
	case tensorGradients:
		for p := index * tensorGroup; p < min((index+1)*tensorGroup, abi.BlocksOf(t.m, t.set.Lanes)); p++ {
			t.gradients(p, sc)
		}
	}
}

// loadSamples and loadParticles put a panel behind a row of ones.
func (t *Samples[T]) loadSamples(panel int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	fill(sc.x[:lanes], 1)
	copy(sc.x[lanes:], t.Ready[panel*lanes*t.d:][:lanes*t.d])
}

func (t *Samples[T]) loadParticles(panel int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	lo := panel * lanes
	fill(sc.x[:lanes], 1)
	pack.Samples(t.set, &sc.call, sc.x[lanes:], t.W[lo*t.d:min(lo+lanes, t.m)*t.d], t.d)
}

// fill sets all elements to x.
func fill[T abi.Float](s []T, x T) {
	for i := range s {
		s[i] = x
	}
}

// sum adds up a range's weighted products of pairs, panel by panel.
func (t *Samples[T]) sum(index int, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	sums := t.sums[index*t.Size:][:t.Size]
	clear(sums)
	panels := abi.BlocksOf(t.points, lanes)
	for p := panels * index / t.ranges; p < panels*(index+1)/t.ranges; p++ {
		lo, hi := p*lanes, min((p+1)*lanes, t.points)
		given := t.r
		if t.stage == tensorBuildSamples {
			t.loadSamples(p, sc)
		} else {
			t.loadParticles(p, sc)
			given = t.A
		}
		if given == nil {
			fill(sc.weights[:hi-lo], 1)
		} else {
			copy(sc.weights, given[lo:hi])
		}
		clear(sc.weights[hi-lo:])

		c.Stride, c.R0 = set.Rows*lanes, 0
		c.X, c.W, c.S, c.N = abi.At(sc.weights, 0), abi.At(sc.x, 0), abi.At(sc.scaled, 0), t.d+1
		set.Multiply(c)
		t.fillPairs(sc.pairs, t.second, t.nSecond, abi.RoundUp(t.nSecond, set.Rows), sc.scaled, sc)
		t.fillPairs(sc.other, t.first, t.nFirst, abi.RoundUp(t.nFirst, lanes), sc.x, sc)
		for q, columns := range t.columns {
			t.turn(sc.other[q*lanes*lanes:], sc)
			c.S, c.Y, c.G = abi.At(sc.pairs, columns.tile*set.Rows*lanes), abi.At(sc.y, 0), abi.At(sums, columns.at)
			c.Tiles, c.Panels, c.Stride = len(t.secondTiles)-columns.tile, 1, set.Rows*lanes
			set.Accumulate[0](c)
		}
	}
}

// fillPairs writes the pairs of a list for the points of a panel, n of them padded with zeros: outer variables from the
// given panel, inner ones from that of sc.
func (t *Samples[T]) fillPairs(out []T, runs []pairRun, n, padded int, outer []T, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	c.Stride, c.R0 = set.Rows*lanes, 0
	for _, r := range runs {
		c.X, c.W, c.S, c.N = abi.At(outer, r.outer*lanes), abi.At(sc.x, r.lo*lanes), abi.At(out, r.at*lanes), r.count()
		set.Multiply(c)
	}
	clear(out[n*lanes : padded*lanes])
}

// turn transposes lanes rows of lanes elements into sc.y.
func (t *Samples[T]) turn(rows []T, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	if t.set.Transpose == nil {
		pack.Columns(sc.y, rows[:lanes*lanes], lanes, lanes, 0)
		return
	}
	c := &sc.call
	c.Z, c.G, c.D = abi.At(rows, 0), abi.At(sc.y, 0), lanes
	t.set.Transpose(c)
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

// products multiplies a list's pairs in sc.pairs by packed matrices into sc.other.
func (t *Samples[T]) products(tiles []tensorTile, packed []T, sc *tensorScratch[T]) {
	set, lanes := t.set, t.set.Lanes
	c := &sc.call
	c.Stride, c.Tiles = set.Rows*lanes, 1
	for i, tile := range tiles {
		c.X, c.W, c.S = abi.At(sc.pairs, tile.start*lanes), abi.At(packed, tile.at), abi.At(sc.other, i*set.Rows*lanes)
		c.D = tile.count
		set.Product(c)
	}
}

// dots sets sc.sum to the sum over a run of products in sc.other times its inner variables.
func (t *Samples[T]) dots(r pairRun, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	clear(sc.sum)
	c.Z, c.D1, c.F, c.N = abi.At(sc.other, r.at*lanes), abi.At(sc.x, r.lo*lanes), abi.At(sc.sum, 0), r.count()
	t.set.ColumnDots(c)
}

// outputs writes f and the residuals of one panel of samples.
func (t *Samples[T]) outputs(panel int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	t.loadSamples(panel, sc)
	t.fillPairs(sc.pairs, t.second, t.nSecond, abi.RoundUp(t.nSecond, t.set.Rows), sc.x, sc)
	t.products(t.firstTiles, t.firstPacked, sc)
	f := sc.g[:lanes]
	clear(f)
	for _, r := range t.first {
		t.dots(r, sc)
		c.Z, c.D1, c.F, c.N = abi.At(sc.sum, 0), abi.At(sc.x, r.outer*lanes), abi.At(f, 0), 1
		t.set.ColumnDots(c)
	}
	lo := panel * lanes
	hi := min(lo+lanes, t.n)
	copy(t.F[lo:hi], f)
	pack.Residuals(t.Kappa, t.r[lo:hi], t.F[lo:hi], t.Y[lo:hi], t.set, c)
}

// gradients writes v of one panel of particles.
func (t *Samples[T]) gradients(panel int, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	t.loadParticles(panel, sc)
	clear(sc.g)
	t.fillPairs(sc.pairs, t.second, t.nSecond, abi.RoundUp(t.nSecond, t.set.Rows), sc.x, sc)
	t.products(t.firstTiles, t.firstPacked, sc)
	t.spread(t.first, sc)
	t.fillPairs(sc.pairs, t.first, t.nFirst, abi.RoundUp(t.nFirst, t.set.Rows), sc.x, sc)
	t.products(t.secondTiles, t.secondPacked, sc)
	t.spread(t.second, sc)
	lo := panel * lanes
	for l := range min(lanes, t.m-lo) {
		a := T(1)
		if t.A != nil {
			a = t.A[lo+l]
		}
		row := t.V[(lo+l)*t.d:][:t.d]
		for b := range row {
			row[b] = a * sc.g[(b+1)*lanes+l]
		}
	}
}

// spread adds to g what the factors of a list's pairs have of the gradient: each the other one times the product in
// sc.other.
func (t *Samples[T]) spread(runs []pairRun, sc *tensorScratch[T]) {
	lanes := t.set.Lanes
	c := &sc.call
	for _, r := range runs {
		c.Z, c.W, c.G, c.N = abi.At(sc.other, r.at*lanes), abi.At(sc.x, r.outer*lanes), abi.At(sc.g, r.lo*lanes), r.count()
		t.set.AddRows(c)
		c.D1, c.F = abi.At(sc.x, r.lo*lanes), abi.At(sc.g, r.outer*lanes)
		t.set.ColumnDots(c)
	}
}

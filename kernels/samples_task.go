package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

const (
	chunkRows     = 48       // particles per unit of work: 8 tiles of 6, a multiple of every level's align
	tileBytes     = 2 << 20  // what the kept part of Z may take for one block of samples: not much more than the second-level cache
	lastBytes     = 16 << 20 // what of Z may be expected to stay in the last-level cache
	depth         = 128      // most samples that accumulate sums in registers at once: their y panel is 32 KB
	blockMost     = 2048     // most samples in a block
	signMost      = 512      // the same for samples of +-1
	blockStep     = 64       // samples in a block are a multiple of this and of lanes
	flushSamples  = 4096     // float32: after about this many samples partial sums move to float64
	tileCallLimit = 1 << 14  // tiles times d of one call of a product kernel, which bounds its time to about 100 us
)

// stage says what a block of a sampleTask does.
type stage uint8

const (
	stagePack       stage = iota // first block: x panels
	stagePackSigns               // of PackedSamples: signs of all samples
	stageProduct                 // Z = X W^T by chunk of particles, activated as it is made
	stageResidual                // f and r of this block's samples, their y panels, and the next block's x panels
	stageAccumulate              // V += S^T Y by chunk of particles
	stageFlush                   // float32: V to float64
	stageFinish                  // V out of its panels
)

// sampleTask runs Forward, Velocity and ForwardVelocity. The samples are taken in blocks; for each block every chunk of particles
// is a unit of work, whose results nobody else writes, so that no sum depends on the number of workers.
type sampleTask[T Float] struct {
	set           *kernelSet
	x, w, a, y, r []T
	f, v          []T
	n, m, d       int
	wantV, wantF  bool // wantF: r is not given, the loss makes it of f and y
	loss          Loss
	sigma         Activation
	act           packedActivation[T]

	stage   stage
	padded  int // particles, padded
	chunks  int
	block0  int // first sample of the block
	samples int // samples in a full block, a multiple of lanes
	panels  int // panels in the current block
	coords  []coordinatePanel
	width   int      // padded coordinates
	wp, ap  []T      // packed W, padded a
	xt      []T      // x panels of a block
	ready   []T      // x panels of all samples, packed before; nil: packed block by block into xt
	parts   []uint16 // the same in bf16 parts, of a workspace for these
	inner   int      // coordinates of packed W

	signs       bool    // all coordinates of the samples are +-1, and the set has kernels for that: see abi.Signs
	columnSigns []int32 // in place of xt: those of the block, or of all samples if ready
	rowSigns    []int32 // in place of yq, with signed; likewise
	ownColumns  []int32 // those of the block
	ownRows     []int32
	signed      []T

	yq      []T  // y panels of a block
	s       []T  // kept part of Z
	part    []T  // chunk x samples: a chunk's share of m f
	g       []T  // V in panels
	flushes bool // float32: sums go on in float64
	wide    []float64
	scratch []sampleScratch[T]
}

type sampleScratch[T Float] struct {
	call call
	s    []T // tiles of one panel, when Z is not kept
	r    []T

	tables []T // of a chunk, for signs
}

func (t *sampleTask[T]) run(ws *Workspace[T], n, m, d int, act Activation) {
	t.n, t.m, t.d = n, m, d
	if n == 0 || m == 0 {
		clear(t.f)
		clear(t.v)
		t.release()
		return
	}
	if ws.split != nil {
		t.split(ws, act)
		t.release()
		return
	}
	t.plan(ws, act)
	pool := ws.pool
	groups := abi.BlocksOf(t.samples/t.set.Lanes, packPanels)
	t.do(pool, stagePack, groups)
	for since := 0; t.block0 < t.n; t.block0 += t.samples {
		t.panels = abi.BlocksOf(min(t.samples, t.n-t.block0), t.set.Lanes)
		t.do(pool, stageProduct, t.chunks)
		if t.wantF || t.block0+t.samples < t.n {
			t.do(pool, stageResidual, groups)
		}
		if t.wantF && t.wantV {
			t.do(pool, stageAccumulate, t.chunks)
		}
		if since += t.samples; t.flushes && since >= flushSamples {
			since = 0
			t.do(pool, stageFlush, t.chunks)
		}
	}
	if t.wantV {
		if t.flushes {
			t.do(pool, stageFlush, t.chunks)
		}
		t.do(pool, stageFinish, t.chunks)
	}
	t.release()
}

func (t *sampleTask[T]) do(p *pool.Pool, s stage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// release drops the caller's slices.
func (t *sampleTask[T]) release() {
	t.x, t.w, t.a, t.y, t.r, t.f, t.v, t.ready, t.parts, t.columnSigns, t.rowSigns = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
}

// packPanels x panels are packed as one unit of work.
const packPanels = 2

func (t *sampleTask[T]) plan(ws *Workspace[T], act Activation) {
	set := ws.set
	t.set = set
	t.sigma = act
	t.act.set(act)
	t.coords = coordinatePanels(set, t.d, t.coords)
	t.width = panelsWidth(t.coords)
	t.padded = abi.RoundUp(t.m, set.Align)
	t.chunks = abi.BlocksOf(t.padded, chunkRows)
	t.block0 = 0
	if t.ready == nil {
		t.signs = set.Signs != nil && t.d > 0 && areSigns(t.x)
	}
	t.samples = t.blockSamples()
	t.flushes = t.wantV && unsafe.Sizeof(T(0)) == 4 // outputs alone have no sums to move, whatever the last call had

	t.packW()
	t.ap = abi.Grow(t.ap, t.padded)
	for j := range t.ap[:t.m] {
		t.ap[j] = 1
	}
	copy(t.ap, t.a)
	clear(t.ap[t.m:])
	switch {
	case t.ready != nil:
	case t.signs:
		t.ownColumns = abi.Grow(t.ownColumns, t.samples*signGroups(t.d))
		t.ownRows = abi.Grow(t.ownRows, t.samples*t.width/signBits)
		t.columnSigns, t.rowSigns = t.ownColumns, t.ownRows
	default:
		t.xt = abi.Grow(t.xt, t.samples*t.d)
	}
	t.part = abi.Grow(t.part, t.chunks*t.samples)
	if t.wantV {
		if t.signs {
			t.signed = abi.Grow(t.signed, t.samples<<signBits)
		} else {
			t.yq = abi.Grow(t.yq, t.samples*t.width)
		}
		t.g = abi.Grow(t.g, t.padded*t.width)
		clear(t.g)
		if t.flushes {
			t.wide = abi.Grow(t.wide, t.padded*t.width)
			clear(t.wide)
		}
	}
	kept := 0
	if t.wantF && t.wantV {
		t.s = abi.Grow(t.s, t.padded*t.samples)
	} else if t.wantV {
		kept = chunkRows * t.samples
	} else {
		kept = chunkRows * set.Lanes
	}
	t.scratches(ws)
	for i := range t.scratch {
		t.scratch[i].s = abi.Grow(t.scratch[i].s, kept)
		t.scratch[i].r = abi.Grow(t.scratch[i].r, packPanels*set.Lanes)
		if t.signs {
			t.scratch[i].tables = abi.Grow(t.scratch[i].tables, chunkRows*signGroups(t.d)<<signBits)
		}
	}
}

// scratches gives every worker its scratch.
func (t *sampleTask[T]) scratches(ws *Workspace[T]) {
	if len(t.scratch) < ws.workers {
		t.scratch = make([]sampleScratch[T], ws.workers)
	}
}

// blockSamples chooses how many samples make a block: as many as tileBytes allow, for the residual's barrier to be rare.
func (t *sampleTask[T]) blockSamples() int {
	n := blockMost
	if t.wantV {
		rows := t.padded
		if !t.wantF {
			rows = chunkRows * 8 // Z is kept for one chunk only, in an eighth of the budget
		}
		n = tileBytes / int(unsafe.Sizeof(T(0))) / rows
		if t.signs { // a block's tables pay over more samples
			n = min(4*n, signMost)
		}
	}
	step := max(blockStep, t.set.Lanes)
	if n < step {
		n = 2 * step // Z, W and V all come from the last level or beyond; the longer block halves the traffic of the latter two
		if t.padded*n*int(unsafe.Sizeof(T(0))) > lastBytes {
			n = 8 * step // Z comes from memory at any length
		}
	}
	n = (n + step/2) / step * step // to the nearest: padded particles must not halve a short block
	return min(n, blockMost/step*step, abi.RoundUp(t.n, step))
}

func (t *sampleTask[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case stagePack:
		t.packX(index, t.block0, &sc.call)
		if !t.wantF {
			t.packY(index, t.block0, t.r, &sc.call)
		}
	case stagePackSigns:
		if lo, hi := t.rangeOf(index, 0); lo < hi {
			t.packColumnSigns(lo, hi, 0)
			t.packRowSigns(lo, hi, 0, t.samples)
		}
	case stageProduct:
		t.products(index, sc)
		if !t.wantF {
			t.accumulate(index, sc)
		}
	case stageResidual:
		if t.wantF {
			t.residual(index, sc)
		}
		if next := t.block0 + t.samples; next < t.n {
			t.packX(index, next, &sc.call)
			if !t.wantF {
				t.packY(index, next, t.r, &sc.call)
			}
		}
	case stageAccumulate:
		t.accumulate(index, sc)
	case stageFlush:
		t.flush(index)
	case stageFinish:
		t.finish(index)
	}
}

package kernels

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pool"
)

const (
	splitChunk   = 4   // blocks of particles in a unit of work
	splitPanels  = 4   // panels of 32 samples multiplied by one call
	splitLeast   = 128 // samples in a block, unless there are fewer
	splitMost    = 256 // as many: an operand of the accumulation then fits the first-level cache
	splitGroup   = 32  // blocks of particles that one panel of Q is formed for
	splitPackers = 2   // panels of samples in a unit of packing
)

// splitTask runs the operations on samples with bf16 parts: outputs, velocities and local Hessians. It is cut up as sampleTask and secondTask are; what is
// multiplied lies in the blocks of a splitSet.
type splitTask struct {
	set              *splitSet
	second           *kernelSet // has derivatives
	x, w, a, y, r    []float32
	f, out           []float32 // out: velocities or Hessians
	n, m, d          int
	wantF, wantV     bool // wantF: r is not given, the loss makes it of f and y
	loss             Loss
	hessian, project bool
	act              packedActivation[float32]

	stage   splitStage
	blocks  int // of 32 particles
	chunks  int
	depth   int // blocks of 32 coordinates
	columns int // of the result: d or d(d+1)/2
	width   int // panels of 32 of them
	block0  int // first sample of the block
	samples int // samples in a full block
	panels  int // panels of 32 samples in the current one
	wa      []uint16
	xb      []uint16
	ready   []uint16  // x packed before, all samples; nil: by block into xb
	yb      []uint16  // r x
	s       []uint16  // sigma' or sigma'' of the block, [particles][panel]
	ap, rp  []float32 // padded a, and r of the block
	part    []float32 // chunk x samples: a chunk's share of m f
	g       []float32 // results in panels
	wide    []float64 // the same from flushed blocks
	c       []float32 // Hessian: partial sums of <w_j, g_j>
	scratch []splitScratch
}

type splitScratch struct {
	call  call
	split splitCall
	block []float32 // what is being packed
	z     []float32 // a chunk over splitPanels panels
	d1    []float32 // its derivatives
	d2    []float32
	q     []uint16 // a panel of Q
	u     []float64
	r     []float32 // of a panel of samples
}

type splitStage uint8

const (
	splitPack splitStage = iota
	splitPackAll
	splitWeights
	splitProduct
	splitResidual
	splitAccumulate
	splitAccumulateQ
	splitFlush
	splitFinish
)

// split runs the task of a workspace for bf16 parts.
func (t *sampleTask[T]) split(ws *Workspace[T], act Activation) {
	s := ws.split
	s.x, s.w, s.a, s.y, s.r = floats(t.x), floats(t.w), nil, floats(t.y), floats(t.r)
	if t.a != nil {
		s.a = floats(t.a)
	}
	s.f, s.out = floats(t.f), floats(t.v)
	s.ready = nil
	if t.ready != nil { // packed samples: for a workspace of bf16 parts these are in them
		s.ready = t.parts
	}
	s.wantF, s.wantV, s.hessian, s.project, s.loss = t.wantF, t.wantV, false, false, t.loss
	s.n, s.m, s.d, s.columns = t.n, t.m, t.d, t.d
	s.run(ws.set, ws.workers, ws.pool, act)
}

func (t *secondTask[T]) split(ws *Workspace[T], act Activation) {
	s := ws.split
	s.x, s.w, s.a, s.y, s.r = floats(t.x), floats(t.w), nil, nil, floats(t.r)
	if t.a != nil {
		s.a = floats(t.a)
	}
	s.f, s.out = nil, floats(t.out)
	s.wantF, s.wantV, s.hessian, s.project = false, true, true, t.project
	s.n, s.m, s.d, s.columns = t.n, t.m, t.d, PackedLen(t.d)
	s.run(ws.set, ws.workers, ws.pool, act)
}

func (t *splitTask) run(second *kernelSet, workers int, pool *pool.Pool, act Activation) {
	t.second = second
	t.act.set(act)
	t.plan(workers)
	t.do(pool, splitWeights, t.chunks)
	for since := 0; t.block0 < t.n; t.block0 += t.samples {
		t.panels = abi.BlocksOf(min(t.samples, t.n-t.block0), tileSide)
		groups := abi.BlocksOf(t.panels, splitPackers)
		t.do(pool, splitPack, groups)
		t.do(pool, splitProduct, t.chunks)
		if t.wantF {
			t.do(pool, splitResidual, groups)
		}
		if t.hessian {
			t.do(pool, splitAccumulateQ, t.width*abi.BlocksOf(t.blocks, splitGroup))
		} else if t.wantV {
			t.do(pool, splitAccumulate, t.chunks)
		}
		if since += t.samples; t.wantV && since >= flushSamples {
			since = 0
			t.do(pool, splitFlush, t.chunks)
		}
	}
	if t.wantV {
		t.do(pool, splitFlush, t.chunks)
		t.do(pool, splitFinish, t.chunks)
	}
	t.x, t.w, t.a, t.y, t.r, t.f, t.out, t.ready = nil, nil, nil, nil, nil, nil, nil, nil
}

func (t *splitTask) do(p *pool.Pool, s splitStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

func (t *splitTask) plan(workers int) {
	block := t.set.Parts * tileFloats // bf16 numbers of one
	t.blocks = abi.BlocksOf(t.m, tileSide)
	t.chunks = abi.BlocksOf(t.blocks, splitChunk)
	t.depth = abi.BlocksOf(t.d, tileSide)
	t.width = abi.BlocksOf(t.columns, tileSide)
	t.block0 = 0
	padded := t.blocks * tileSide
	t.samples = splitMost
	if t.wantV { // as many as tileBytes allow for s
		t.samples = min(max(tileBytes/(2*t.set.Parts)/padded, splitLeast), splitMost) / tileSide * tileSide
	}
	t.samples = min(t.samples, abi.RoundUp(t.n, tileSide))
	panels := t.samples / tileSide

	t.wa = abi.Grow(t.wa, t.blocks*t.depth*block)
	t.ap = abi.Grow(t.ap, padded)
	for j := range t.ap[:t.m] {
		t.ap[j] = 1
	}
	copy(t.ap, t.a)
	clear(t.ap[t.m:])
	if t.ready == nil {
		t.xb = abi.Grow(t.xb, panels*t.depth*block)
	}
	t.part = abi.Grow(t.part, t.chunks*t.samples)
	if t.wantV {
		t.s = abi.Grow(t.s, t.blocks*panels*block)
		t.g = abi.Grow(t.g, t.width*padded*tileSide)
		clear(t.g)
		t.wide = abi.Grow(t.wide, len(t.g))
		clear(t.wide)
	}
	if t.hessian {
		t.rp = abi.Grow(t.rp, t.samples)
		t.c = abi.Grow(t.c, padded*t.set.Tiles.Partial)
		clear(t.c)
	} else if t.wantV {
		t.yb = abi.Grow(t.yb, t.width*panels*block)
	}
	t.scratches(workers)
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.z = abi.Grow(sc.z, splitPanels*splitChunk*tileFloats)
		if t.hessian {
			sc.d1, sc.d2 = abi.Grow(sc.d1, len(sc.z)), abi.Grow(sc.d2, len(sc.z))
			sc.q = abi.Grow(sc.q, panels*block)
			sc.u = abi.Grow(sc.u, t.d)
		}
	}
}

func (t *splitTask) scratches(workers int) {
	if len(t.scratch) < workers {
		t.scratch = make([]splitScratch, workers)
		for i := range t.scratch {
			t.scratch[i].block, t.scratch[i].r = make([]float32, tileFloats), make([]float32, tileSide)
		}
	}
}

func (t *splitTask) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case splitPack:
		t.packPanels(index, sc)
	case splitPackAll:
		t.packX(t.xb, index, 0, sc)
	case splitWeights:
		t.packW(index, sc)
	case splitProduct:
		t.products(index, sc)
	case splitResidual:
		t.residual(index, sc)
	case splitAccumulate:
		t.accumulate(index, sc)
	case splitAccumulateQ:
		t.multiplyQ(index%t.width, index/t.width, sc)
	case splitFlush:
		t.flush(index)
	case splitFinish:
		t.finish(index, sc)
	}
}

// chunk returns the first block of particles of a unit and their number.
func (t *splitTask) chunk(index int) (first, blocks int) {
	first = index * splitChunk
	return first, min(splitChunk, t.blocks-first)
}

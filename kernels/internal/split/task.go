package split

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/scalar"
)

const (
	Chunk        = 4   // blocks of particles in a unit of work
	splitPanels  = 4   // panels of 32 samples multiplied by one call
	splitLeast   = 128 // samples in a block, unless there are fewer
	Most         = 256 // as many: an operand of the accumulation then fits the first-level cache
	splitGroup   = 32  // blocks of particles that one panel of Q is formed for
	splitPackers = 2   // panels of samples in a unit of packing
)

// Task runs the operations on samples with bf16 parts: outputs, velocities and local Hessians. It is cut up as
// samples.Task and hessians.Task are; what is multiplied lies in the blocks of a splitSet.
type Task struct {
	Set              *abi.SplitSet
	second           *abi.Set // has derivatives
	X, W, A, Y, R    []float32
	F, Out           []float32 // out: velocities or Hessians
	N, M, D          int
	WantF, WantV     bool    // wantF: r is not given, the loss makes it of f and y
	Kappa            float64 // of the loss, see residuals
	Hessian, Project bool
	act              pack.Activation[float32]

	stage   splitStage
	blocks  int // of 32 particles
	chunks  int
	depth   int // blocks of 32 coordinates
	Columns int // of the result: d or d(d+1)/2
	width   int // panels of 32 of them
	block0  int // first sample of the block
	samples int // samples in a full block
	panels  int // panels of 32 samples in the current one
	wa      []uint16
	xb      []uint16
	Ready   []uint16  // x packed before, all samples; nil: by block into xb
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
	call  abi.Call
	split abi.SplitCall
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

// Run carries the operation out; second has the derivatives that the engine's own set lacks.
func (t *Task) Run(second *abi.Set, workers int, pool *pool.Pool, act scalar.Function) {
	t.second = second
	t.act.Set(act)
	t.plan(workers)
	t.do(pool, splitWeights, t.chunks)
	for since := 0; t.block0 < t.N; t.block0 += t.samples {
		t.panels = abi.BlocksOf(min(t.samples, t.N-t.block0), abi.TileSide)
		groups := abi.BlocksOf(t.panels, splitPackers)
		t.do(pool, splitPack, groups)
		t.do(pool, splitProduct, t.chunks)
		if t.WantF {
			t.do(pool, splitResidual, groups)
		}
		if t.Hessian {
			t.do(pool, splitAccumulateQ, t.width*abi.BlocksOf(t.blocks, splitGroup))
		} else if t.WantV {
			t.do(pool, splitAccumulate, t.chunks)
		}
		if since += t.samples; t.WantV && since >= pack.FlushSamples {
			since = 0
			t.do(pool, splitFlush, t.chunks)
		}
	}
	if t.WantV {
		t.do(pool, splitFlush, t.chunks)
		t.do(pool, splitFinish, t.chunks)
	}
	t.X, t.W, t.A, t.Y, t.R, t.F, t.Out, t.Ready = nil, nil, nil, nil, nil, nil, nil, nil
}

func (t *Task) do(p *pool.Pool, s splitStage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

func (t *Task) plan(workers int) {
	block := t.Set.Parts * abi.TileFloats // bf16 numbers of one
	t.blocks = abi.BlocksOf(t.M, abi.TileSide)
	t.chunks = abi.BlocksOf(t.blocks, Chunk)
	t.depth = abi.BlocksOf(t.D, abi.TileSide)
	t.width = abi.BlocksOf(t.Columns, abi.TileSide)
	t.block0 = 0
	padded := t.blocks * abi.TileSide
	t.samples = Most
	if t.WantV { // as many as tileBytes allow for s
		t.samples = min(max(pack.TileBytes/(2*t.Set.Parts)/padded, splitLeast), Most) / abi.TileSide * abi.TileSide
	}
	t.samples = min(t.samples, abi.RoundUp(t.N, abi.TileSide))
	panels := t.samples / abi.TileSide

	t.wa = abi.Grow(t.wa, t.blocks*t.depth*block)
	t.ap = abi.Grow(t.ap, padded)
	for j := range t.ap[:t.M] {
		t.ap[j] = 1
	}
	copy(t.ap, t.A)
	clear(t.ap[t.M:])
	if t.Ready == nil {
		t.xb = abi.Grow(t.xb, panels*t.depth*block)
	}
	t.part = abi.Grow(t.part, t.chunks*t.samples)
	if t.WantV {
		t.s = abi.Grow(t.s, t.blocks*panels*block)
		t.g = abi.Grow(t.g, t.width*padded*abi.TileSide)
		clear(t.g)
		t.wide = abi.Grow(t.wide, len(t.g))
		clear(t.wide)
	}
	if t.Hessian {
		t.rp = abi.Grow(t.rp, t.samples)
		t.c = abi.Grow(t.c, padded*t.Set.Tiles.Partial)
		clear(t.c)
	} else if t.WantV {
		t.yb = abi.Grow(t.yb, t.width*panels*block)
	}
	t.scratches(workers)
	for i := range t.scratch {
		sc := &t.scratch[i]
		sc.r = abi.Grow(sc.r, abi.RoundUp(abi.TileSide, t.second.Lanes)) // room for pack.Residuals
		sc.z = abi.Grow(sc.z, splitPanels*Chunk*abi.TileFloats)
		if t.Hessian {
			sc.d1, sc.d2 = abi.Grow(sc.d1, len(sc.z)), abi.Grow(sc.d2, len(sc.z))
			sc.q = abi.Grow(sc.q, panels*block)
			sc.u = abi.Grow(sc.u, t.D)
		}
	}
}

func (t *Task) scratches(workers int) {
	if len(t.scratch) < workers {
		t.scratch = make([]splitScratch, workers)
		for i := range t.scratch {
			t.scratch[i].block = make([]float32, abi.TileFloats)
		}
	}
}

// Block is a unit of work of the present stage.
func (t *Task) Block(index, worker int) {
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
func (t *Task) chunk(index int) (first, blocks int) {
	first = index * Chunk
	return first, min(Chunk, t.blocks-first)
}

// Floats returns x, which the caller knows to be of float32, as such.
func Floats[T abi.Float](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

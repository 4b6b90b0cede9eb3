// Package samples runs Forward, Velocity and ForwardVelocity: products, activations and sums over blocks of samples and
// chunks of particles. signs.go is the way through tables for samples whose coordinates are all +-1.
package samples

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/pool"
	"kac/kernels/internal/scalar"
	"kac/kernels/internal/split"
)

const (
	lastBytes = 16 << 20 // what of Z may be expected to stay in the last-level cache
	signMost  = 512      // the same for samples of +-1
	BlockStep = 64       // samples in a block are a multiple of this and of lanes
)

// stage says what a block of a Task does.
type stage uint8

const (
	StagePack       stage = iota // first block: x panels
	StagePackSigns               // of PackedSamples: signs of all samples
	stageProduct                 // Z = X W^T by chunk of particles, activated as it is made
	stageResidual                // f and r of this block's samples, their y panels, and the next block's x panels
	stageAccumulate              // V += S^T Y by chunk of particles
	stageFlush                   // float32: V to float64
	stageFinish                  // V out of its panels
)

// Task runs Forward, Velocity and ForwardVelocity. The samples are taken in blocks; for each block every chunk of
// particles is a unit of work, whose results nobody else writes, so that no sum depends on the number of workers.
type Task[T abi.Float] struct {
	Set           *abi.Set
	X, W, A, Y, R []T
	F, V          []T
	N, M, D       int
	WantV, WantF  bool    // wantF: r is not given, the loss makes it of f and y
	Kappa         float64 // of the loss, see residuals
	sigma         scalar.Function
	act           pack.Activation[T]

	stage   stage
	padded  int // particles, padded
	chunks  int
	Block0  int // first sample of the block
	Samples int // samples in a full block, a multiple of lanes
	panels  int // panels in the current block
	Coords  []pack.Panel
	width   int      // padded coordinates
	wp, ap  []T      // packed W, padded a
	Xt      []T      // x panels of a block
	Ready   []T      // x panels of all samples, packed before; nil: packed block by block into xt
	Parts   []uint16 // the same in bf16 parts, of a workspace for these
	inner   int      // coordinates of packed W

	Signs       bool    // all coordinates of the samples are +-1, and the set has kernels for that: see abi.Signs
	ColumnSigns []int32 // in place of xt: those of the block, or of all samples if ready
	RowSigns    []int32 // in place of yq, with signed; likewise
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

type sampleScratch[T abi.Float] struct {
	call abi.Call
	s    []T // tiles of one panel, when Z is not kept
	r    []T

	tables []T // of a chunk, for signs
}

// Run carries out Forward, Velocity or both, as WantF and WantV say.
func (t *Task[T]) Run(ws split.On, n, m, d int, act scalar.Function) {
	t.N, t.M, t.D = n, m, d
	if n == 0 || m == 0 {
		clear(t.F)
		clear(t.V)
		t.Release()
		return
	}
	if ws.Split != nil {
		t.split(ws, act)
		t.Release()
		return
	}
	t.plan(ws, act)
	pool := ws.Pool
	groups := abi.BlocksOf(t.Samples/t.Set.Lanes, PackPanels)
	t.Do(pool, StagePack, groups)
	for since := 0; t.Block0 < t.N; t.Block0 += t.Samples {
		t.panels = abi.BlocksOf(min(t.Samples, t.N-t.Block0), t.Set.Lanes)
		t.Do(pool, stageProduct, t.chunks)
		if t.WantF || t.Block0+t.Samples < t.N {
			t.Do(pool, stageResidual, groups)
		}
		if t.WantF && t.WantV {
			t.Do(pool, stageAccumulate, t.chunks)
		}
		if since += t.Samples; t.flushes && since >= pack.FlushSamples {
			since = 0
			t.Do(pool, stageFlush, t.chunks)
		}
	}
	if t.WantV {
		if t.flushes {
			t.Do(pool, stageFlush, t.chunks)
		}
		t.Do(pool, stageFinish, t.chunks)
	}
	t.Release()
}

// Do runs one stage, cut into so many blocks.
func (t *Task[T]) Do(p *pool.Pool, s stage, blocks int) {
	t.stage = s
	p.Run(blocks, t)
}

// Release drops the caller's slices.
func (t *Task[T]) Release() {
	t.X, t.W, t.A, t.Y, t.R, t.F, t.V, t.Ready, t.Parts, t.ColumnSigns, t.RowSigns = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
}

// PackPanels x panels are packed as one unit of work.
const PackPanels = 2

func (t *Task[T]) plan(ws split.On, act scalar.Function) {
	set := ws.Set
	t.Set = set
	t.sigma = act
	t.act.Set(act)
	t.Coords = pack.Panels(set, t.D, t.Coords)
	t.width = pack.Width(t.Coords)
	t.padded = abi.RoundUp(t.M, set.Align)
	t.chunks = abi.BlocksOf(t.padded, pack.ChunkRows)
	t.Block0 = 0
	if t.Ready == nil {
		t.Signs = set.Signs != nil && t.D > 0 && AreSigns(t.X)
	}
	t.Samples = t.blockSamples()
	t.flushes = t.WantV && unsafe.Sizeof(T(0)) == 4 // outputs alone have no sums to move, whatever the last call had

	t.packW()
	t.ap = abi.Grow(t.ap, t.padded)
	for j := range t.ap[:t.M] {
		t.ap[j] = 1
	}
	copy(t.ap, t.A)
	clear(t.ap[t.M:])
	switch {
	case t.Ready != nil:
	case t.Signs:
		t.ownColumns = abi.Grow(t.ownColumns, t.Samples*SignGroups(t.D))
		t.ownRows = abi.Grow(t.ownRows, t.Samples*t.width/SignBits)
		t.ColumnSigns, t.RowSigns = t.ownColumns, t.ownRows
	default:
		t.Xt = abi.Grow(t.Xt, t.Samples*t.D)
	}
	t.part = abi.Grow(t.part, t.chunks*t.Samples)
	if t.WantV {
		if t.Signs {
			t.signed = abi.Grow(t.signed, t.Samples<<SignBits)
		} else {
			t.yq = abi.Grow(t.yq, t.Samples*t.width)
		}
		t.g = abi.Grow(t.g, t.padded*t.width)
		clear(t.g)
		if t.flushes {
			t.wide = abi.Grow(t.wide, t.padded*t.width)
			clear(t.wide)
		}
	}
	kept := 0
	if t.WantF && t.WantV {
		t.s = abi.Grow(t.s, t.padded*t.Samples)
	} else if t.WantV {
		kept = pack.ChunkRows * t.Samples
	} else {
		kept = pack.ChunkRows * set.Lanes
	}
	t.Scratches(ws)
	for i := range t.scratch {
		t.scratch[i].s = abi.Grow(t.scratch[i].s, kept)
		t.scratch[i].r = abi.Grow(t.scratch[i].r, PackPanels*set.Lanes)
		if t.Signs {
			t.scratch[i].tables = abi.Grow(t.scratch[i].tables, pack.ChunkRows*SignGroups(t.D)<<SignBits)
		}
	}
}

// Scratches gives every worker its scratch.
func (t *Task[T]) Scratches(ws split.On) {
	if len(t.scratch) < ws.Workers {
		t.scratch = make([]sampleScratch[T], ws.Workers)
	}
}

// blockSamples chooses how many samples make a block: as many as tileBytes allow, for the residual's barrier to be
// rare.
func (t *Task[T]) blockSamples() int {
	n := pack.BlockMost
	if t.WantV {
		rows := t.padded
		if !t.WantF {
			rows = pack.ChunkRows * 8 // Z is kept for one chunk only, in an eighth of the budget
		}
		n = pack.TileBytes / int(unsafe.Sizeof(T(0))) / rows
		if t.Signs { // a block's tables pay over more samples
			n = min(4*n, signMost)
		}
	}
	step := max(BlockStep, t.Set.Lanes)
	if n < step {
		n = 2 * step // Z, W and V all come from the last level or beyond; the longer block halves the traffic of the latter two
		if t.padded*n*int(unsafe.Sizeof(T(0))) > lastBytes {
			n = 8 * step // Z comes from memory at any length
		}
	}
	n = (n + step/2) / step * step // to the nearest: padded particles must not halve a short block
	return min(n, pack.BlockMost/step*step, abi.RoundUp(t.N, step))
}

// Block is a unit of work of the present stage.
func (t *Task[T]) Block(index, worker int) {
	sc := &t.scratch[worker]
	switch t.stage {
	case StagePack:
		t.packX(index, t.Block0, &sc.call)
		if !t.WantF {
			t.packY(index, t.Block0, t.R, &sc.call)
		}
	case StagePackSigns:
		if lo, hi := t.rangeOf(index, 0); lo < hi {
			t.packColumnSigns(lo, hi, 0)
			t.packRowSigns(lo, hi, 0, t.Samples)
		}
	case stageProduct:
		t.products(index, sc)
		if !t.WantF {
			t.accumulate(index, sc)
		}
	case stageResidual:
		if t.WantF {
			t.residual(index, sc)
		}
		if next := t.Block0 + t.Samples; next < t.N {
			t.packX(index, next, &sc.call)
			if !t.WantF {
				t.packY(index, next, t.R, &sc.call)
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

// split runs the task of a workspace for bf16 parts.
func (t *Task[T]) split(ws split.On, act scalar.Function) {
	s := ws.Split
	s.X, s.W, s.A, s.Y, s.R = split.Floats(t.X), split.Floats(t.W), nil, split.Floats(t.Y), split.Floats(t.R)
	if t.A != nil {
		s.A = split.Floats(t.A)
	}
	s.F, s.Out = split.Floats(t.F), split.Floats(t.V)
	s.Ready = nil
	if t.Ready != nil { // packed samples: for a workspace of bf16 parts these are in them
		s.Ready = t.Parts
	}
	s.WantF, s.WantV, s.Hessian, s.Project, s.Kappa = t.WantF, t.WantV, false, false, t.Kappa
	s.N, s.M, s.D, s.Columns = t.N, t.M, t.D, t.D
	s.Run(ws.Set, ws.Workers, ws.Pool, act)
}

package kernels

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/samples"
	"kac/kernels/internal/split"
)

// PackedSamples holds samples in the order in which the product kernels read them, for several networks to be trained
// on one batch that is packed once. The zero value is ready for Pack.
type PackedSamples[T Float] struct {
	set    *kernelSet
	parts  *splitSet
	x      []T      // n x d, the caller's
	panels []T      // of lanes samples
	split  []uint16 // the same in bf16 parts, for a workspace of such
	signs  bool     // all coordinates are +-1: what abi.Signs read comes with the panels
	column []int32
	row    []int32
	n, d   int
}

// Pack packs the n rows of x (n x d), which must stay unchanged while p is used. Buffers grow and are then reused.
func (p *PackedSamples[T]) Pack(x []T, n, d int, ws *Workspace[T]) {
	const op = "Pack"
	checkShape(op, n, 0, d)
	checkLen(op, "x", len(x), n*d)
	t := &ws.sample
	set := ws.set
	p.set, p.parts, p.x, p.n, p.d = set, nil, x, n, d
	if ws.split != nil {
		p.parts = ws.split.Set
		p.split = ws.split.Pack(p.split, split.Floats(x), n, d, ws.pool)
		return
	}
	padded := abi.RoundUp(n, set.Lanes)
	p.panels = abi.Grow(p.panels, padded*d)
	own := t.Xt
	t.Signs = false
	t.Set, t.X, t.Xt, t.N, t.M, t.D = set, x, p.panels, n, 0, d
	t.Block0, t.Samples, t.Ready = 0, padded, nil
	t.WantF, t.WantV = true, false // outputs, not residuals: nothing but x is packed
	t.Scratches(ws.on())
	t.Do(ws.pool, samples.StagePack, abi.BlocksOf(padded/set.Lanes, samples.PackPanels))
	t.Xt = own
	if p.signs = set.Signs != nil && n > 0 && d > 0 && samples.AreSigns(x); p.signs {
		t.Coords = pack.Panels(set, d, t.Coords)
		p.column = abi.Grow(p.column, padded*samples.SignGroups(d))
		p.row = abi.Grow(p.row, padded*pack.Width(t.Coords)/samples.SignBits)
		t.ColumnSigns, t.RowSigns = p.column, p.row
		t.Do(ws.pool, samples.StagePackSigns, abi.BlocksOf(padded/set.Lanes, samples.PackPanels))
	}
	t.Release()
}

// ForwardVelocityPacked is ForwardVelocity on samples packed before, with the same bits. It panics if they were packed
// with a workspace of another level.
func ForwardVelocityPacked[T Float](v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, ws *Workspace[T]) {
	forwardVelocityPacked("ForwardVelocityPacked", v, f, p, y, w, a, m, act, SquareLoss(), ws)
}

// LossVelocityPacked is LossVelocity on samples packed before, with the same bits, likewise.
func LossVelocityPacked[T Float](v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, loss Loss, ws *Workspace[T]) {
	forwardVelocityPacked("LossVelocityPacked", v, f, p, y, w, a, m, act, loss, ws)
}

func forwardVelocityPacked[T Float](op string, v, f []T, p *PackedSamples[T], y, w, a []T, m int, act Activation, loss Loss, ws *Workspace[T]) {
	checkForwardVelocity(op, v, f, p.x, y, w, a, p.n, m, p.d)
	checkPacked(op, p, ws)
	t := &ws.sample
	t.X, t.W, t.A, t.Y, t.F, t.V = p.x, w, a, y, f, v
	t.Ready, t.Parts, t.Signs, t.ColumnSigns, t.RowSigns = p.panels, p.split, p.signs, p.column, p.row
	t.WantF, t.WantV, t.Kappa = true, true, loss.kappa
	t.Run(ws.on(), p.n, m, p.d, act.f)
}

func checkPacked[T Float](op string, p *PackedSamples[T], ws *Workspace[T]) {
	if p.n > 0 && (p.set != ws.set || p.parts != nil && (ws.split == nil || p.parts != ws.split.Set) || p.parts == nil && ws.split != nil) {
		panic("kernels: " + op + ": samples were packed at another level than the workspace's")
	}
}

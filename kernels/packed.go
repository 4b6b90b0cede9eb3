package kernels

import "kac/kernels/internal/abi"

// PackedSamples holds samples in the order in which the product kernels read them, for several networks to be trained on one
// batch that is packed once. The zero value is ready for Pack.
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
		p.parts = ws.split.set
		p.split = ws.split.pack(p.split, floats(x), n, d, ws.pool)
		return
	}
	padded := abi.RoundUp(n, set.Lanes)
	p.panels = abi.Grow(p.panels, padded*d)
	own := t.xt
	t.signs = false
	t.set, t.x, t.xt, t.n, t.m, t.d = set, x, p.panels, n, 0, d
	t.block0, t.samples, t.ready = 0, padded, nil
	t.wantF, t.wantV = true, false // outputs, not residuals: nothing but x is packed
	t.scratches(ws)
	t.do(ws.pool, stagePack, abi.BlocksOf(padded/set.Lanes, packPanels))
	t.xt = own
	if p.signs = set.Signs != nil && n > 0 && d > 0 && areSigns(x); p.signs {
		t.coords = coordinatePanels(set, d, t.coords)
		p.column = abi.Grow(p.column, padded*signGroups(d))
		p.row = abi.Grow(p.row, padded*panelsWidth(t.coords)/signBits)
		t.columnSigns, t.rowSigns = p.column, p.row
		t.do(ws.pool, stagePackSigns, abi.BlocksOf(padded/set.Lanes, packPanels))
	}
	t.release()
}

// ForwardVelocityPacked is ForwardVelocity on samples packed before, with the same bits. It panics if they were packed with a
// workspace of another level.
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
	t.x, t.w, t.a, t.y, t.f, t.v = p.x, w, a, y, f, v
	t.ready, t.parts, t.signs, t.columnSigns, t.rowSigns = p.panels, p.split, p.signs, p.column, p.row
	t.wantF, t.wantV, t.loss = true, true, loss
	t.run(ws, p.n, m, p.d, act)
}

func checkPacked[T Float](op string, p *PackedSamples[T], ws *Workspace[T]) {
	if p.n > 0 && (p.set != ws.set || p.parts != nil && (ws.split == nil || p.parts != ws.split.set) || p.parts == nil && ws.split != nil) {
		panic("kernels: " + op + ": samples were packed at another level than the workspace's")
	}
}

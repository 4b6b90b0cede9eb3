package kernels

import "kac/kernels/internal/abi"

// rangeOf returns the samples [lo, hi) of a group of panels in the block that starts at block0.
func (t *sampleTask[T]) rangeOf(group, block0 int) (lo, hi int) {
	size := packPanels * t.set.Lanes
	lo = min(block0+group*size, t.n)
	return lo, min(lo+size, t.n, block0+t.samples)
}

func (t *sampleTask[T]) packX(group, block0 int, c *call) {
	lo, hi := t.rangeOf(group, block0)
	switch {
	case lo >= hi || t.d == 0 || t.ready != nil:
	case t.signs:
		t.packColumnSigns(lo, hi, block0)
	default:
		packSamples(t.set, c, t.xt[(lo-block0)*t.d:], t.x[lo*t.d:hi*t.d], t.d)
	}
}

// packY packs samples times r (indexed by sample); rows up to the last panel's end are zero.
func (t *sampleTask[T]) packY(group, block0 int, r []T, c *call) {
	lo, hi := t.rangeOf(group, block0)
	if lo >= hi || t.d == 0 {
		return
	}
	t.packScaled(r[lo:hi], lo, hi, block0, c)
}

// packScaled packs samples [lo, hi) times r, indexed from lo.
func (t *sampleTask[T]) packScaled(r []T, lo, hi, block0 int, c *call) {
	if t.signs {
		t.packSigned(r, lo, hi, block0)
		if t.ready == nil {
			t.packRowSigns(lo, hi, block0, t.samples)
		}
		return
	}
	packAccumulate(t.set, c, t.yq, t.x[lo*t.d:hi*t.d], r, t.d, t.samples, lo-block0, t.coords)
	clearRows(t.yq, t.samples, hi-block0, abi.RoundUp(hi-block0, t.set.Lanes), t.coords)
}

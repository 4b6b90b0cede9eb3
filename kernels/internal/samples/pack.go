package samples

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// rangeOf returns the samples [lo, hi) of a group of panels in the block that starts at block0.
func (t *Task[T]) rangeOf(group, block0 int) (lo, hi int) {
	size := PackPanels * t.Set.Lanes
	lo = min(block0+group*size, t.N)
	return lo, min(lo+size, t.N, block0+t.Samples)
}

func (t *Task[T]) packX(group, block0 int, c *abi.Call) {
	lo, hi := t.rangeOf(group, block0)
	switch {
	case lo >= hi || t.D == 0 || t.Ready != nil:
	case t.Signs:
		t.packColumnSigns(lo, hi, block0)
	default:
		pack.Samples(t.Set, c, t.Xt[(lo-block0)*t.D:], t.X[lo*t.D:hi*t.D], t.D)
	}
}

// packY packs samples times r (indexed by sample); rows up to the last panel's end are zero.
func (t *Task[T]) packY(group, block0 int, r []T, c *abi.Call) {
	lo, hi := t.rangeOf(group, block0)
	if lo >= hi || t.D == 0 {
		return
	}
	t.packScaled(r[lo:hi], lo, hi, block0, c)
}

// packScaled packs samples [lo, hi) times r, indexed from lo.
func (t *Task[T]) packScaled(r []T, lo, hi, block0 int, c *abi.Call) {
	if t.Signs {
		t.packSigned(r, lo, hi, block0)
		if t.Ready == nil {
			t.packRowSigns(lo, hi, block0, t.Samples)
		}
		return
	}
	pack.Accumulate(t.Set, c, t.yq, t.X[lo*t.D:hi*t.D], r, t.D, t.Samples, lo-block0, t.Coords)
	pack.ClearRows(t.yq, t.Samples, hi-block0, abi.RoundUp(hi-block0, t.Set.Lanes), t.Coords)
}

package kernels

import (
	"kac/internal/portable"
	"kac/kernels/internal/abi"
)

// TanhSech writes a = tanh(x) and e = sech²(x) = 1 - tanh²(x), each to 4 units in its own last place: e, which 1 - a²
// has no digit of where a is near 1, too.
//
//	for i, z := range x { a[i], e[i] = portable.TanhSech(z) }
//
// Every level gives the same bits. No slices overlap.
func TanhSech(a, e, x []float64, ws *Workspace[float64]) {
	const op = "TanhSech"
	checkLen(op, "a", len(a), len(x))
	checkLen(op, "e", len(e), len(x))
	checkApart(op, "a", "x", a, x)
	checkApart(op, "e", "x", e, x)
	checkApart(op, "a", "e", a, e)
	t := &ws.tanhSech
	t.set, t.a, t.e, t.x = ws.set, a, e, x
	ws.inVectors(len(x), t, &t.scratch)
	t.a, t.e, t.x = nil, nil, nil
}

type tanhSechTask struct {
	set     *kernelSet
	a, e, x []float64
	scratch []call
}

func (t *tanhSechTask) Block(index, worker int) {
	lo := index * vecBlock
	hi := min(lo+vecBlock, len(t.x))
	if whole := (hi - lo) / 8 * 8; whole > 0 && t.set.TanhSech != nil {
		c := &t.scratch[worker]
		c.Z, c.D1, c.D2, c.N = abi.At(t.x, lo), abi.At(t.a, lo), abi.At(t.e, lo), whole
		t.set.TanhSech(c)
		*c = call{}
		lo += whole
	}
	a, e := t.a[lo:hi], t.e[lo:hi]
	for i, z := range t.x[lo:hi] {
		a[i], e[i] = portable.TanhSech(z)
	}
}

package kernels

import (
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
)

// AdamRates are the numbers of AdamStep. New1 is 1 - Keep1 and New2 1 - Keep2, as the caller rounds them; Square is
// that of the floor lambda.
type AdamRates[T Float] struct{ Eta, Keep1, New1, Keep2, New2, Square T }

// AdamStep moves y along the gradient g by moving averages u of the gradients and v of their squares:
//
//	for i, x := range g {
//		u[i] = Keep1*u[i] + New1*x
//		v[i] = Keep2*v[i] + New2*(x*x)
//		y[i] -= Eta*u[i] / sqrt(v[i] + Square)
//	}
//
// No slices overlap. No fused multiply-add is used, and roots and quotients are correctly rounded, so every level gives
// the same bits.
func AdamStep[T Float](y, u, v, g []T, r AdamRates[T], ws *Workspace[T]) {
	const op = "AdamStep"
	all := [4][]T{y, u, v, g}
	for i, name := range [4]string{"y", "u", "v", "g"} {
		checkLen(op, name, len(all[i]), len(g))
		for j := range i {
			checkApart(op, name, [4]string{"y", "u", "v", "g"}[j], all[i], all[j])
		}
	}
	t := &ws.adam
	t.set, t.y, t.u, t.v, t.g, t.r = ws.set, y, u, v, g, r
	ws.inVectors(len(g), t, &t.scratch)
	t.y, t.u, t.v, t.g = nil, nil, nil, nil
}

type adamTask[T Float] struct {
	set        *kernelSet
	y, u, v, g []T
	r          AdamRates[T]
	scratch    []call
}

// inVectors runs a task on n elements, of vecBlock a block.
func (ws *Workspace[T]) inVectors(n int, t interface{ Block(index, worker int) }, scratch *[]call) {
	if len(*scratch) < ws.workers {
		*scratch = make([]call, ws.workers)
	}
	ws.pool.Alone = n < fewElements
	ws.pool.Run(abi.BlocksOf(n, vecBlock), t)
	ws.pool.Alone = false
}

func (t *adamTask[T]) Block(index, worker int) {
	lo := index * vecBlock
	hi := min(lo+vecBlock, len(t.g))
	if whole := (hi - lo) / t.set.Lanes * t.set.Lanes; whole > 0 && t.set.AdamStep != nil {
		c := &t.scratch[worker]
		c.Z, c.D1, c.D2, c.X, c.N = abi.At(t.y, lo), abi.At(t.u, lo), abi.At(t.v, lo), abi.At(t.g, lo), whole
		c.C0 = unsafe.Pointer(&t.r)
		t.set.AdamStep(c)
		*c = call{}
		lo += whole
	}
	y, u, v, r := t.y[lo:hi], t.u[lo:hi], t.v[lo:hi], t.r
	for i, x := range t.g[lo:hi] {
		w := T(r.Keep1*u[i]) + T(r.New1*x)
		u[i] = w
		q := T(r.Keep2*v[i]) + T(r.New2*T(x*x))
		v[i] = q
		y[i] -= T(r.Eta*w) / T(math.Sqrt(float64(q+r.Square)))
	}
}

// RootRatio writes dst = a x/sqrt(1 + x²), the gradient of a (sqrt(1 + x²) - 1).
//
//	for i := range dst { dst[i] = a[i] * x[i] / sqrt(1 + x[i]*x[i]) }
//
// dst must overlap neither. Every level gives the same bits, as AdamStep.
func RootRatio[T Float](dst, a, x []T, ws *Workspace[T]) {
	const op = "RootRatio"
	checkLen(op, "a", len(a), len(dst))
	checkLen(op, "x", len(x), len(dst))
	checkApart(op, "dst", "a", dst, a)
	checkApart(op, "dst", "x", dst, x)
	t := &ws.ratio
	t.set, t.dst, t.a, t.x = ws.set, dst, a, x
	ws.inVectors(len(dst), t, &t.scratch)
	t.dst, t.a, t.x = nil, nil, nil
}

type ratioTask[T Float] struct {
	set       *kernelSet
	dst, a, x []T
	scratch   []call
}

func (t *ratioTask[T]) Block(index, worker int) {
	lo := index * vecBlock
	hi := min(lo+vecBlock, len(t.dst))
	if whole := (hi - lo) / t.set.Lanes * t.set.Lanes; whole > 0 && t.set.RootRatio != nil {
		c := &t.scratch[worker]
		c.Z, c.D1, c.D2, c.N = abi.At(t.x, lo), abi.At(t.dst, lo), abi.At(t.a, lo), whole
		t.set.RootRatio(c)
		*c = call{}
		lo += whole
	}
	dst, a := t.dst[lo:hi], t.a[lo:hi]
	for i, x := range t.x[lo:hi] {
		dst[i] = T(a[i]*x) / T(math.Sqrt(float64(1+T(x*x))))
	}
}

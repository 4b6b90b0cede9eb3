package kernels

import (
	"fmt"
	"unsafe"

	"kac/kernels/internal/abi"
)

// combineBlock elements make one unit of work: enough for a call to be worth it, few enough to share out.
const combineBlock = 2048

// widestVector is that of any level, in bytes: every level's kernel takes multiples of it.
const widestVector = 64

// Combine forms a Runge-Kutta stage: dst = y + h * sum_s coef[s] k[s], elementwise, added in the order of s.
//
//	for i := range dst {
//		sum := 0
//		for s := range k { if coef[s] != 0 { sum += coef[s] * k[s][i] } }
//		dst[i] = y[i] + h*sum
//	}
//
// Stages whose coefficient is zero are not read (their slices may be nil). dst may be y itself; it must not overlap y
// otherwise, nor any k. No fused multiply-add is used, so every level gives the same bits.
func Combine[T Float](dst, y []T, h T, coef []T, k [][]T, ws *Workspace[T]) {
	const op = "Combine"
	checkLen(op, "y", len(y), len(dst))
	checkLen(op, "k", len(k), len(coef))
	if len(dst) > 0 && &dst[0] != &y[0] {
		checkApart(op, "dst", "y", dst, y)
	}
	for s, c := range coef {
		if c == 0 {
			continue
		}
		if len(k[s]) != len(dst) {
			panic(fmt.Sprintf("kernels: %s: k[%d] has length %d, want %d", op, s, len(k[s]), len(dst)))
		}
		checkApart(op, "dst", "k", dst, k[s])
	}
	t := &ws.comb
	t.set, t.dst, t.y, t.h = ws.set, dst, y, h
	t.coef, t.k = t.coef[:0], t.k[:0]
	for s, c := range coef {
		if c != 0 {
			t.coef, t.k = append(t.coef, c), append(t.k, k[s])
		}
	}
	if len(t.scratch) < ws.workers {
		t.scratch = make([]combineScratch[T], ws.workers)
	}
	for i := range t.scratch { // now, as chance decides which worker gets a block
		t.scratch[i].stages = abi.Grow(t.scratch[i].stages, len(t.k))
	}
	ws.pool.Alone = len(dst) < fewElements
	ws.pool.Run(abi.BlocksOf(len(dst), combineBlock), t)
	ws.pool.Alone = false
	t.dst, t.y = nil, nil
	clear(t.k)
}

type combineTask[T Float] struct {
	set     *kernelSet
	dst, y  []T
	h       T
	coef    []T // without zeros
	k       [][]T
	scratch []combineScratch[T]
}

type combineScratch[T Float] struct {
	call   call
	stages []unsafe.Pointer
	sum    [combineBlock]T
}

func (t *combineTask[T]) Block(index, worker int) {
	lo := index * combineBlock
	hi := min(lo+combineBlock, len(t.dst))
	if len(t.coef) == 0 {
		copy(t.dst[lo:hi], t.y[lo:hi])
		return
	}
	sc := &t.scratch[worker]
	if t.set.Combine != nil {
		step := widestVector / int(unsafe.Sizeof(t.h))
		if whole := (hi - lo) / step * step; whole > 0 {
			t.kernel(lo, whole, sc)
			lo += whole
		}
	}
	sum := sc.sum[:hi-lo]
	for i, v := range t.k[0][lo:hi] {
		sum[i] = t.coef[0] * v
	}
	for s, k := range t.k[1:] {
		c := t.coef[s+1]
		for i, v := range k[lo:hi] {
			sum[i] += T(c * v)
		}
	}
	dst, y := t.dst[lo:hi], t.y[lo:hi]
	for i := range dst {
		dst[i] = y[i] + T(t.h*sum[i])
	}
}

// kernel does n elements from lo, whole vectors of any level.
func (t *combineTask[T]) kernel(lo, n int, sc *combineScratch[T]) {
	sc.stages = sc.stages[:0]
	for _, k := range t.k {
		sc.stages = append(sc.stages, abi.At(k, lo))
	}
	c := &sc.call
	c.Z, c.D1, c.N = abi.At(t.y, lo), abi.At(t.dst, lo), n
	c.X, c.Tiles = unsafe.Pointer(unsafe.SliceData(sc.stages)), len(sc.stages)
	c.C0, c.C1 = abi.At(t.coef, 0), unsafe.Pointer(&t.h)
	t.set.Combine(c)
	c.Z, c.D1 = nil, nil
	clear(sc.stages)
}

package kernels

import "fmt"

// combineBlock elements make one unit of work: a block of y, the sum and one stage fit the first-level cache.
const combineBlock = 1024

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
	t.dst, t.y, t.h, t.coef, t.k = dst, y, h, coef, k
	t.sum = grow(t.sum, ws.workers*combineBlock)
	ws.pool.run(blocksOf(len(dst), combineBlock), t)
	t.dst, t.y, t.coef, t.k = nil, nil, nil, nil
}

type combineTask[T Float] struct {
	dst, y []T
	h      T
	coef   []T
	k      [][]T
	sum    []T // combineBlock elements per worker
}

func (t *combineTask[T]) block(index, worker int) {
	lo := index * combineBlock
	hi := min(lo+combineBlock, len(t.dst))
	sum := t.sum[worker*combineBlock:][:hi-lo]
	first := true
	for s, c := range t.coef {
		if c == 0 {
			continue
		}
		k := t.k[s][lo:hi]
		if first {
			for i := range sum {
				sum[i] = c * k[i]
			}
			first = false
			continue
		}
		for i := range sum {
			sum[i] += T(c * k[i])
		}
	}
	dst, y := t.dst[lo:hi], t.y[lo:hi]
	if first {
		copy(dst, y)
		return
	}
	for i := range dst {
		dst[i] = y[i] + T(t.h*sum[i])
	}
}

package kernels

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
)

// sumBlock elements are added with eight interleaved accumulators; blocks are then added pairwise. The order is fixed, so
// that every level and machine gives the same bits, and the error is at most about (16 + 7 + log2(n/128)) eps sum|x_i|.
const sumBlock = 128

// sumBlocks blocks are summed by one call of a kernel.
const sumBlocks = 32

// Sum returns sum_i x_i, accumulated in float64 over a fixed tree: the same bits on every level. An empty sum is 0.
func Sum[T Float](x []T) float64 {
	var tree pairwiseTree
	var c call
	var sums [sumBlocks]float64
	for len(x) >= sumBlock {
		rows := min(sumBlocks, len(x)/sumBlock)
		n := rows * sumBlock
		c.Z, c.G, c.N, c.D = abi.At(x, 0), unsafe.Pointer(&sums), rows, sumBlock
		if !totals[T](&c) {
			for r := range rows {
				sums[r] = blockSum(x[r*sumBlock : (r+1)*sumBlock])
			}
		}
		for _, s := range sums[:rows] {
			tree.push(s)
		}
		x = x[n:]
	}
	if len(x) > 0 {
		tree.push(blockSum(x))
	}
	return tree.total()
}

// Dot returns sum_i x_i y_i; products and sums are in float64 over the tree of Sum. It panics if lengths differ.
func Dot[T Float](x, y []T) float64 {
	checkLen("Dot", "y", len(y), len(x))
	var tree pairwiseTree
	var c call
	var sums [sumBlocks]float64
	for len(x) >= sumBlock {
		rows := min(sumBlocks, len(x)/sumBlock)
		n := rows * sumBlock
		c.Z, c.Y, c.G, c.N, c.D = abi.At(x, 0), abi.At(y, 0), unsafe.Pointer(&sums), rows, sumBlock
		if !dots[T](&c) {
			for r := range rows {
				sums[r] = blockDot(x[r*sumBlock:(r+1)*sumBlock], y[r*sumBlock:(r+1)*sumBlock])
			}
		}
		for _, s := range sums[:rows] {
			tree.push(s)
		}
		x, y = x[n:], y[n:]
	}
	if len(x) > 0 {
		tree.push(blockDot(x, y))
	}
	return tree.total()
}

func totals[T Float](c *call) bool {
	if unsafe.Sizeof(T(0)) == 8 {
		return dispatch.RowTotalsF64(c)
	}
	return dispatch.RowTotalsF32(c)
}

func dots[T Float](c *call) bool {
	if unsafe.Sizeof(T(0)) == 8 {
		return dispatch.RowDotsF64(c)
	}
	return dispatch.RowDotsF32(c)
}

func blockSum[T Float](x []T) float64 {
	var acc [8]float64
	for len(x) >= 8 {
		for l, v := range x[:8] {
			acc[l] += float64(v)
		}
		x = x[8:]
	}
	for l, v := range x {
		acc[l] += float64(v)
	}
	return foldLanes(&acc)
}

func blockDot[T Float](x, y []T) float64 {
	var acc [8]float64
	for len(x) >= 8 {
		y8 := y[:8]
		for l, v := range x[:8] {
			acc[l] += float64(float64(v) * float64(y8[l]))
		}
		x, y = x[8:], y[8:]
	}
	for l, v := range x {
		acc[l] += float64(float64(v) * float64(y[l]))
	}
	return foldLanes(&acc)
}

// foldLanes adds eight accumulators in the order in which halves of a vector register fold.
func foldLanes(a *[8]float64) float64 {
	return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
}

// pairwiseTree adds values as a binary counter adds carries: partial[l] holds the sum of 2^l values, if bit l of count is set.
type pairwiseTree struct {
	partial [64]float64
	count   uint64
}

func (t *pairwiseTree) push(v float64) {
	l := 0
	for ; t.count&(1<<l) != 0; l++ {
		v = t.partial[l] + v
	}
	t.partial[l] = v
	t.count++
}

func (t *pairwiseTree) total() float64 {
	sum, any := 0.0, false
	for l := 0; t.count>>l != 0; l++ {
		if t.count&(1<<l) == 0 {
			continue
		}
		if any {
			sum = t.partial[l] + sum
		} else {
			sum, any = t.partial[l], true
		}
	}
	return sum
}

// Package sums adds in float64 over a fixed tree: the same bits on every level and machine, for any number of workers.
package sums

import (
	"unsafe"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/dispatch"
)

// Block elements are added with eight interleaved accumulators; blocks are then added pairwise. The order is fixed, so
// that every level and machine gives the same bits, and the error is at most about (16 + 7 + log2(n/128)) eps sum|x_i|.
const Block = 128

// SumBlocks blocks are summed by one call of a kernel.
const SumBlocks = 32

// Sum returns sum_i x_i, accumulated in float64 over a fixed tree: the same bits on every level. An empty sum is 0.
func Sum[T abi.Float](x []T) float64 {
	var tree Tree
	var c abi.Call
	var sums [SumBlocks]float64
	for len(x) >= Block {
		rows := min(SumBlocks, len(x)/Block)
		n := rows * Block
		c.Z, c.G, c.N, c.D = abi.At(x, 0), unsafe.Pointer(&sums), rows, Block
		if !totals[T](&c) {
			for r := range rows {
				sums[r] = BlockSum(x[r*Block : (r+1)*Block])
			}
		}
		for _, s := range sums[:rows] {
			tree.Push(s)
		}
		x = x[n:]
	}
	if len(x) > 0 {
		tree.Push(BlockSum(x))
	}
	return tree.Total()
}

// Dot returns sum_i x_i y_i over x and as many y; products and sums are in float64 over the tree of Sum.
func Dot[T abi.Float](x, y []T) float64 {
	var tree Tree
	var c abi.Call
	var sums [SumBlocks]float64
	for len(x) >= Block {
		rows := min(SumBlocks, len(x)/Block)
		n := rows * Block
		c.Z, c.Y, c.G, c.N, c.D = abi.At(x, 0), abi.At(y, 0), unsafe.Pointer(&sums), rows, Block
		if !dots[T](&c) {
			for r := range rows {
				sums[r] = BlockDot(x[r*Block:(r+1)*Block], y[r*Block:(r+1)*Block])
			}
		}
		for _, s := range sums[:rows] {
			tree.Push(s)
		}
		x, y = x[n:], y[n:]
	}
	if len(x) > 0 {
		tree.Push(BlockDot(x, y))
	}
	return tree.Total()
}

func totals[T abi.Float](c *abi.Call) bool {
	if unsafe.Sizeof(T(0)) == 8 {
		return dispatch.RowTotalsF64(c)
	}
	return dispatch.RowTotalsF32(c)
}

func dots[T abi.Float](c *abi.Call) bool {
	if unsafe.Sizeof(T(0)) == 8 {
		return dispatch.RowDotsF64(c)
	}
	return dispatch.RowDotsF32(c)
}

func BlockSum[T abi.Float](x []T) float64 {
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

func BlockDot[T abi.Float](x, y []T) float64 {
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

// Tree adds values as a binary counter adds carries: partial[l] holds the sum of 2^l values, if bit l of count is set.
type Tree struct {
	partial [64]float64
	count   uint64
}

func (t *Tree) Push(v float64) {
	l := 0
	for ; t.count&(1<<l) != 0; l++ {
		v = t.partial[l] + v
	}
	t.partial[l] = v
	t.count++
}

func (t *Tree) Total() float64 {
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

package kernels

// sumBlock elements are added with eight interleaved accumulators; blocks are then added pairwise. The order is fixed, so
// that every level and machine gives the same bits, and the error is at most about (16 + 7 + log2(n/128)) eps sum|x_i|.
const sumBlock = 128

// Sum returns sum_i x_i, accumulated in float64 over a fixed tree: the same bits on every level. An empty sum is 0.
func Sum[T Float](x []T) float64 {
	var tree pairwiseTree
	for len(x) > 0 {
		b := x[:min(sumBlock, len(x))]
		x = x[len(b):]
		tree.push(blockSum(b))
	}
	return tree.total()
}

// Dot returns sum_i x_i y_i; products and sums are in float64 over the tree of Sum. It panics if lengths differ.
func Dot[T Float](x, y []T) float64 {
	checkLen("Dot", "y", len(y), len(x))
	var tree pairwiseTree
	for len(x) > 0 {
		n := min(sumBlock, len(x))
		tree.push(blockDot(x[:n], y[:n]))
		x, y = x[n:], y[n:]
	}
	return tree.total()
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

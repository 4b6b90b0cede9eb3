package kernels

import (
	"math"
	"unsafe"
)

// PopulationByMoments reports whether Moment is faster than Pairwise for m particles of type T in dimension d: whether
//
//	MomentFlops * slowness < PairwiseFlops
//
// with the time that a flop of Moment takes over that of Pairwise, near where the two take as long. It is no
// measurement but a fixed rule, the same on every machine of a level, so that digits can be had again: the table
// momentSlowness was measured once for each level and type ("make forms" measures it again): avx512 on Zen 4 cores. A
// level without rows would go by those of avx2.
func PopulationByMoments[T Float](m, d int, q Dual, level string) bool {
	moment := MomentFlops(m, d, q)
	if math.IsInf(moment, 1) {
		return false
	}
	key := formKey{level, unsafe.Sizeof(T(0)) == 8, q.quartic(d)}
	row, known := momentSlowness[key]
	if !known {
		key.level = "avx2"
		row = momentSlowness[key]
	}
	i := 0
	for i+1 < len(formDims) && formDims[i+1] <= d {
		i++
	}
	return moment*row[i] < PairwiseFlops(m, d, q)
}

// formKey is a row of momentSlowness: quartic duals go through pairs of coordinates, see Moment.
type formKey struct {
	level   string
	double  bool
	quartic bool
}

// formDims are the dimensions of its columns; each serves up to the next one.
var formDims = [...]int{4, 8, 16, 32, 64}

// Calls of fewer flops than these stay on the calling goroutine: to hand blocks to another one and wait for it takes
// longer than it saves. Measured with float64 on two processors that share no cache, level avx512: at d = 16 sums over
// pairs of 256 particles, 4.2 MFlop, took longer on two workers than on one (64 particles: 21.7 us for 9.4), 512 less.
// Results do not depend on workers, so this changes no number.
const (
	fewFlops        = 6e6
	fewFlopsGeneric = 3e5
	fewElements     = 1 << 16 // of what is done element by element
)

// few keeps the next call on one worker if it has fewer flops; the caller resets Alone after it.
func (ws *Workspace[T]) few(flops float64) {
	limit := fewFlops
	if ws.set.Name == "generic" {
		limit = fewFlopsGeneric
	}
	ws.pool.Alone = flops*float64(unsafe.Sizeof(T(0))) < 8*limit
}

package kernels

import (
	"fmt"
	"math"
	"unsafe"

	"kac/kernels/internal/abi"
)

// SignSteps makes up to 64 steps of chains whose noise is a sign, the bits of a word for each of them:
//
//	for i := range y {
//		for k := range steps {
//			z := s
//			if words[i]>>k&1 == 1 { z = -s }
//			y[i] = (a*y[i] - b*|y[i]|) + z
//		}
//	}
//
// No fused multiply-add is used, so every level gives the same bits.
func SignSteps(y []float64, words []uint64, steps int, a, b, s float64, ws *Workspace[float64]) {
	checkLen("SignSteps", "words", len(words), len(y))
	if steps < 0 || steps > 64 {
		panic(fmt.Sprintf("kernels: SignSteps: %d steps, and a word has 64 bits", steps))
	}
	t := &ws.signs
	t.set, t.y, t.words, t.steps, t.c = ws.set, y, words, steps, [3]float64{a, b, s}
	if steps > 0 {
		ws.inVectors(len(y), t, &t.scratch)
	}
	t.y, t.words = nil, nil
}

type signTask struct {
	set     *kernelSet
	y       []float64
	words   []uint64
	steps   int
	c       [3]float64
	scratch []call
}

func (t *signTask) Block(index, worker int) {
	lo := index * vecBlock
	hi := min(lo+vecBlock, len(t.y))
	if whole := (hi - lo) / 8 * 8; whole > 0 && t.set.SignSteps != nil {
		c := &t.scratch[worker]
		c.Z, c.X, c.D, c.N = abi.At(t.y, lo), abi.At(t.words, lo), t.steps, whole
		c.C0 = unsafe.Pointer(&t.c)
		t.set.SignSteps(c)
		*c = call{}
		lo += whole
	}
	for ; lo < hi; lo += 4 {
		t.four(t.y[lo:min(lo+4, hi)], t.words[lo:min(lo+4, hi)])
	}
}

// four chains do not wait for each other.
func (t *signTask) four(to []float64, signs []uint64) {
	var y [4]float64
	var w [4]uint64
	copy(y[:], to)
	copy(w[:], signs)
	a, b, s := t.c[0], t.c[1], math.Float64bits(t.c[2])
	y0, y1, y2, y3 := y[0], y[1], y[2], y[3]
	w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
	for range t.steps {
		y0 = float64(a*y0) - float64(b*math.Abs(y0)) + math.Float64frombits(s^w0<<63)
		y1 = float64(a*y1) - float64(b*math.Abs(y1)) + math.Float64frombits(s^w1<<63)
		y2 = float64(a*y2) - float64(b*math.Abs(y2)) + math.Float64frombits(s^w2<<63)
		y3 = float64(a*y3) - float64(b*math.Abs(y3)) + math.Float64frombits(s^w3<<63)
		w0, w1, w2, w3 = w0>>1, w1>>1, w2>>1, w3>>1
	}
	y = [4]float64{y0, y1, y2, y3}
	copy(to, y[:])
}

package localsgd

import (
	"context"
	"math"

	"kac/internal/rng"
	"kac/kernels"
)

// onKink is the kink that all clients have, nil if they have something else.
func (r *Run) onKink() *Kink {
	if f, is := r.Objective.(OnLine); is {
		if k, is := f.Line.(Kink); is {
			return &k
		}
	}
	return nil
}

// together are the clients that kinkChunk moves in one go.
const together = 64

// kinkChunk is localChunk for kinks: y <- y - eta (f'(y) + noise) is a y - b |y| - eta noise with a = 1 - eta (L+R)/2
// and b = eta (R-L)/2, without a branch, for many clients together.
func (r *Run) kinkChunk(ctx context.Context, c *chunk, w *desk) error {
	f, eta := r.onKink(), r.Algorithm.Eta
	a, b := 1-eta*(f.L+f.R)/2, eta*(f.R-f.L)/2
	s := eta * r.Noise.deviation(1)
	x := r.X[0]
	if w.ws == nil {
		w.ws = kernels.NewWorkspace[float64](1)
	}
	var streams [together]rng.Stream
	var y [together]float64
	for first := c.first; first < c.end; first += together {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(together, c.end-first)
		for i := range n {
			streams[i] = r.stream(r.client(first + i))
			y[i] = x
		}
		for left := r.Algorithm.LocalSteps; left > 0; left -= 64 {
			r.kinkSteps(y[:n], streams[:n], min(left, 64), a, b, s, w.ws)
		}
		for _, v := range y[:n] {
			c.sum[0] += v - x
		}
	}
	return nil
}

// kinkSteps makes up to 64 steps of clients. Rademacher signs are the bits of one word of each.
func (r *Run) kinkSteps(y []float64, streams []rng.Stream, steps int, a, b, s float64, ws *kernels.Workspace[float64]) {
	if r.Noise.Law == RademacherNoise && s > 0 {
		var words [together]uint64
		for i := range streams {
			words[i] = streams[i].Uint64()
		}
		kernels.SignSteps(y, words[:len(y)], steps, a, b, -s, ws) // a bit 0 is +1, as in Noise.fill
		return
	}
	var noise [64]float64
	for i := range streams {
		r.Noise.fill(&streams[i], noise[:steps])
		v := y[i]
		for _, z := range noise[:steps] {
			v = float64(a*v) - float64(b*math.Abs(v)) - float64(s*z)
		}
		y[i] = v
	}
}

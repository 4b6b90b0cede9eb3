package localsgd

import (
	"context"
	"math"

	"kac/internal/rng"
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

// kinkChunk is localChunk for kinks: y <- y - eta (f'(y) + noise) is a y - b |y| - eta noise with a = 1 - eta (L+R)/2
// and b = eta (R-L)/2, without a branch, for eight clients together whose chains do not wait for each other.
func (r *Run) kinkChunk(ctx context.Context, c *chunk) error {
	f, eta := r.onKink(), r.Algorithm.Eta
	a, b := 1-eta*(f.L+f.R)/2, eta*(f.R-f.L)/2
	s := eta * r.Noise.deviation(1)
	x := r.X[0]
	var streams [8]rng.Stream
	var y [8]float64
	for first := c.first; first < c.end; first += 8 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(8, c.end-first)
		for i := range n {
			streams[i] = r.stream(r.client(first + i))
			y[i] = x
		}
		for left := r.Algorithm.LocalSteps; left > 0; left -= 64 {
			r.kinkSteps(&y, streams[:n], min(left, 64), a, b, s)
		}
		for _, v := range y[:n] {
			c.sum[0] += v - x
		}
	}
	return nil
}

// kinkSteps makes up to 64 steps of clients. Rademacher signs are the bits of one word of each.
func (r *Run) kinkSteps(y *[8]float64, streams []rng.Stream, steps int, a, b, s float64) {
	if r.Noise.Law == RademacherNoise && s > 0 {
		var words [8]uint64
		for i := range streams {
			words[i] = streams[i].Uint64()
		}
		signSteps(y, &words, steps, a, b, s)
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

// signSteps makes steps of eight chains, y <- a y - b |y| - s e with signs e from the bits of words, lowest first: 0 is
// +1, as in Noise.fill.
func signSteps(y *[8]float64, words *[8]uint64, steps int, a, b, s float64) {
	minus := math.Float64bits(-s)
	for half := 0; half < 8; half += 4 {
		y0, y1, y2, y3 := y[half], y[half+1], y[half+2], y[half+3]
		w0, w1, w2, w3 := words[half], words[half+1], words[half+2], words[half+3]
		for range steps {
			y0 = float64(a*y0) - float64(b*math.Abs(y0)) + math.Float64frombits(minus^w0<<63)
			y1 = float64(a*y1) - float64(b*math.Abs(y1)) + math.Float64frombits(minus^w1<<63)
			y2 = float64(a*y2) - float64(b*math.Abs(y2)) + math.Float64frombits(minus^w2<<63)
			y3 = float64(a*y3) - float64(b*math.Abs(y3)) + math.Float64frombits(minus^w3<<63)
			w0, w1, w2, w3 = w0>>1, w1>>1, w2>>1, w3>>1
		}
		y[half], y[half+1], y[half+2], y[half+3] = y0, y1, y2, y3
	}
}

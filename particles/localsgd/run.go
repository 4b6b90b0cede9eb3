package localsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"kac/internal/rng"
)

// Run is one seed of M clients.
type Run struct {
	Objective Objective
	Noise     Noise
	Algorithm Algorithm
	Clients   int
	Seed      uint64
	Workers   int // they change no bit

	State
	chunks []chunk
	desks  []desk // one a worker
	taking []int  // clients that take part in the round; nil: all
}

// State is what a run goes on from.
type State struct {
	Round int `json:"round"`
	// X is the common point with its u and v, one after the other; for accelerated-minibatch X is followed by the point
	// before.
	X []float64 `json:"x"`
}

// ErrState says that a state is not one of this run.
var ErrState = errors.New("the state belongs to another run")

// MaxClients bounds M, so that a round and a client fit into one counter.
const MaxClients = 1 << 20

// chunk are clients that are summed in order by one worker.
type chunk struct {
	first, end int
	sum        []float64 // of their points, u and v
}

// desk is where a worker moves a client.
type desk struct {
	local    []float64 // its point, u and v
	gradient []float64
	noise    []float64
	vectors
}

// chunkCount is into how many parts of equal size the clients are cut at most; it depends on nothing but M, so that
// sums have one order.
const chunkCount = 64

// Begin starts at a point, with u = v = 0.
func (r *Run) Begin(start []float64) {
	d := r.Objective.Dim()
	r.State = State{X: make([]float64, r.vectors()*d)}
	copy(r.X, start)
	if r.Algorithm.Name == AcceleratedMinibatch {
		copy(r.X[d:], start)
	}
}

// Continue goes on from a state.
func (r *Run) Continue(s State) error {
	if len(s.X) != r.vectors()*r.Objective.Dim() || s.Round < 0 {
		return fmt.Errorf("%w: %d numbers", ErrState, len(s.X))
	}
	r.State = State{Round: s.Round, X: append([]float64(nil), s.X...)}
	return nil
}

func (r *Run) vectors() int {
	if r.Algorithm.Name == AcceleratedMinibatch {
		return 2
	}
	return r.Algorithm.parts()
}

// Point is the common point, not to be changed.
func (r *Run) Point() []float64 { return r.X[:r.Objective.Dim()] }

// Memory is what a run of these sizes takes, bytes.
func Memory(a *Algorithm, dim, clients, workers int) float64 {
	chunks := min(clients, chunkCount)
	return 8 * float64(dim) * (float64(chunks*a.parts()) + float64(min(workers, chunks))*float64(a.parts()+2) + 4)
}

// prepare makes the chunks of a round.
func (r *Run) prepare() {
	r.choose()
	n := r.Clients
	if r.taking != nil {
		n = len(r.taking)
	}
	size := (n + chunkCount - 1) / chunkCount
	size = (size + 7) / 8 * 8 // eight clients are moved together
	d := r.Objective.Dim()
	count := (n + size - 1) / size
	if len(r.chunks) != count {
		r.chunks = make([]chunk, count)
	}
	for i := range r.chunks {
		c := &r.chunks[i]
		c.first, c.end = i*size, min((i+1)*size, n)
		if c.sum == nil {
			c.sum = make([]float64, r.Algorithm.parts()*d)
		}
		clear(c.sum)
	}
}

// choose draws the clients that take part.
func (r *Run) choose() {
	if r.Algorithm.Share >= 1 {
		return
	}
	count := max(int(math.Round(r.Algorithm.Share*float64(r.Clients))), 1)
	all := make([]int, r.Clients)
	for i := range all {
		all[i] = i
	}
	s := rng.New(r.Seed, rng.Participants, uint64(r.Round))
	for i := range count { // the first steps of a shuffle
		j := i + int(s.Below(uint64(r.Clients-i)))
		all[i], all[j] = all[j], all[i]
	}
	r.taking = all[:count]
}

// client is the number of the i-th client that takes part.
func (r *Run) client(i int) int {
	if r.taking == nil {
		return i
	}
	return r.taking[i]
}

// Advance does a round.
func (r *Run) Advance(ctx context.Context) error {
	r.prepare()
	work := r.localChunk
	switch {
	case !r.Algorithm.Local():
		work = r.gradientChunk
	case r.Algorithm.Name == LocalSGD && r.onKink() != nil:
		work = r.kinkChunk
	}
	if err := r.each(ctx, work); err != nil {
		return err
	}
	r.conclude()
	return nil
}

// conclude ends a round: the sums of the chunks are added in their order.
func (r *Run) conclude() {
	d := r.Objective.Dim()
	n := r.Clients
	if r.taking != nil {
		n = len(r.taking)
	}
	mean := r.chunks[0].sum
	for _, c := range r.chunks[1:] {
		for i, x := range c.sum {
			mean[i] += x
		}
	}
	for i := range mean {
		mean[i] /= float64(n)
	}
	a := &r.Algorithm
	switch {
	case a.Name == LocalSGD:
		for i, x := range mean { // of y - x
			r.X[i] += float64(a.Beta * x)
		}
	case a.Local():
		for i, x := range mean[:d] {
			r.X[i] += x
		}
		copy(r.X[d:], mean[d:])
	case a.Name == AcceleratedMinibatch:
		z := r.ahead()
		copy(r.X[d:], r.X[:d])
		for i, g := range mean {
			r.X[i] = z[i] - float64(a.Eta*g)
		}
	default:
		u, v := r.moments(r.X)
		a.step(r.X[:d], u, v, mean[:d])
	}
	r.Round++
}

// moments are the u and v of a vector of parts.
func (r *Run) moments(x []float64) (u, v []float64) {
	d := r.Objective.Dim()
	if r.Algorithm.HasMomentum() {
		u = x[d : 2*d]
	}
	if r.Algorithm.HasSquares() {
		v = x[2*d : 3*d]
	}
	return u, v
}

// ahead is Nesterov's point.
func (r *Run) ahead() []float64 {
	d := r.Objective.Dim()
	theta := float64(r.Round) / float64(r.Round+3)
	z := make([]float64, d)
	for i := range z {
		z[i] = r.X[i] + float64(theta*(r.X[i]-r.X[d+i]))
	}
	return z
}

// each gives the chunks to the workers.
func (r *Run) each(ctx context.Context, work func(context.Context, *chunk, *desk) error) error {
	workers := max(min(r.Workers, len(r.chunks)), 1)
	if len(r.desks) < workers {
		r.desks = make([]desk, workers)
	}
	if workers == 1 {
		for i := range r.chunks {
			if err := work(ctx, &r.chunks[i], &r.desks[0]); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	failed := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for failed[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(r.chunks) {
					return
				}
				failed[w] = work(ctx, &r.chunks[i], &r.desks[w])
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

// stream is that of a client's noise in the round.
func (r *Run) stream(client int) rng.Stream {
	return rng.New(r.Seed, rng.LocalNoise, uint64(r.Round)<<20|uint64(client))
}

// lay makes the buffers of a worker.
func (w *desk) lay(parts, d int) {
	if w.local == nil {
		w.local, w.gradient, w.noise = make([]float64, parts*d), make([]float64, d), make([]float64, d)
		w.vectors = vectorsOf(d, w.gradient, w.noise)
	}
}

// between is after how many gradients the context is asked: some milliseconds.
func (r *Run) between() int {
	d := r.Objective.Dim()
	work := d
	switch f := r.Objective.(type) {
	case *Quadratics:
		work *= d
	case *Logistic:
		work *= f.most
	}
	return max(1<<18/(work+1), 1)
}

// localChunk lets the clients of a chunk make their steps, and adds up y - x, u and v.
func (r *Run) localChunk(ctx context.Context, c *chunk, w *desk) error {
	d, a := r.Objective.Dim(), &r.Algorithm
	w.lay(a.parts(), d)
	deviation := r.Noise.deviation(d)
	every := r.between()
	for i := c.first; i < c.end; i++ {
		client := r.client(i)
		s := r.stream(client)
		batch := r.batch(client)
		copy(w.local, r.X)
		y := w.local[:d]
		u, v := r.moments(w.local)
		for k := range a.LocalSteps {
			if k%every == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			r.gradient(w, y, client, &s, &batch, deviation)
			a.move(y, u, v, w)
		}
		for j := range d {
			c.sum[j] += y[j] - r.X[j]
		}
		for j, x := range w.local[d:] {
			c.sum[d+j] += x
		}
	}
	return nil
}

// gradient is one noisy gradient of a client.
func (r *Run) gradient(w *desk, y []float64, client int, s, batch *rng.Stream, deviation float64) {
	if r.Noise.Law == MinibatchNoise {
		r.Objective.(Sampled).BatchGradient(w.gradient, y, client, r.Noise.Batch, batch.Below)
		return
	}
	if f, is := r.Objective.(*Huber); is {
		f.gradient(w, y)
	} else {
		r.Objective.Gradient(w.gradient, y, client)
	}
	if deviation > 0 {
		r.Noise.fill(s, w.noise)
		w.addNoise(w.gradient, deviation)
	}
}

func (r *Run) batch(client int) rng.Stream {
	return rng.New(r.Seed, rng.LocalBatch, uint64(r.Round)<<20|uint64(client))
}

// gradientChunk adds up the means of the K gradients of the clients of a chunk, all at the common point.
func (r *Run) gradientChunk(ctx context.Context, c *chunk, w *desk) error {
	d, a := r.Objective.Dim(), &r.Algorithm
	w.lay(1, d)
	deviation := r.Noise.deviation(d)
	x := r.X[:d]
	if a.Name == AcceleratedMinibatch {
		x = r.ahead()
	}
	share := 1 / float64(a.LocalSteps)
	every := r.between()
	for i := c.first; i < c.end; i++ {
		client := r.client(i)
		s := r.stream(client)
		batch := r.batch(client)
		if r.Noise.Law != MinibatchNoise { // without noise all K are equal
			r.Objective.Gradient(w.gradient, x, client)
			for j, g := range w.gradient {
				c.sum[j] += g
			}
			if deviation == 0 {
				continue
			}
		}
		clear(w.local)
		for k := range a.LocalSteps {
			if k%every == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if r.Noise.Law == MinibatchNoise {
				r.gradient(w, x, client, &s, &batch, 0)
				for j, g := range w.gradient {
					w.local[j] += g
				}
				continue
			}
			r.Noise.fill(&s, w.noise)
			w.addNoise(w.local, deviation)
		}
		for j, g := range w.local[:d] {
			c.sum[j] += float64(share * g)
		}
	}
	return nil
}

// Sampled is an objective whose clients have samples.
type Sampled interface {
	Objective
	// BatchGradient writes the mean gradient over a number of a client's samples, drawn with replacement by below.
	BatchGradient(dst, x []float64, client, batch int, below func(n uint64) uint64)
}

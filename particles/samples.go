package particles

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"kac/internal/rng"
	"kac/internal/userdata"
)

// Samples are N inputs with their labels.
type Samples struct {
	X    []float64 // N x D, row-major
	Y    []float64 // N
	N, D int

	Notes          []string         // of samples from files: what was skipped there
	inputs, labels *userdata.Matrix // the files; nil: drawn
}

// InputPlace names number i of X by its row and column, in the file that it is from.
func (s *Samples) InputPlace(i int) string {
	if s.inputs != nil {
		return s.inputs.Place(i)
	}
	return fmt.Sprintf("row %d, column %d", i/s.D+1, i%s.D+1)
}

// LabelPlace names label i by its row, in the file that it is from.
func (s *Samples) LabelPlace(i int) string {
	if s.labels != nil {
		return s.labels.Row(i)
	}
	return fmt.Sprintf("row %d", i+1)
}

// Samples draws n training samples x_i, y_i = f*(x_i) + noise * z_i, z_i ~
// N(0, 1). Sample i is a function of (seed, i) alone, so a larger sample
// begins with the smaller one of the same seed.
func (t *Task) Samples(n int, seed uint64, noise float64) *Samples {
	s := newSamples(n, t.dim)
	for i := range n {
		s.Y[i] = t.sample(s.X[i*s.D:(i+1)*s.D], seed, rng.Data, rng.LabelNoise, uint64(i), noise)
	}
	return s
}

// TestSamples draws n held-out samples without noise, independent of the
// training samples of every seed.
func (t *Task) TestSamples(n int, seed uint64) *Samples {
	s := newSamples(n, t.dim)
	for i := range n {
		s.Y[i] = t.sample(s.X[i*s.D:(i+1)*s.D], seed, rng.TestData, 0, uint64(i), 0)
	}
	return s
}

func newSamples(n, d int) *Samples {
	return &Samples{X: make([]float64, n*d), Y: make([]float64, n), N: n, D: d}
}

// sample draws input number index of a stream into x and returns its label.
func (t *Task) sample(x []float64, seed, data, noises, index uint64, noise float64) float64 {
	t.law.draw(x, seed, data, index)
	y := t.target.Value(x)
	if noise != 0 {
		z := [1]float64{}
		rng.Normal(seed, noises, index, z[:])
		y += float64(noise * z[0])
	}
	return y
}

// Check refuses shapes that do not fit and numbers that are not finite, with
// the row, counted from 1.
func (s *Samples) Check() error {
	if s.N < 1 || s.D < 1 || len(s.X) != s.N*s.D || len(s.Y) != s.N {
		return fmt.Errorf("samples: %d coordinates and %d labels for %d samples of dimension %d", len(s.X), len(s.Y), s.N, s.D)
	}
	for i, x := range s.X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("row %d, column %d of the inputs is %v; every number must be finite", i/s.D+1, i%s.D+1, x)
		}
	}
	for i, y := range s.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return fmt.Errorf("row %d of the labels is %v; every number must be finite", i+1, y)
		}
	}
	return nil
}

// Batches is an endless sequence of batches of Size samples. Batch number step
// is a function of step (and of what made the Batches, a seed among it) alone:
// networks that ask for the same steps see the same data, and a run that is
// cut and continued sees what it would have seen. Not for concurrent use.
type Batches interface {
	// Batch writes batch number step >= 0 to x (Size x Dim) and y (Size).
	Batch(step int64, x, y []float64)
	Size() int
	Dim() int
}

// minibatches cuts each epoch's shuffle of fixed samples into batches.
type minibatches struct {
	samples *Samples
	size    int
	seed    uint64
	epoch   int64 // of order; -1: none
	order   []int
}

// NewMinibatches returns batches of size samples out of the fixed s, without
// replacement, in an order that is shuffled anew in every epoch; the n mod
// size last ones of an epoch's order are left out of it. A batch of all n
// samples is not shuffled. It refuses a batch larger than the sample.
func NewMinibatches(s *Samples, size int, seed uint64) (Batches, error) {
	if size < 1 || size > s.N {
		return nil, fmt.Errorf("batch of %d out of %d samples: a batch has between 1 and all of them", size, s.N)
	}
	return &minibatches{samples: s, size: size, seed: seed, epoch: -1}, nil
}

func (b *minibatches) Size() int { return b.size }
func (b *minibatches) Dim() int  { return b.samples.D }

func (b *minibatches) Batch(step int64, x, y []float64) {
	s := b.samples
	if b.size == s.N {
		copy(x, s.X)
		copy(y, s.Y)
		return
	}
	perEpoch := int64(s.N / b.size)
	b.shuffle(step / perEpoch)
	first := int(step%perEpoch) * b.size
	for i, j := range b.order[first : first+b.size] {
		copy(x[i*s.D:(i+1)*s.D], s.X[j*s.D:(j+1)*s.D])
		y[i] = s.Y[j]
	}
}

// shuffle sets the order of an epoch, by Fisher and Yates. The bias of taking
// a 64-bit word modulo i is below n 2^-64.
func (b *minibatches) shuffle(epoch int64) {
	if b.epoch == epoch {
		return
	}
	if b.order == nil {
		b.order = make([]int, b.samples.N)
	}
	for i := range b.order {
		b.order[i] = i
	}
	r := rng.New(b.seed, rng.Shuffle, uint64(epoch))
	for i := len(b.order) - 1; i > 0; i-- {
		j := int(r.Uint64() % uint64(i+1))
		b.order[i], b.order[j] = b.order[j], b.order[i]
	}
	b.epoch = epoch
}

// fresh draws new samples for every step.
type fresh struct {
	task  *Task
	size  int
	seed  uint64
	noise float64

	workers int // of a Trainer; 0: one
}

// freshBlock samples are drawn by one worker at a time.
const freshBlock = 256

// NewFresh returns batches of size new samples each (online descent), labels
// with noise as in Task.Samples.
func NewFresh(t *Task, size int, seed uint64, noise float64) (Batches, error) {
	if size < 1 {
		return nil, fmt.Errorf("batch of %d samples: a batch has at least 1", size)
	}
	return &fresh{task: t, size: size, seed: seed, noise: noise}, nil
}

func (b *fresh) Size() int { return b.size }
func (b *fresh) Dim() int  { return b.task.dim }

func (b *fresh) Batch(step int64, x, y []float64) {
	blocks := (b.size + freshBlock - 1) / freshBlock
	if b.workers < 2 || blocks < 2 {
		b.draw(step, x, y, 0, b.size)
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(b.workers, blocks) {
		group.Go(func() {
			for k := int(next.Add(1)) - 1; k < blocks; k = int(next.Add(1)) - 1 {
				b.draw(step, x, y, k*freshBlock, min(b.size, (k+1)*freshBlock))
			}
		})
	}
	group.Wait()
}

// draw draws samples lo to hi of a batch.
func (b *fresh) draw(step int64, x, y []float64, lo, hi int) {
	d := b.task.dim
	for i := lo; i < hi; i++ {
		index := uint64(step)*uint64(b.size) + uint64(i)
		y[i] = b.task.sample(x[i*d:(i+1)*d], b.seed, rng.FreshBatch, rng.FreshNoise, index, b.noise)
	}
}

package xor

import (
	"fmt"

	"kac/internal/rng"
	"kac/kernels"
)

// Batches is an endless sequence of batches. Batch number step is a function of step, and of what made the Batches,
// alone: a run that is cut and continued sees what it would have seen. Not for concurrent use.
type Batches[T kernels.Float] interface {
	// Batch writes batch number step >= 0 to x (Size x Dim) and y (Size).
	Batch(step int64, x, y []T)
	Size() int
	Dim() int
	// Constant says that all batches are the same.
	Constant() bool
}

// MaxCube is the greatest dimension of Cube.
const MaxCube = 14

type fresh[T kernels.Float] struct {
	d, size int
	seed    uint64
}

// Fresh draws size new inputs, uniform on {-1,1}^d, for every step, with their labels y = -x_1 x_2.
func Fresh[T kernels.Float](d, size int, seed uint64) (Batches[T], error) {
	if d < 2 || size < 1 {
		return nil, fmt.Errorf("batches of %d inputs of dimension %d", size, d)
	}
	return &fresh[T]{d, size, seed}, nil
}

func (b *fresh[T]) Size() int      { return b.size }
func (b *fresh[T]) Dim() int       { return b.d }
func (b *fresh[T]) Constant() bool { return false }

func (b *fresh[T]) Batch(step int64, x, y []T) {
	for i := range b.size {
		y[i] = draw(x[i*b.d:(i+1)*b.d], b.seed, rng.FreshBatch, uint64(step)*uint64(b.size)+uint64(i))
	}
}

// draw fills x with input number index of a stream and returns its label.
func draw[T kernels.Float](x []T, seed, stream, index uint64) T {
	s := rng.New(seed, stream, index)
	var word uint64
	for c := range x {
		if c%64 == 0 {
			word = s.Uint64()
		}
		x[c] = T(int64(word&1)*2 - 1)
		word >>= 1
	}
	return -x[0] * x[1]
}

// Drawn draws n fixed inputs with their labels. Input i is a function of (seed, i) alone. Those for testing are
// independent of those for training.
func Drawn[T kernels.Float](n, d int, seed uint64, test bool) (x, y []T) {
	stream := rng.Data
	if test {
		stream = rng.TestData
	}
	x, y = make([]T, n*d), make([]T, n)
	for i := range y {
		y[i] = draw(x[i*d:(i+1)*d], seed, stream, uint64(i))
	}
	return x, y
}

// Points of the whole cube {-1,1}^d with their labels; d is at most MaxCube.
func Points[T kernels.Float](d int) (x, y []T, err error) {
	if d < 2 || d > MaxCube {
		return nil, nil, fmt.Errorf("the whole cube of dimension %d; allowed are 2 to %d", d, MaxCube)
	}
	n := 1 << d
	x, y = make([]T, n*d), make([]T, n)
	for i := range n {
		for c := range d {
			x[i*d+c] = T(1 - 2*(i>>c&1))
		}
		y[i] = -x[i*d] * x[i*d+1]
	}
	return x, y, nil
}

type fixed[T kernels.Float] struct {
	x, y  []T
	n, d  int
	size  int
	seed  uint64
	epoch int64
	order []int
}

// Fixed cuts each epoch's shuffle of fixed samples x (n x d), y (n) into batches of size; the n mod size last ones of
// an epoch's order are left out of it. A batch of all samples is not shuffled.
func Fixed[T kernels.Float](x, y []T, d, size int, seed uint64) (Batches[T], error) {
	n := len(y)
	if d < 1 || len(x) != n*d || size < 1 || size > n {
		return nil, fmt.Errorf("batches of %d out of %d samples with %d coordinates", size, n, len(x))
	}
	return &fixed[T]{x: x, y: y, n: n, d: d, size: size, seed: seed, epoch: -1}, nil
}

func (b *fixed[T]) Size() int      { return b.size }
func (b *fixed[T]) Dim() int       { return b.d }
func (b *fixed[T]) Constant() bool { return b.size == b.n }

func (b *fixed[T]) Batch(step int64, x, y []T) {
	if b.size == b.n {
		copy(x, b.x)
		copy(y, b.y)
		return
	}
	per := int64(b.n / b.size)
	b.shuffle(step / per)
	first := int(step%per) * b.size
	for i, k := range b.order[first : first+b.size] {
		copy(x[i*b.d:(i+1)*b.d], b.x[k*b.d:(k+1)*b.d])
		y[i] = b.y[k]
	}
}

// shuffle sets the order of an epoch, by Fisher and Yates.
func (b *fixed[T]) shuffle(epoch int64) {
	if b.epoch == epoch {
		return
	}
	if b.order == nil {
		b.order = make([]int, b.n)
	}
	for i := range b.order {
		b.order[i] = i
	}
	r := rng.New(b.seed, rng.Shuffle, uint64(epoch))
	for i := b.n - 1; i > 0; i-- {
		k := int(r.Uint64() % uint64(i+1))
		b.order[i], b.order[k] = b.order[k], b.order[i]
	}
	b.epoch = epoch
}

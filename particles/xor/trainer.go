package xor

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// Trainer moves both layers of a network by descent on batches (docs/xor.md, (1)):
//
//	w_j <- w_j + eta a_j V_j,   a_j <- a_j + eta <w_j, V_j>,   V_j = (1/b) sum_i r_i 1[<w_j,x_i> > 0] x_i
//
// with old values on the right and r of the loss. Sums over samples are those of package kernels; results do not depend
// on the number of workers.
type Trainer[T kernels.Float] struct {
	batches Batches[T]
	loss    kernels.Loss
	eta     float64
	net     *Network[T]
	step    int64

	x, y, out []T
	residual  []T // where a neuron's second layer is 0
	v, plain  []T // a_j V_j; V_j, likewise
	stages    [][]T
	weight    []T
	gain      []T // eta <w_j, V_j>
	packed    kernels.PackedSamples[T]
	ready     bool // packed holds the one batch of constant batches
	ws        *kernels.Workspace[T]
}

// NewTrainer prepares a training with step eta. workers <= 0 means one per processor.
func NewTrainer[T kernels.Float](net *Network[T], b Batches[T], loss kernels.Loss, eta float64, workers int) (*Trainer[T], error) {
	if !(eta > 0) || math.IsInf(eta, 0) {
		return nil, fmt.Errorf("training: step eta = %v must be positive and finite", eta)
	}
	if b.Dim() != net.D || len(net.W) != net.M*net.D || len(net.A) != net.M {
		return nil, fmt.Errorf("training: batches of dimension %d; %d neurons of dimension %d with %d coordinates and %d weights", b.Dim(), net.M, net.D, len(net.W), len(net.A))
	}
	n := b.Size()
	r := &Trainer[T]{batches: b, loss: loss, eta: eta, net: net, x: make([]T, n*net.D), y: make([]T, n), out: make([]T, n),
		v: make([]T, net.M*net.D), weight: []T{1}, gain: make([]T, net.M), ws: kernels.NewWorkspace[T](workers)}
	r.stages = [][]T{r.v}
	return r, nil
}

// Close releases the workers.
func (r *Trainer[T]) Close() { r.ws.Close() }

// Network is the network that is trained.
func (r *Trainer[T]) Network() *Network[T] { return r.net }

// Step is the number of steps made, and Time the paper time, Step times eta.
func (r *Trainer[T]) Step() int64   { return r.step }
func (r *Trainer[T]) Time() float64 { return float64(r.step) * r.eta }

// Resume says that the network stands where step steps have led it.
func (r *Trainer[T]) Resume(step int64) { r.step = step }

// NonFiniteError says that a neuron has become NaN or infinite.
type NonFiniteError struct {
	Step   int64
	Time   float64
	Width  int
	Neuron int
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("neuron %d of %d is not finite after step %d, time %g; give a smaller step eta or a larger batch", e.Neuron, e.Width, e.Step, e.Time)
}

// Advance makes steps, stopping between them when the context ends.
func (r *Trainer[T]) Advance(ctx context.Context, steps int64) error {
	for end := r.step + steps; r.step < end; r.step++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !r.ready {
			r.batches.Batch(r.step, r.x, r.y)
			r.packed.Pack(r.x, len(r.y), r.net.D, r.ws)
			r.ready = r.batches.Constant()
		}
		if err := r.move(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Trainer[T]) move() error {
	n, d := r.net, r.net.D
	relu := kernels.ReLU()
	kernels.LossVelocityPacked(r.v, r.out, &r.packed, r.y, n.W, n.A, n.M, relu, r.loss, r.ws)
	if r.dead() {
		r.revive()
	}
	for j := range n.M {
		dot := kernels.Dot(n.Row(j), r.v[j*d:(j+1)*d])
		r.gain[j] = T(r.eta * dot / float64(n.A[j]))
		if n.A[j] == 0 {
			r.gain[j] = T(r.eta * kernels.Dot(n.Row(j), r.plain[j*d:(j+1)*d]))
		}
	}
	kernels.Combine(n.W, n.W, T(r.eta), r.weight, r.stages, r.ws)
	for j, g := range r.gain {
		n.A[j] += g
		if z := float64(n.A[j]); math.IsNaN(z) || math.IsInf(z, 0) {
			return &NonFiniteError{Step: r.step + 1, Time: float64(r.step+1) * r.eta, Width: n.M, Neuron: j}
		}
	}
	return nil
}

// dead says whether a second layer is 0, so that V_j is not a_j V_j over a_j.
func (r *Trainer[T]) dead() bool {
	for _, a := range r.net.A {
		if a == 0 {
			return true
		}
	}
	return false
}

// revive makes all V_j by themselves.
func (r *Trainer[T]) revive() {
	if r.plain == nil {
		r.plain, r.residual = make([]T, len(r.v)), make([]T, len(r.y))
	}
	kernels.LossStep(r.residual, r.out, r.y, r.loss, r.ws)
	kernels.Velocity(r.plain, r.x, r.net.W, nil, r.residual, len(r.y), r.net.M, r.net.D, kernels.ReLU(), r.ws)
}

// Outputs writes f(x_i) for the n rows of x to f.
func (r *Trainer[T]) Outputs(f, x []T) {
	n := r.net
	kernels.Forward(f, x, n.W, n.A, len(f), n.M, n.D, kernels.ReLU(), r.ws)
}

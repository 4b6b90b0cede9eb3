package particles

import (
	"context"
	"fmt"
	"math"
	"unsafe"

	"kac/kernels"
)

// Trainer trains several networks at once by projected descent on batches,
//
//	w_j <- normalise(w_j + eta nu_batch(w_j)),
//
// or by descent w_j <- w_j + eta g_batch(w_j) those that live in FreeSpace, with
// the task's loss: all of them on the same batches, each of which is drawn and
// packed once. In float32 the sums over samples and all norms are still in
// float64 where package kernels says so. In float64 it gives the bits of a Descend of one step after the
// other, each with the Empirical field of its batch.
type Trainer[T kernels.Float] struct {
	task     *Task
	batches  Batches
	eta      float64
	networks []*Ensemble[T]
	step     int64
	turns    []float64 // see Turn

	forms  []Form // of the networks' velocities
	outer  [][]T  // second layers
	x, y   []float64
	xt, yt []T  // the batch in T; x and y themselves in float64
	round  bool // T is not float64
	out    []T
	v      []T // of the widest network
	stages [][]T
	weight []T // {1}, of the only stage
	packed kernels.PackedSamples[T]
	ws     *kernels.Workspace[T]
	plain  *kernels.Workspace[T] // of outputs: ws, or without bf16 parts
}

// NewTrainer prepares a training with step eta (paper time: twice that of
// codes that step with 2 nu). workers <= 0 means one per processor; results do
// not depend on it. The networks are moved in place.
func NewTrainer[T kernels.Float](t *Task, b Batches, eta float64, networks []*Ensemble[T], workers int) (*Trainer[T], error) {
	return NewTrainerIn(defaultPrecision[T](), Auto, t, b, eta, networks, workers)
}

// defaultPrecision is that of T.
func defaultPrecision[T kernels.Float]() Precision {
	if unsafe.Sizeof(T(0)) == 8 {
		return Float64
	}
	return Float32
}

// NewTrainerIn is NewTrainer with velocities in a precision whose numbers are
// T's, for float32 also BF16x3 and BF16x6, and in a form, NewTrainer's being
// Auto. Outputs are float32 in the bf16 precisions too. It refuses a precision
// that is not available and a form that there is not (see FormError), and panics
// if the precision is not T's.
func NewTrainerIn[T kernels.Float](precision Precision, form Form, t *Task, b Batches, eta float64, networks []*Ensemble[T], workers int) (*Trainer[T], error) {
	if err := precision.Available(); err != nil {
		return nil, fmt.Errorf("training: precision %v: %w", precision, err)
	}
	if !(eta > 0) || math.IsInf(eta, 0) {
		return nil, fmt.Errorf("training: step eta = %v must be positive and finite", eta)
	}
	if b.Dim() != t.dim {
		return nil, fmt.Errorf("training: batches of dimension %d for a task of dimension %d", b.Dim(), t.dim)
	}
	r := &Trainer[T]{task: t, batches: b, eta: eta, networks: networks, turns: make([]float64, len(networks)), x: make([]float64, b.Size()*t.dim), y: make([]float64, b.Size())}
	widest := 0
	for _, net := range networks {
		if err := t.CheckWidth(net.M); err != nil {
			return nil, fmt.Errorf("training: %w", err)
		}
		if net.D != t.dim || len(net.W) != net.M*net.D {
			return nil, fmt.Errorf("training: network of %d particles of dimension %d has %d coordinates; the task has dimension %d", net.M, net.D, len(net.W), t.dim)
		}
		if err := t.FormError(form, precision, b.Size(), net.M); err != nil {
			return nil, fmt.Errorf("training: %w", err)
		}
		widest = max(widest, net.M)
		r.forms = append(r.forms, t.FormFor(form, precision, b.Size(), net.M))
		r.outer = append(r.outer, narrow[T](t.SecondLayer(net.M)))
	}
	r.out, r.v, r.stages = make([]T, b.Size()), make([]T, widest*t.dim), make([][]T, 1)
	r.weight = []T{1}
	if same, ok := any(r.x).([]T); ok {
		r.xt, r.yt = same, any(r.y).([]T)
	} else {
		r.xt, r.yt, r.round = make([]T, len(r.x)), make([]T, len(r.y)), true
	}
	r.ws, r.plain = trainerWorkspaces[T](precision, workers)
	if f, is := b.(*fresh); is { // to draw takes longer than a step of a few hundred particles
		f.workers = r.ws.Workers()
	}
	return r, nil
}

// trainerWorkspaces returns a trainer's workspaces, for velocities and for outputs.
func trainerWorkspaces[T kernels.Float](precision Precision, workers int) (velocities, outputs *kernels.Workspace[T]) {
	if precision == defaultPrecision[T]() {
		ws := kernels.NewWorkspace[T](workers)
		return ws, ws
	}
	ws, ok := any(precision.workspace32(workers)).(*kernels.Workspace[T])
	if _, split := precision.split(); !ok || !split {
		panic(fmt.Sprintf("particles: a trainer of %T in precision %v", T(0), precision))
	}
	return ws, kernels.NewWorkspace[T](workers)
}

// narrow rounds x to T; nil stays nil.
func narrow[T kernels.Float](x []float64) []T {
	if x == nil {
		return nil
	}
	y := make([]T, len(x))
	for i, z := range x {
		y[i] = T(z)
	}
	return y
}

// Networks returns the networks.
func (r *Trainer[T]) Networks() []*Ensemble[T] { return r.networks }

// Step returns the number of steps made.
func (r *Trainer[T]) Step() int64 { return r.step }

// Time returns the paper time, Step times eta.
func (r *Trainer[T]) Time() float64 { return float64(r.step) * r.eta }

// Resume says that the networks stand where step steps have led them.
func (r *Trainer[T]) Resume(step int64) { r.step = step }

// Close releases the workers.
func (r *Trainer[T]) Close() {
	r.ws.Close()
	r.plain.Close()
}

// Advance makes steps; the context is looked at within them, so that they
// stop within milliseconds. What stops within a step leaves the networks at
// different steps and the training unusable: the context, and numbers that are
// not finite, which give a *NonFiniteError with the network's width.
func (r *Trainer[T]) Advance(ctx context.Context, steps int64) error {
	for end := r.step + steps; r.step < end; r.step++ {
		r.batches.Batch(r.step, r.x, r.y)
		if r.round {
			for i, z := range r.x {
				r.xt[i] = T(z)
			}
			for i, z := range r.y {
				r.yt[i] = T(z)
			}
		}
		r.packed.Pack(r.xt, len(r.out), r.task.dim, r.ws)
		for i, net := range r.networks {
			v := r.velocity(ctx.Done(), i)
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("training stopped after step %d: %w", r.step, err)
			}
			if err := r.move(net, v); err != nil {
				return fmt.Errorf("training, step %d, width %d: %w; try a step below %g", r.step+1, net.M, err, r.eta/4)
			}
			if r.step == end-1 {
				r.turns[i] = turn(v, net.M, r.eta)
			}
		}
	}
	return nil
}

// velocity returns the velocities of one network on the batch, before their
// projection; anything once done is closed, which saves the seconds that 2^17
// particles take.
func (r *Trainer[T]) velocity(done <-chan struct{}, network int) []T {
	net, act, loss := r.networks[network], r.task.activation.kernel, r.task.loss
	v := r.v[:net.M*net.D]
	r.ws.StopWhen(done)
	if r.forms[network] == MomentForm {
		kernels.MomentLossVelocity(v, r.out, &r.packed, r.yt, net.W, r.outer[network], net.M, act, loss, r.ws)
	} else {
		kernels.LossVelocityPacked(v, r.out, &r.packed, r.yt, net.W, r.outer[network], net.M, act, loss, r.ws)
	}
	r.ws.StopWhen(nil)
	return v
}

// move makes the step of one network along v.
func (r *Trainer[T]) move(net *Ensemble[T], v []T) error {
	m, d := net.M, net.D
	tangent(net.Space, v, net.W, m, d, r.ws)
	if err := checkFinite(v, d, r.Time(), "velocity"); err != nil {
		return err
	}
	r.stages[0] = v
	kernels.Combine(net.W, net.W, T(r.eta), r.weight, r.stages, r.ws)
	retract(net.Space, net.W, m, d, r.ws)
	return checkFinite(net.W, d, r.Time()+r.eta, "position")
}

// Turn returns by what angle, in radians, the last step of the last Advance turned the particles of a network: the root
// mean square of atan(eta |nu(w_j)|). Descent follows the gradient flow while it is far below 1.
func (r *Trainer[T]) Turn(network int) float64 { return r.turns[network] }

// turn returns the root mean square of atan(eta |v_j|) over the m rows of v.
func turn[T kernels.Float](v []T, m int, eta float64) float64 {
	sum, d := 0.0, len(v)/m
	for ; len(v) > 0; v = v[d:] {
		square := 0.0
		for _, z := range v[:d] {
			square += float64(z) * float64(z)
		}
		angle := math.Atan(eta * math.Sqrt(square))
		sum += angle * angle
	}
	return math.Sqrt(sum / float64(m))
}

// Outputs writes f_m(x_i) for the n rows of x (n x d) to f.
func (r *Trainer[T]) Outputs(f, x []T, network int) {
	net := r.networks[network]
	kernels.Forward(f, x, net.W, r.outer[network], len(f), net.M, net.D, r.task.activation.kernel, r.plain)
}

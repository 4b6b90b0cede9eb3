package coding

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
	"kac/internal/rng"
)

// Loss is the loss of one point.
type Loss int

const (
	Square   Loss = iota // (<x,theta> - y)²/2
	Logistic             // log(1 + exp(-y <x,theta>)), y = -1 or 1
)

// Objective is the mean loss of a linear model over data: f(theta) = (1/N) sum_i loss(<x_i,theta>, y_i).
type Objective struct {
	X    []float64 // N x k, row-major
	Y    []float64
	K    int
	Loss Loss
}

// Check says what is wrong with the shapes or labels.
func (o *Objective) Check() error {
	n := len(o.Y)
	if o.K < 1 || n < 1 || len(o.X) != n*o.K {
		return fmt.Errorf("%d numbers for %d points of %d coordinates", len(o.X), n, o.K)
	}
	if o.Loss == Logistic {
		for i, y := range o.Y {
			if y != 1 && y != -1 {
				return fmt.Errorf("row %d: the label %v; the logistic loss takes -1 and 1", i+1, y)
			}
		}
	}
	return nil
}

// slope is the derivative of the loss by the prediction f.
func (o *Objective) slope(f, y float64) float64 {
	if o.Loss == Logistic {
		return -y / (1 + portable.Exp(y*f))
	}
	return f - y
}

// Gradient makes g = (1/N) sum_i weight_i loss'(<x_i,theta>, y_i) x_i; weight nil is 1.
func (o *Objective) Gradient(g, theta, weight []float64) {
	clear(g)
	for i, y := range o.Y {
		x := o.X[i*o.K : (i+1)*o.K]
		c := o.slope(dot(x, theta), y)
		if weight != nil {
			c *= weight[i]
		}
		c /= float64(len(o.Y))
		for j := range g {
			g[j] += c * x[j]
		}
	}
}

// ErrSeparable says that the logistic loss has no minimum: the data are separated by a hyperplane.
var ErrSeparable = errors.New("the logistic loss has no minimum: a hyperplane separates the labels")

// Optimum is the minimiser theta*: by Householder's QR for the square loss, by damped Newton steps to a gradient of
// 1e-12 for the logistic loss.
func (o *Objective) Optimum(ctx context.Context) ([]float64, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	n := len(o.Y)
	theta := make([]float64, o.K)
	if o.Loss == Square {
		if n < o.K {
			return nil, fmt.Errorf("%d points for %d coordinates: the minimum is not unique", n, o.K)
		}
		var qr mat.QR
		qr.Factorize(mat.NewDense(n, o.K, o.X))
		if c := qr.Cond(); !(c < 1e12) {
			return nil, fmt.Errorf("the columns of the data depend on each other (condition %.2g): the minimum is not unique", c)
		}
		return theta, qr.SolveVecTo(mat.NewVecDense(o.K, theta), false, mat.NewVecDense(n, o.Y))
	}
	g, step := make([]float64, o.K), mat.NewVecDense(o.K, nil)
	trial := make([]float64, o.K)
	for range 200 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o.Gradient(g, theta, nil)
		if norm(g) < 1e-12 {
			if o.separates(theta) {
				return nil, ErrSeparable
			}
			return theta, nil
		}
		hessian := mat.NewSymDense(o.K, nil)
		for i, y := range o.Y {
			x := o.X[i*o.K : (i+1)*o.K]
			s := 1 / (1 + portable.Exp(y*dot(x, theta)))
			hessian.SymRankOne(hessian, s*(1-s)/float64(n), mat.NewVecDense(o.K, x))
		}
		var chol mat.Cholesky
		if !chol.Factorize(hessian) || norm(theta) > 1e6 {
			return nil, ErrSeparable
		}
		if err := chol.SolveVecTo(step, mat.NewVecDense(o.K, g)); err != nil && norm(theta) > 100 {
			return nil, ErrSeparable
		}
		// A step is halved until the loss does not rise.
		before, share := o.Value(theta), 1.0
		for ; share > 1e-10; share /= 2 {
			for j := range trial {
				trial[j] = theta[j] - share*step.AtVec(j)
			}
			if o.Value(trial) <= before {
				break
			}
		}
		copy(theta, trial)
		if share <= 1e-10 { // rounding: nothing lower is to be had
			return theta, nil
		}
	}
	return nil, ErrSeparable
}

// separates says whether every label has the sign of its prediction: then the loss falls for ever along theta.
func (o *Objective) separates(theta []float64) bool {
	for i, y := range o.Y {
		if !(y*dot(o.X[i*o.K:(i+1)*o.K], theta) > 0) {
			return false
		}
	}
	return true
}

// Value is f(theta).
func (o *Objective) Value(theta []float64) float64 {
	sum := 0.0
	for i, y := range o.Y {
		f := dot(o.X[i*o.K:(i+1)*o.K], theta)
		if o.Loss == Logistic {
			z := -y * f
			sum += math.Max(z, 0) + math.Log1p(portable.Exp(-math.Abs(z)))
		} else {
			sum += (f - y) * (f - y) / 2
		}
	}
	return sum / float64(len(o.Y))
}

// Drawn makes data: x of N(0, 1), y = <x,theta> + N(0, 1) with theta of N(0, 1) for the square loss; for the logistic
// loss y is 1 with probability 1/(1 + exp(-<x,theta>)), and -1 otherwise.
func Drawn(points, k int, loss Loss, seed uint64) *Objective {
	o := &Objective{X: make([]float64, points*k), Y: make([]float64, points), K: k, Loss: loss}
	theta := make([]float64, k)
	rng.Normal(seed, rng.Teacher, 0, theta)
	for i := range points {
		x := o.X[i*k : (i+1)*k]
		rng.Normal(seed, rng.Data, uint64(i), x)
		s := rng.New(seed, rng.LabelNoise, uint64(i))
		f := dot(x, theta)
		switch {
		case loss == Square:
			o.Y[i] = f + s.NormFloat64()
		case s.Float64() < 1/(1+portable.Exp(-f)):
			o.Y[i] = 1
		default:
			o.Y[i] = -1
		}
	}
	return o
}

// Descent is gradient descent with coded gradients: theta <- theta - step (1/N) sum_i alpha_{b(i)} loss'_i x_i, b(i)
// the block of point i. The points are dealt to blocks of nearly equal size in a random order, by the draw.
type Descent struct {
	Objective *Objective
	Decoder   Decoder
	Blocks    int
	Step      float64
	// Lose marks the stragglers of a step (counted from 0) and returns how long the step took; nil loses none.
	Lose func(lost []bool, step int) float64

	Theta   []float64
	Seconds float64 // simulated
	steps   int
	of      []int32
	lost    []bool
	alpha   []float64
	weight  []float64
	g       []float64
}

// Begin puts theta at 0 and deals the points.
func (d *Descent) Begin(machines int, seed, draw uint64) error {
	n := len(d.Objective.Y)
	if d.Blocks > n {
		return fmt.Errorf("%d points for %d blocks; a block has at least one", n, d.Blocks)
	}
	d.Theta, d.g = make([]float64, d.Objective.K), make([]float64, d.Objective.K)
	d.lost, d.alpha, d.weight, d.of = make([]bool, machines), make([]float64, d.Blocks), make([]float64, n), make([]int32, n)
	d.steps, d.Seconds = 0, 0
	s := rng.New(seed, rng.Placement, draw)
	for place, i := range permutation(n, &s) {
		d.of[i] = int32(place * d.Blocks / n)
	}
	return nil
}

// State is what a descent goes on from.
type State struct {
	Steps   int       `json:"steps"`
	Seconds float64   `json:"seconds"`
	Theta   []float64 `json:"theta"`
}

// State is a copy of where the descent stands.
func (d *Descent) State() State {
	return State{d.steps, d.Seconds, append([]float64(nil), d.Theta...)}
}

// Continue goes on from a state after Begin with the same machines, seed and draw.
func (d *Descent) Continue(s State) error {
	if s.Steps < 0 || len(s.Theta) != d.Objective.K {
		return fmt.Errorf("a state of %d coordinates after %d steps; the descent has %d coordinates", len(s.Theta), s.Steps, d.Objective.K)
	}
	d.steps, d.Seconds = s.Steps, s.Seconds
	copy(d.Theta, s.Theta)
	return nil
}

// Advance makes one step.
func (d *Descent) Advance() error {
	if d.Lose != nil {
		d.Seconds += d.Lose(d.lost, d.steps)
	}
	if _, err := d.Decoder.Alpha(d.alpha, d.lost); err != nil {
		return err
	}
	for i, b := range d.of {
		d.weight[i] = d.alpha[b]
	}
	d.Objective.Gradient(d.g, d.Theta, d.weight)
	for j := range d.Theta {
		d.Theta[j] -= d.Step * d.g[j]
	}
	d.steps++
	return nil
}

// Distance is |theta - optimum|².
func (d *Descent) Distance(optimum []float64) float64 {
	sum := 0.0
	for j, t := range d.Theta {
		sum += (t - optimum[j]) * (t - optimum[j])
	}
	return sum
}

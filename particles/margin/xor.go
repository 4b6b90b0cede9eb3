package margin

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
	"kac/internal/rng"
	"kac/kernels"
)

// XOR is a data set of the quadratic ground truth y = (mu1'x)² - (mu2'x)² and a network on it: points x = z + xi, z one
// of mu1, -mu1 (y = 1), mu2, -mu2 (y = -1), a quarter of the points each, noise xi ~ N(0, Variance) orthogonal to both;
//
//	f(x) = (1/m) sum_j a_j max(w_j'x, 0)^h,    a_j = 1 for the first half of the neurons, -1 for the other, (1/m) sum_j |w_j|² = 1
type XOR struct {
	Samples, Dim int // Samples is a multiple of 4, below Dim - 1
	Variance     float64
	Power        float64 // h
	Neurons      int     // even
	Seed         uint64
}

// Check refuses what is no such data set and network.
func (p *XOR) Check() error {
	switch {
	case p.Samples < 4 || p.Samples%4 != 0:
		return fmt.Errorf("%d points; the four clusters have the same number of them, so it is a multiple of 4", p.Samples)
	case p.Dim < p.Samples+2:
		return fmt.Errorf("%d points in %d dimensions; at least %d dimensions are needed", p.Samples, p.Dim, p.Samples+2)
	case !(p.Variance > 0) || math.IsInf(p.Variance, 0):
		return fmt.Errorf("a variance of %v; it is above 0", p.Variance)
	case !(p.Power > 1 && p.Power < 2):
		return fmt.Errorf("a power of %v; it is between 1 and 2", p.Power)
	case p.Neurons < 2 || p.Neurons%2 != 0:
		return fmt.Errorf("%d neurons; half of them have the weight 1 and half -1, so it is an even number", p.Neurons)
	}
	return nil
}

// Ascent is the network while its margin grows. Only what its vectors are in the span of mu1, mu2 and the noise vectors
// matters: they have Samples + 2 coordinates there, the first two along mu1 and mu2, the others in the basis of the
// noise vectors' Gram matrix's Cholesky factor.
type Ascent struct {
	XOR
	X, Y []float64 // points, Samples x (Samples+2), and labels
	W    []float64 // vectors of neurons, Neurons x (Samples+2)
	Done int       // steps taken; with W all that the ascent goes on from

	a, f, r, v []float64
	ws         *kernels.Workspace[float64]
	act        kernels.Activation
}

// Begin draws the data set and vectors uniform on the unit sphere of the span.
func (p XOR) Begin(ctx context.Context, ws *kernels.Workspace[float64]) (*Ascent, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	n, k := p.Samples, p.Samples+2
	gram := make([]float64, n*n)
	if err := (&Data{n, p.Dim - 1, p.Variance, p.Seed}).Gram(ctx, gram, ws); err != nil { // dim - 2 coordinates of noise
		return nil, err
	}
	factor, err := factorise(ctx, gram, n)
	if err != nil {
		return nil, err
	}
	var lower mat.TriDense
	factor.LTo(&lower)
	s := &Ascent{XOR: p, X: make([]float64, n*k), Y: make([]float64, n), W: make([]float64, p.Neurons*k), a: make([]float64, p.Neurons), f: make([]float64, n), r: make([]float64, n),
		v: make([]float64, p.Neurons*k), ws: ws, act: kernels.ReLUPower(p.Power)}
	for i := range n {
		row := s.X[i*k : (i+1)*k]
		s.Y[i] = cluster(row, i)
		for j := range i + 1 {
			row[2+j] = lower.At(i, j)
		}
	}
	for j := range p.Neurons {
		rng.Normal(p.Seed, rng.Initial, uint64(j), s.W[j*k:(j+1)*k])
		s.a[j] = 1
		if j >= p.Neurons/2 {
			s.a[j] = -1
		}
	}
	kernels.NormalizeRows(s.W, p.Neurons, k, ws)
	return s, nil
}

// move takes a step along the velocity's tangent part, back onto the sphere of all weights, sum_j |w_j|² = m.
func (s *Ascent) move(step float64) {
	m := float64(s.Neurons)
	radial := kernels.Dot(s.v, s.W) / m
	for i, v := range s.v {
		s.W[i] += step * (v - radial*s.W[i])
	}
	scale := math.Sqrt(m / kernels.Dot(s.W, s.W))
	for i := range s.W {
		s.W[i] *= scale
	}
}

// cluster writes the signal of point i, and returns its label.
func cluster(row []float64, i int) float64 {
	sign := 1 - 2*float64(i&1)
	if i&2 == 0 {
		row[0] = sign
		return 1
	}
	row[1] = sign
	return -1
}

// The inverse temperature of the soft minimum is softest in the first one of the stages; each doubles it.
const (
	softest = 8.0
	stages  = 10
)

// Run ascends the soft minimum -(1/b) log (1/n) sum_i e^(-b y_i f(x_i)) on the sphere by gradient steps of length
// proportional to 1/b, b doubling from stage to stage, so many steps each, from the step that is Done. after, if set,
// is called after each stage.
func (s *Ascent) Run(ctx context.Context, steps int, after func(share float64)) error {
	n, m, k := s.Samples, s.Neurons, s.Samples+2
	for ; s.Done < stages*steps; s.Done++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := math.Ldexp(softest, s.Done/steps)
		least := s.outputs()
		sum := 0.0
		for i, f := range s.f {
			s.r[i] = portable.Exp(-b * (s.Y[i]*f - least))
			sum += s.r[i]
		}
		for i := range s.r {
			s.r[i] *= s.Y[i] * float64(n) / sum
		}
		kernels.Velocity(s.v, s.X, s.W, s.a, s.r, n, m, k, s.act, s.ws)
		s.move(stepLength / b)
		if after != nil && (s.Done+1)%steps == 0 {
			after(float64(s.Done+1) / float64(stages*steps))
		}
	}
	if least := s.outputs(); math.IsNaN(least) {
		return errors.New("the margin is not a number")
	}
	return nil
}

// stepLength times the velocity over b is a step: found by trials with 80 points and 64 neurons.
const stepLength = .5

// outputs computes f on the points and returns the margin.
func (s *Ascent) outputs() float64 {
	kernels.Forward(s.f, s.X, s.W, s.a, s.Samples, s.Neurons, s.Samples+2, s.act, s.ws)
	least := math.Inf(1)
	for i, f := range s.f {
		if x := s.Y[i] * f; x < least || math.IsNaN(x) {
			least = x
		}
	}
	return least
}

// Margin is the least y f(x) on the points.
func (s *Ascent) Margin() float64 { return s.outputs() }

// Signal is the mean over the neurons of |mu'w|/|w|, mu the direction of the neuron's class, by weights |w|².
func (s *Ascent) Signal() float64 {
	sum, k := 0.0, s.Samples+2
	for j := range s.Neurons {
		c := 0
		if s.a[j] < 0 {
			c = 1
		}
		w := s.W[j*k : (j+1)*k]
		sum += math.Abs(w[c]) * math.Sqrt(kernels.Dot(w, w))
	}
	return sum / float64(s.Neurons)
}

// Flipped is the share of the points that is wrong, y f <= 0, once their noise is flipped. Neurons that are dead there
// make f = 0 exactly in infinitely many dimensions; such a tie counts as wrong.
func (s *Ascent) Flipped() float64 {
	n, k := s.Samples, s.Samples+2
	x := make([]float64, len(s.X))
	for i, v := range s.X {
		if x[i] = v; i%k > 1 {
			x[i] = -v
		}
	}
	return s.wrong(x, s.Y, n)
}

// TestError is the share of new points that is wrong. In the basis of the span new noise is N(0, Variance I).
func (s *Ascent) TestError(points int) float64 {
	k := s.Samples + 2
	x, y := make([]float64, points*k), make([]float64, points)
	sd := math.Sqrt(s.Variance)
	for i := range points {
		row := x[i*k : (i+1)*k]
		rng.Normal(s.Seed, rng.TestData, uint64(i), row[2:])
		for a := range row[2:] {
			row[2+a] *= sd
		}
		y[i] = cluster(row, i)
	}
	return s.wrong(x, y, points)
}

func (s *Ascent) wrong(x, y []float64, points int) float64 {
	f := make([]float64, points)
	kernels.Forward(f, x, s.W, s.a, points, s.Neurons, s.Samples+2, s.act, s.ws)
	count := 0
	for i, v := range f {
		if !(y[i]*v > 0) {
			count++
		}
	}
	return float64(count) / float64(points)
}

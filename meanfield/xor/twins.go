package xor

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"kac/internal/portable"
)

// Twins are the neurons of a network in the infinite one: they start where those of the network do and move in the
// field of the cube's own law, by the clock of a Run.
type Twins struct {
	dim     int
	theta   float64
	state   []float64 // m x (d+1): (signal, opposite, u_3..u_d), L
	gone    []bool
	flip    [][2]float64 // signs of signal and opposite
	second  []float64    // signs of the second layer
	workers int
}

// NewTwins begins at the neurons w (m x dim) of norm theta and a = +-theta.
func NewTwins(dim int, theta float64, w, a []float64, workers int) *Twins {
	m := len(a)
	t := &Twins{dim, theta, make([]float64, m*(dim+1)), make([]bool, m), make([][2]float64, m), make([]float64, m), workersOr(workers)}
	for j := range a {
		u, y := w[j*dim:(j+1)*dim], t.row(j)
		square := 0.0
		for _, x := range u {
			square += x * x
		}
		for i, x := range u {
			y[i] = x / math.Sqrt(square)
		}
		t.second[j] = math.Copysign(1, a[j])
		y[0], y[1] = along(y[0], y[1], t.second[j])
		t.flip[j] = [2]float64{math.Copysign(1, y[0]), math.Copysign(1, y[1])}
		y[0], y[1] = math.Abs(y[0]), math.Abs(y[1])
	}
	return t
}

// along are the coordinates along a neuron's own diagonal and the other one.
func along(w1, w2, second float64) (signal, opposite float64) {
	p, q := (w1-w2)/math.Sqrt2, (w1+w2)/math.Sqrt2
	if second < 0 {
		return q, p
	}
	return p, q
}

func (t *Twins) row(j int) []float64 { return t.state[j*(t.dim+1) : (j+1)*(t.dim+1)] }

// Advance moves the twins over a length of the clock. Results do not depend on workers.
func (t *Twins) Advance(ctx context.Context, length float64) error {
	const block = 8
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(t.workers)
	for from := 0; from < len(t.gone); from += block {
		group.Go(func() error {
			f := newFlight(t.dim)
			for j := from; j < min(from+block, len(t.gone)); j++ {
				if err := inner.Err(); err != nil {
					return err
				}
				copy(f.y, t.row(j))
				f.gone = t.gone[j]
				f.advance(length)
				copy(t.row(j), f.y)
				t.gone[j] = f.gone
			}
			return nil
		})
	}
	return group.Wait()
}

// Distance is the mean of |w_j - twin|^2 + (a_j - twin)^2 over a network's neurons.
func (t *Twins) Distance(w, a []float64) float64 {
	sum := 0.0
	for j := range a {
		u, y := w[j*t.dim:(j+1)*t.dim], t.row(j)
		r := t.theta * portable.Exp(y[t.dim])
		signal, opposite := along(u[0], u[1], t.second[j])
		d := signal - r*y[0]*t.flip[j][0]
		sum += d * d
		d = opposite - r*y[1]*t.flip[j][1]
		sum += d * d
		for i := 2; i < t.dim; i++ {
			d = u[i] - r*y[i]
			sum += d * d
		}
		d = a[j] - r*t.second[j]
		sum += d * d
	}
	return sum / float64(len(a))
}

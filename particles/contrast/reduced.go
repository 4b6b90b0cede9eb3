package contrast

import (
	"fmt"
	"math"

	"kac/internal/rng"
)

// Reduced has the law of Full at every step, and draws two numbers a pair and feature in the place of 2 d: only a and b
// of theta matter, and of a batch only the scores X = theta.u, Y = theta.v. What else the step needs is Gaussian given
// the scores:
//
//   - along n, the unit vector in the plane of mu and theta orthogonal to theta, u_n and v_n have the means
//     q (v_t - rho u_t) and q (u_t - rho v_t), and one covariance for all pairs, so that their weighted sum takes one
//     more normal number;
//   - the other d-2 axes of the step are N(0, |G|² + |H|²), independent of all.
//
// Here u_t = X/r, v_t = Y/r, cos and sin are of the angle, rho = alpha cos², q = -alpha cos sin/(1 - rho²).
// Derived in docs/mathematics.md (C.8).
type Reduced struct {
	Setup
	a, b  []float64
	steps int
	x, y  []float64 // K x m
	batch *Batch
}

// NewReduced starts a descent.
func NewReduced(s Setup) (*Reduced, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	k := len(s.Alpha)
	f := &Reduced{Setup: s, a: append([]float64(nil), s.A...), b: append([]float64(nil), s.B...),
		x: make([]float64, k*s.Batch), y: make([]float64, k*s.Batch), batch: NewBatch(s.Batch, k)}
	f.batch.logs = nil
	return f, nil
}

// Advance implements Descent.
func (f *Reduced) Advance() {
	m := f.Batch
	s := rng.New(f.Seed, rng.Pairs, uint64(f.steps))
	s.FillNormal(f.x)
	s.FillNormal(f.y)
	for k, alpha := range f.Alpha {
		r := math.Hypot(f.a[k], f.b[k])
		rho := 0.0
		if r > 0 {
			rho = alpha * (f.a[k] / r) * (f.a[k] / r)
		}
		other := math.Sqrt(1 - rho*rho)
		x, y := f.x[k*m:(k+1)*m], f.y[k*m:(k+1)*m]
		for i, u := range x {
			x[i], y[i] = r*u, r*(float64(rho*u)+float64(other*y[i]))
		}
	}
	f.batch.Evaluate(f.x, f.y)
	eta, keep := f.Step/float64(m), 1-f.Step*f.Decay
	for k, alpha := range f.Alpha {
		across, aside := s.NormFloat64(), squares(&s, f.Dim-2)
		r := math.Hypot(f.a[k], f.b[k])
		if r == 0 {
			continue // a critical point: all scores are 0, and so are the slopes
		}
		cos, sin := f.a[k]/r, f.b[k]/r
		rho := alpha * cos * cos
		q, room := 0.0, 1-rho*rho
		if room > 0 {
			q = -alpha * cos * sin / room
		}
		spread := 1 - float64(q*q*room)               // variance of u_n and of v_n
		both := alpha*sin*sin + float64(q*q*rho*room) // their covariance
		var along, mean, lengths, products float64    // along theta, along n, sum of G² + H², of G H
		x, y := f.x[k*m:(k+1)*m], f.y[k*m:(k+1)*m]
		for i, g := range f.batch.G[k*m : (k+1)*m] {
			h := f.batch.H[k*m+i]
			u, v := x[i], y[i]
			along += float64(g*u) + float64(h*v)
			mean += float64(g*(v-rho*u)) + float64(h*(u-rho*v))
			lengths += float64(g*g) + float64(h*h)
			products += float64(g * h)
		}
		slope := along / r
		turn := q*mean/r + across*math.Sqrt(math.Max(spread*lengths+2*both*products, 0))
		t, n := keep*r-eta*slope, -eta*turn // along theta and n
		// theta = r (cos, sin), n = (-sin, cos); the sign of b does not matter.
		f.a[k] = t*cos - n*sin
		f.b[k] = math.Hypot(t*sin+n*cos, eta*math.Sqrt(lengths*aside))
	}
	f.steps++
}

// squares draws the sum of the squares of n normal numbers. Those of a pair are -2 log of one uniform number in (0, 1].
func squares(s *rng.Stream, n int) float64 {
	sum := 0.0
	if n%2 == 1 {
		v := s.NormFloat64()
		sum = v * v
	}
	product := 1.0
	for i := range n / 2 {
		product *= 1 - s.Float64()
		if i%16 == 15 || i == n/2-1 { // 2^-53 to the power of 16 is a number still
			sum -= 2 * math.Log(product)
			product = 1
		}
	}
	return sum
}

// Steps implements Descent.
func (f *Reduced) Steps() int { return f.steps }

// Errors implements Descent.
func (f *Reduced) Errors(dst []float64) {
	for k, a := range f.a {
		dst[k] = probe(a, f.b[k])
	}
}

// Norms2 implements Descent.
func (f *Reduced) Norms2(dst []float64) {
	for k, a := range f.a {
		dst[k] = a*a + f.b[k]*f.b[k]
	}
}

// State implements Descent.
func (f *Reduced) State() []float64 {
	return append(append([]float64(nil), f.a...), f.b...)
}

// Continue implements Descent.
func (f *Reduced) Continue(steps int, state []float64) error {
	if steps < 0 || len(state) != 2*len(f.a) {
		return fmt.Errorf("a state of %d numbers after %d steps; the descent has %d", len(state), steps, 2*len(f.a))
	}
	f.steps = steps
	copy(f.a, state)
	copy(f.b, state[len(f.a):])
	return nil
}

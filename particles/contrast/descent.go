package contrast

import (
	"fmt"
	"math"

	"kac/internal/rng"
)

// Setup is what a descent is of.
type Setup struct {
	Alpha []float64 // correlations, noise included: beta alpha where a feature has noise
	A, B  []float64 // where theta begins: mu.theta and |theta - (mu.theta) mu|
	Dim   int       // d, at least 2
	Batch int       // m, at least 2
	Step  float64   // m eta: the time of a step
	Decay float64   // lambda/m
	Seed  uint64
}

// Check says what is wrong.
func (s *Setup) Check() error {
	k := len(s.Alpha)
	switch {
	case k == 0 || len(s.A) != k || len(s.B) != k:
		return fmt.Errorf("%d correlations, %d and %d numbers of the start", k, len(s.A), len(s.B))
	case s.Dim < 2:
		return fmt.Errorf("features in dimension %d; it is at least 2", s.Dim)
	case s.Batch < 2:
		return fmt.Errorf("batches of %d pairs; they have at least 2", s.Batch)
	case !(s.Step > 0) || math.IsInf(s.Step, 0):
		return fmt.Errorf("steps of %v; they are finite and above 0", s.Step)
	case !(s.Decay >= 0) || math.IsInf(s.Decay, 0):
		return fmt.Errorf("a decay of %v; it is finite and at least 0", s.Decay)
	}
	for i := range k {
		if !(math.Abs(s.Alpha[i]) <= 1) {
			return fmt.Errorf("feature %d: a correlation of %v; it is from -1 to 1", i+1, s.Alpha[i])
		}
		if math.IsNaN(s.A[i]+s.B[i]) || math.IsInf(s.A[i]+s.B[i], 0) || s.B[i] < 0 {
			return fmt.Errorf("feature %d begins at %v:%v", i+1, s.A[i], s.B[i])
		}
	}
	return nil
}

// Descent is gradient descent on fresh batches: theta <- theta - eta (grad L + lambda theta).
type Descent interface {
	Advance()                      // makes one step
	Steps() int                    // made so far
	Errors(dst []float64)          // of the best linear probes: angle(theta_k, +-mu_k)/pi
	Norms2(dst []float64)          // |theta_k|²
	State() []float64              // all that decides the rest, but Setup and Steps
	Continue(int, []float64) error // from a State after so many steps
}

// probe is the error of the best linear probe, by Lemma E.1.
func probe(a, b float64) float64 { return math.Atan2(b, math.Abs(a)) / math.Pi }

// Full is descent with the whole vectors, K x d.
type Full struct {
	Setup
	Theta []float64 // K x d, mu_k the first axis
	steps int
	u, v  []float64 // K x m x d
	x, y  []float64 // K x m
	batch *Batch
}

// NewFull starts a descent. theta_k begins in the plane of the first two axes.
func NewFull(s Setup) (*Full, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	k := len(s.Alpha)
	f := &Full{Setup: s, Theta: make([]float64, k*s.Dim), batch: NewBatch(s.Batch, k)}
	f.u, f.v = make([]float64, k*s.Batch*s.Dim), make([]float64, k*s.Batch*s.Dim)
	f.x, f.y = make([]float64, k*s.Batch), make([]float64, k*s.Batch)
	for i := range k {
		f.Theta[i*s.Dim], f.Theta[i*s.Dim+1] = s.A[i], s.B[i]
	}
	return f, nil
}

// Pairs draws a batch: u and its views v, K x m x d. Runs of other correlations see the same u and the same xi.
func Pairs(u, v, alpha []float64, m, d int, seed, step uint64) {
	s := rng.New(seed, rng.Pairs, step)
	s.FillNormal(u)
	s.FillNormal(v)
	for k, a := range alpha {
		other := math.Sqrt(1 - a*a)
		for i := range m {
			at := (k*m + i) * d
			v[at] = float64(a*u[at]) + float64(other*v[at])
		}
	}
}

// Advance implements Descent.
func (f *Full) Advance() {
	m, d := f.Batch, f.Dim
	Pairs(f.u, f.v, f.Alpha, m, d, f.Seed, uint64(f.steps))
	for k := range f.Alpha {
		theta := f.Theta[k*d : (k+1)*d]
		for i := range m {
			at := k*m + i
			f.x[at], f.y[at] = dot(theta, f.u[at*d:(at+1)*d]), dot(theta, f.v[at*d:(at+1)*d])
		}
	}
	f.batch.Evaluate(f.x, f.y)
	eta := f.Step / float64(m)
	for k := range f.Alpha {
		theta := f.Theta[k*d : (k+1)*d]
		for j := range theta {
			theta[j] *= 1 - f.Step*f.Decay
		}
		for i := range m {
			at := k*m + i
			g, h := eta*f.batch.G[at], eta*f.batch.H[at]
			u, v := f.u[at*d:(at+1)*d], f.v[at*d:(at+1)*d]
			for j := range theta {
				theta[j] -= float64(g*u[j]) + float64(h*v[j])
			}
		}
	}
	f.steps++
}

// Steps implements Descent.
func (f *Full) Steps() int { return f.steps }

// Loss is that of the last batch, summed over its anchors.
func (f *Full) Loss() float64 { return f.batch.Loss }

// Errors implements Descent.
func (f *Full) Errors(dst []float64) {
	for k := range f.Alpha {
		theta := f.Theta[k*f.Dim : (k+1)*f.Dim]
		dst[k] = probe(theta[0], math.Sqrt(dot(theta[1:], theta[1:])))
	}
}

// Norms2 implements Descent.
func (f *Full) Norms2(dst []float64) {
	for k := range f.Alpha {
		theta := f.Theta[k*f.Dim : (k+1)*f.Dim]
		dst[k] = dot(theta, theta)
	}
}

// State implements Descent.
func (f *Full) State() []float64 { return append([]float64(nil), f.Theta...) }

// Continue implements Descent.
func (f *Full) Continue(steps int, state []float64) error {
	if steps < 0 || len(state) != len(f.Theta) {
		return fmt.Errorf("a state of %d numbers after %d steps; the descent has %d", len(state), steps, len(f.Theta))
	}
	f.steps = steps
	copy(f.Theta, state)
	return nil
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}

package xor

import (
	"fmt"
	"math"

	"kac/internal/rng"
	"kac/kernels"
)

// Network is f(x) = (1/m) sum_j a_j relu(<w_j, x>).
type Network[T kernels.Float] struct {
	W    []T // M x D, row-major
	A    []T // M
	M, D int
}

// New returns m neurons w uniform on the sphere of radius theta in R^d, a = +-theta by fair coins, or with halves +, -,
// +, ... Neuron j is a function of (seed, j) alone, so that those of a narrow network are the first of a wider one's.
// It panics if m < 1, d < 1 or theta is not positive.
func New[T kernels.Float](m, d int, theta float64, seed uint64, halves bool) *Network[T] {
	if m < 1 || d < 1 || !(theta > 0) {
		panic(fmt.Sprintf("xor: New: m = %d, d = %d, theta = %v", m, d, theta))
	}
	n := &Network[T]{W: make([]T, m*d), A: make([]T, m), M: m, D: d}
	row := make([]float64, d)
	for j := range m {
		s := rng.New(seed, rng.Initial, uint64(j))
		square := 0.0
		for square == 0 {
			s.FillNormal(row)
			for _, x := range row {
				square += x * x
			}
		}
		for c, x := range row {
			n.W[j*d+c] = T(theta / math.Sqrt(square) * x)
		}
		minus := s.Uint64()&1 == 1
		if halves {
			minus = j%2 == 1
		}
		n.A[j] = T(theta)
		if minus {
			n.A[j] = T(-theta)
		}
	}
	return n
}

// Row is w_j, a slice of W.
func (n *Network[T]) Row(j int) []T { return n.W[j*n.D : (j+1)*n.D : (j+1)*n.D] }

// Snapshot returns the neurons as rows (w_j, a_j) of D+1 numbers.
func (n *Network[T]) Snapshot() []float64 {
	out := make([]float64, 0, n.M*(n.D+1))
	for j := range n.M {
		for _, x := range n.Row(j) {
			out = append(out, float64(x))
		}
		out = append(out, float64(n.A[j]))
	}
	return out
}

// FromSnapshot makes a network of rows (w_j, a_j) of d+1 numbers.
func FromSnapshot[T kernels.Float](rows []float64, d int) (*Network[T], error) {
	if d < 1 || len(rows) == 0 || len(rows)%(d+1) != 0 {
		return nil, fmt.Errorf("%d numbers are not rows of %d: the coordinates of w, then a", len(rows), d+1)
	}
	n := &Network[T]{M: len(rows) / (d + 1), D: d}
	for j := range n.M {
		row := rows[j*(d+1) : (j+1)*(d+1)]
		for c, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("row %d, column %d is %v; numbers are finite", j+1, c+1, x)
			}
		}
		for _, x := range row[:d] {
			n.W = append(n.W, T(x))
		}
		n.A = append(n.A, T(row[d]))
	}
	return n, nil
}

// Parts are means over a network's neurons. Shares are of Energy.
type Parts struct {
	Energy, Second                  float64 // E|w|^2, E a^2
	Signal, Opposite, Perpendicular float64
	HeavyCount, HeavyMass           float64 // neurons with |w_perp| + |w_opp| <= zeta |w_sig|: their part, and their share
}

// Neuron is one neuron's norms: along (e1-e2)/sqrt2 where a >= 0 and (e1+e2)/sqrt2 where a < 0, along the other one of
// these, and in the coordinates 3 to d.
type Neuron struct{ Signal, Opposite, Perpendicular float64 }

// Neuron returns the norms of neuron j. The dimension must be at least 2.
func (n *Network[T]) Neuron(j int) Neuron {
	w := n.Row(j)
	p := math.Abs(float64(w[0])-float64(w[1])) / math.Sqrt2
	q := math.Abs(float64(w[0])+float64(w[1])) / math.Sqrt2
	if n.A[j] < 0 {
		p, q = q, p
	}
	rest := 0.0
	for _, x := range w[2:] {
		rest += float64(x) * float64(x)
	}
	return Neuron{p, q, math.Sqrt(rest)}
}

// Parts returns the means; zeta tells the heavy neurons.
func (n *Network[T]) Parts(zeta float64) Parts {
	var p Parts
	for j := range n.M {
		u := n.Neuron(j)
		s, o, c := u.Signal*u.Signal, u.Opposite*u.Opposite, u.Perpendicular*u.Perpendicular
		p.Signal += s
		p.Opposite += o
		p.Perpendicular += c
		p.Second += float64(n.A[j]) * float64(n.A[j])
		if u.Perpendicular+u.Opposite <= zeta*u.Signal {
			p.HeavyCount++
			p.HeavyMass += s + o + c
		}
	}
	p.Energy = p.Signal + p.Opposite + p.Perpendicular
	if p.Energy > 0 {
		p.Signal /= p.Energy
		p.Opposite /= p.Energy
		p.Perpendicular /= p.Energy
		p.HeavyMass /= p.Energy
	}
	m := float64(n.M)
	p.Energy /= m
	p.Second /= m
	p.HeavyCount /= m
	return p
}

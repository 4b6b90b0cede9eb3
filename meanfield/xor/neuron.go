package xor

import (
	"math"

	"kac/internal/ode"
	"kac/internal/portable"
)

// neuron is (p, q, c, L) of a direction u: p and q its lengths along the diagonals (e1-e2)/sqrt2 and (e1+e2)/sqrt2, c
// the length of its other coordinates, and |w| = theta e^L. It moves in the clock tau by
//
//	p' = Psi_p - Psi p   (q and c alike),   L' = Psi,
//
// and is extinct, p = 1, q = c = 0, from a finite tau on.
type neuron [4]float64

// start is the neuron of coordinates q and p = sqrt(1-q^2) x, x = e^v/sqrt(1+e^(2v)).
func start(v, q float64) neuron {
	e := portable.Exp(v)
	s := 1 / math.Sqrt(1+e*e)
	r := math.Sqrt((1 - q) * (1 + q))
	return neuron{r * e * s, q, r * s, 0}
}

// mover integrates neurons by DOP853 (internal/ode), unrolled for four numbers. Not for concurrent use.
type mover struct {
	rest *rest
	tol  float64 // relative, of p, q and c; absolute, of L

	step    float64 // the next one's length
	extinct float64 // when the neuron was; NaN: not yet
	k       [13]neuron
}

// leastC is where a neuron is called extinct: c falls linearly from there on, to 1e-16.
const leastC = 1e-8

// terms are the coefficients of the tableau that are not 0.
type term struct {
	stage int
	c     float64
}

var (
	stages   = sparse(ode.DOP853.A)
	last     = sparse([][]float64{ode.DOP853.B})[0]
	errorFew = ode.DOP853.ErrorLow
	errorAll = ode.DOP853.Error
)

func sparse(rows [][]float64) [][]term {
	out := make([][]term, len(rows))
	for i, row := range rows {
		for j, c := range row {
			if c != 0 {
				out[i] = append(out[i], term{j, c})
			}
		}
	}
	return out
}

func (m *mover) begin() { m.step, m.extinct = .05, math.NaN() }

func (m *mover) slope(y, k *neuron) {
	gp, gq, gc, psi := m.rest.gradient(y[0], y[1], y[2])
	*k = neuron{gp - psi*y[0], gq - psi*y[1], gc - psi*y[2], psi}
}

// try makes one step of length h from y, with k[0] its slope there, and returns the error over the tolerance.
func (m *mover) try(y *neuron, h float64) (next neuron, wrong float64) {
	for s := 1; s < len(stages); s++ {
		z := m.add(y, h, stages[s])
		z[2] = math.Max(z[2], 1e-14)
		z[1] = math.Max(z[1], 0)
		m.slope(&z, &m.k[s])
	}
	next = m.add(y, h, last)
	if !(next[2] > 0) || !(next[1] >= 0) {
		return next, math.Inf(1)
	}
	m.slope(&next, &m.k[12])
	e5, e3 := 0.0, 0.0
	for i := range next {
		size := 1.0
		if i < 3 {
			size = math.Max(math.Abs(y[i]), math.Abs(next[i]))
		}
		a, b := 0.0, 0.0
		for j := range errorAll {
			a += errorAll[j] * m.k[j][i]
			b += errorFew[j] * m.k[j][i]
		}
		size = size*m.tol + 1e-300
		e5 += a / size * (a / size)
		e3 += b / size * (b / size)
	}
	if e5 == 0 && e3 == 0 {
		return next, 0
	}
	return next, h * e5 / math.Sqrt((e5+.01*e3)*4)
}

func (m *mover) add(y *neuron, h float64, list []term) neuron {
	var a neuron
	for _, t := range list {
		k := &m.k[t.stage]
		a[0] += t.c * k[0]
		a[1] += t.c * k[1]
		a[2] += t.c * k[2]
		a[3] += t.c * k[3]
	}
	return neuron{y[0] + h*a[0], y[1] + h*a[1], y[2] + h*a[2], y[3] + h*a[3]}
}

// advance moves y from the clock t to end. seen, if not nil, is shown every step before it is accepted, with its
// beginning, and may stop the neuron there.
func (m *mover) advance(y *neuron, t, end float64, seen func(from, h float64, before, after *neuron) (stop bool)) {
	if y[2] == 0 {
		y[3] += (end - t) * quarter
		return
	}
	m.slope(y, &m.k[0])
	for t < end {
		h, lands := m.step, false
		if t+h >= end {
			h, lands = end-t, true
		}
		next, wrong := m.try(y, h)
		if math.IsNaN(wrong) || wrong > 1e4 {
			wrong = 1e4
		}
		factor := 6.0
		if wrong > 0 {
			factor = math.Min(6, math.Max(.2, .9*portable.Pow(wrong, -1./8)))
		}
		if wrong > 1 {
			m.step = h * factor
			continue
		}
		if seen != nil && seen(t, h, y, &next) {
			return
		}
		t += h
		*y, m.k[0] = next, m.k[12]
		if !lands || factor < 1 || h*factor > m.step {
			m.step = math.Min(h*factor, 1)
		}
		if y[2] < leastC {
			m.extinct = t - y[2]/m.k[0][2]
			*y = neuron{1, 0, 0, y[3] + (end-t)*quarter}
			return
		}
		if lands {
			return
		}
	}
}

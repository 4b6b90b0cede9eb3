package xor

import (
	"math"
	"runtime"
)

// Points of the grid that interpolate between them: of sums with derivatives, and of the others; and how many are
// beyond the last clock, so that it lies within.
const (
	hermitePoints = 8
	interpolants  = 12
	beyond        = 4
)

// value interpolates a sum at tau.
func (s *sums) value(kind int, tau float64) float64 {
	if kind < smoothKinds {
		y, _ := s.smooth(kind, tau)
		return y * growth(kind, tau)
	}
	first := min(max(int(tau/s.grid)-interpolants/2+1, 0), len(s.at)-interpolants)
	above, below := 0.0, 0.0
	for j := range interpolants { // barycentric Lagrange
		d := tau - float64(first+j)*s.grid
		y := s.at[first+j][kind]
		if d == 0 {
			return y * growth(kind, tau)
		}
		w := barycentric[j] / d
		above += w * y
		below += w
	}
	return above / below * growth(kind, tau)
}

// smooth interpolates values y_j and slopes s_j by Hermite's polynomial of degree 15,
//
//	sum_j l_j(x)^2 ((1 - 2 l_j'(x_j) (x-x_j)) y_j + (x-x_j) s_j),   l_j Lagrange's
//
// and returns it with its derivative.
func (s *sums) smooth(kind int, tau float64) (value, slope float64) {
	return s.hermite(kind, tau, hermitePoints)
}

func (s *sums) hermite(kind int, tau float64, points int) (value, slope float64) {
	first := min(max(int(tau/s.grid)-points/2+1, 0), len(s.at)-points)
	x := tau/s.grid - float64(first)
	for j := range points {
		l, dl, own := 1.0, 0.0, 0.0
		for i := range points {
			if i != j {
				over := 1 / float64(j-i)
				dl = (dl*(x-float64(i)) + l) * over
				l *= (x - float64(i)) * over
				own += over
			}
		}
		d, y, g := x-float64(j), s.at[first+j][kind], s.grid*s.slope[first+j][kind]
		part := (1-2*own*d)*y + d*g
		value += l * l * part
		slope += l * (2*dl*part + l*(g-2*own*y))
	}
	return value, slope / s.grid
}

// barycentric are (-1)^j C(11, j).
var barycentric = func() (w [interpolants]float64) {
	c := 1.0
	for j := range w {
		w[j] = c
		c *= -float64(interpolants-1-j) / float64(j+1)
	}
	return w
}()

// value is a sum at tau with an estimate of its error: twice the greatest difference to the coarser rule at the points
// near by, twice that to an interpolant of two points less, and what neurons and rounding leave. At tau = 0 identities
// hold without error.
func (t *Table) value(kind int, tau float64) (value, wrong float64) {
	if first, ok := atStart(kind, t.dim); ok && tau == 0 {
		return first, 0
	}
	g := growth(kind, tau)
	y, _ := t.fine.smooth(kind, tau)
	less, _ := t.fine.hermite(kind, tau, hermitePoints-2)
	n := len(t.fine.at)
	first := min(max(int(tau/t.fine.grid)-hermitePoints/2+1, 0), n-hermitePoints)
	for k := first; k < first+hermitePoints; k++ {
		wrong = math.Max(wrong, math.Abs(t.fine.at[k][kind]-t.rough.at[k][kind]))
	}
	value, wrong = y*g, (2*wrong+2*math.Abs(y-less)+1e-12*math.Abs(y))*g
	if t.cube != nil && kind < correctedKinds {
		add, more := t.cube.add(kind, tau)
		value, wrong = value+add, wrong+more
	}
	return value, wrong
}

// atStart are sums at tau = 0 that follow from the law of directions alone: all coordinates are alike, so p^2 and q^2
// are 1/d in mean; and exchanging p and q turns Psi and p - q around, so that Gamma is 0.
func atStart(kind, dim int) (value float64, ok bool) {
	switch kind {
	case sumM, sumM4:
		return 1, true
	case sumGamma, sumClean:
		return 0, true
	case sumP, sumQ:
		return 1 / float64(dim), true
	}
	return 0, false
}

// Tau is the last clock of the table.
func (t *Table) Tau() float64 {
	return float64(len(t.fine.at)-1-beyond) * t.fine.grid
}

// Dim is the number of coordinates of an input.
func (t *Table) Dim() int { return t.dim }

// Gamma is Gamma_d(tau), the margin of the infinite network over theta^2, with an estimate of its error.
func (t *Table) Gamma(tau float64) (value, wrong float64) { return t.value(sumGamma, tau) }

// M is M_d(tau) = E|w|^2/theta^2, with an estimate of its error.
func (t *Table) M(tau float64) (value, wrong float64) { return t.value(sumM, tau) }

func workersOr(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

package meanfield

import (
	"math"

	"kac/internal/portable"
)

// meanSquares is MeanSquare with s and t' between the Times too, by the parabola
// through a largest mean and its neighbours, and how far that goes above them.
// Sums over the nodes find the largest; it is then taken piece by piece.
func (s *Stability) meanSquares() (value, between []float64) {
	rough := func(t, from int) float64 {
		sum := 0.0
		for i, w := range s.weight {
			if w > 0 {
				sum += portable.Exp(2*s.logNorm(t, from, i) + math.Log(w))
			}
		}
		return sum
	}
	n := len(s.Times)
	value, between = make([]float64, n), make([]float64, n)
	means := make([][]float64, n)
	top, above := 0.0, 0.0
	for t := range n {
		means[t] = make([]float64, t+1)
		for from := range means[t] {
			means[t][from] = rough(t, from)
		}
		// The largest with t' = t; that with t' between t-1 and t is known when t+1 is.
		best := 0
		for from, x := range means[t] {
			if x > means[t][best] {
				best = from
			}
		}
		here, over := s.meanSquare(t, best), 0.0
		if best > 0 && best < t {
			over = vertex(s.Times[best-1:best+2], []float64{s.meanSquare(t, best-1), here, s.meanSquare(t, best+1)})
		}
		if here+over > top {
			top, above = here+over, over
		}
		value[t], between[t] = top, above
		if t >= 2 && best <= t-2 && means[t-1][best] > means[t][best] && means[t-1][best] >= means[t-2][best] {
			peak := []float64{s.meanSquare(t-2, best), s.meanSquare(t-1, best), here}
			if over := vertex(s.Times[t-2:t+1], peak); peak[1]+over > top {
				top, above = peak[1]+over, over
				value[t], between[t] = top, above
			}
		}
	}
	return value, between
}

// meanSquare is E ||J_{t,s}||^2, s the time of index from. ||J|| has a kink where J_par and J_perp cross, which
// no rule for smooth functions stands: a panel on which they do is cut there.
func (s *Stability) meanSquare(t, from int) float64 {
	sum := 0.0
	var log [2][panelNodes]float64 // of J_par, J_perp
	var apart [panelNodes]float64
	for block := range len(s.weight) / panelNodes {
		first := block * panelNodes
		for n := range panelNodes {
			for k := range log {
				log[k][n] = s.log[t][k][first+n] - s.log[from][k][first+n]
			}
			apart[n] = log[par][n] - log[perp][n]
		}
		p := s.panels[block%len(s.panels)]
		share := s.weight[first+panelNodes/2] / p.weight[panelNodes/2] // half, where nodes are mirrored
		if !(share > 0) {
			continue
		}
		cuts := roots(&apart)
		for k, to := range append(cuts, 1) {
			from := -1.0
			if k > 0 {
				from = cuts[k-1]
			}
			larger := perp
			if row := gauss.lagrange((from + to) / 2); dot(&row, apart[:]) > 0 {
				larger = par
			}
			sum += share * p.squareOn(s.reference.law, from, to, &log[larger])
		}
	}
	return sum
}

// roots are where the interpolant through the values at a panel's nodes changes its sign, from node to node and to
// the ends.
func roots(value *[panelNodes]float64) []float64 {
	at := func(x float64) float64 { row := gauss.lagrange(x); return dot(&row, value[:]) }
	var list []float64
	x, y := -1.0, at(-1)
	for n := range panelNodes + 1 {
		nextX, nextY := 1.0, 0.0
		if n < panelNodes {
			nextX, nextY = gauss.x[n], value[n]
		} else {
			nextY = at(1)
		}
		if y*nextY < 0 {
			lo, hi := x, nextX
			for range 50 {
				if mid := (lo + hi) / 2; at(mid)*y > 0 {
					lo = mid
				} else {
					hi = mid
				}
			}
			list = append(list, (lo+hi)/2)
		}
		x, y = nextX, nextY
	}
	return list
}

// squareOn is the integral of e^{2 log} over the particles of a part of the panel, [-1, 1] being all of it.
func (p *panel) squareOn(l law, from, to float64, log *[panelNodes]float64) float64 {
	sum := 0.0
	if from == -1 && to == 1 {
		for n, w := range p.weight {
			if w > 0 {
				sum += portable.Exp(2*log[n] + math.Log(w))
			}
		}
		return sum
	}
	if !(from < to) {
		return 0
	}
	for n, x := range gauss.x {
		at := (from+to)/2 + (to-from)/2*x
		row := gauss.lagrange(at)
		theta := (p.lo+p.hi)/2 + (p.hi-p.lo)/2*at
		if w := (p.hi - p.lo) / 2 * (to - from) / 2 * gauss.w[n] * l.density(theta); w > 0 {
			sum += portable.Exp(2*dot(&row, log[:]) + math.Log(w))
		}
	}
	return sum
}

// vertex is by how much the parabola through three points, of which the second
// is the highest, rises above it.
func vertex(x, y []float64) float64 {
	left, right := (y[1]-y[0])/(x[1]-x[0]), (y[2]-y[1])/(x[2]-x[1])
	bend := (right - left) / (x[2] - x[0])
	if !(bend < 0) {
		return 0
	}
	slope := left + bend*(x[1]-x[0]) // at the second
	return -slope * slope / (4 * bend)
}

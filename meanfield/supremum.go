package meanfield

import "math"

// sphereGrid is the number of positions on which suprema over the sphere are
// first sought, of functions made of polynomials of a degree far below.
const sphereGrid = 257

// angles calls f for a on a grid of [low, high], equally spaced in angle, ends
// included: within [-1, 1] these are the positions of particles.
func angles(low, high float64, f func(a float64)) {
	from, to := math.Asin(low), math.Asin(high)
	for i := range sphereGrid {
		switch i {
		case 0:
			f(low)
		case sphereGrid - 1:
			f(high)
		default:
			f(math.Sin(from + (to-from)*float64(i)/(sphereGrid-1)))
		}
	}
}

// supremum of f on [low, high]: the best of the grid, and between its neighbours
// by golden sections, which smooth maxima and kinks stand alike.
func supremum(low, high float64, f func(a float64) float64) float64 {
	var at, value []float64
	angles(low, high, func(a float64) { at, value = append(at, a), append(value, f(a)) })
	best := 0
	for i, x := range value {
		if x > value[best] {
			best = i
		}
	}
	const golden = 0.6180339887498949
	lo, hi := at[max(best-1, 0)], at[min(best+1, len(at)-1)]
	x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fx, fy := f(x), f(y)
	top := math.Max(value[best], math.Max(fx, fy))
	for range 40 {
		if fx > fy {
			hi, y, fy = y, x, fx
			x = hi - golden*(hi-lo)
			fx = f(x)
		} else {
			lo, x, fx = x, y, fy
			y = lo + golden*(hi-lo)
			fy = f(y)
		}
		top = math.Max(top, math.Max(fx, fy))
	}
	return top
}

// interpolant is the polynomial through values at Chebyshev's points of [-1, 1],
// in barycentric form (J.-P. Berrut, L. N. Trefethen, SIAM Review 46 (2004) 501).
type interpolant struct{ x, weight, value []float64 }

func newInterpolant(degree int, f func(x float64) float64) *interpolant {
	p := &interpolant{}
	for i := range degree + 1 {
		x := math.Cos(math.Pi * (float64(i) + 0.5) / float64(degree+1))
		w := math.Sin(math.Pi * (float64(i) + 0.5) / float64(degree+1))
		if i%2 == 1 {
			w = -w
		}
		p.x, p.weight, p.value = append(p.x, x), append(p.weight, w), append(p.value, f(x))
	}
	return p
}

func (p *interpolant) at(x float64) float64 {
	over, under := 0.0, 0.0
	for i, node := range p.x {
		if x == node {
			return p.value[i]
		}
		w := p.weight[i] / (x - node)
		over += w * p.value[i]
		under += w
	}
	return over / under
}

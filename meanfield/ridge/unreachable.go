package ridge

import "math"

// Unreachable returns a lower bound of the risk that networks of any width keep: 0 if (gamma_k), gamma_k = h_k/s_k, are
// moments E P_k(a) of one law of a = <w, q>, else the square of the distance sum_k s_k^2 (gamma_k - M_k)^2 to the
// nearest moments M, less its error. Moments are the convex hull of the curve (P_k(a)), and the nearest point of the
// hull is found by Frank and Wolfe's method, whose gap is the error.
func (p *Problem) Unreachable() float64 {
	const grid, steps = 1000, 20000
	n := len(p.terms)
	curve := make([][]float64, grid+1) // s_k (P_k(a) - gamma_k)
	for i := range curve {
		a := 1 - 2*float64(i)/grid
		for j, t := range p.terms {
			curve[i] = append(curve[i], t.Network*horner(p.poly[j], a)-t.Target)
		}
	}
	x := append([]float64(nil), curve[grid/2]...)
	best := 0.0
	for range steps {
		least, at := math.Inf(1), 0
		for i, c := range curve {
			if v := dot(x, c); v < least {
				least, at = v, i
			}
		}
		norm := dot(x, x)
		best = math.Max(best, norm-2*(norm-least)) // |x|^2 - gap, gap = 2 <x, x - c>
		if norm-least <= 1e-9*norm || norm < 1e-12*p.Norm2() {
			break
		}
		step, length := 0.0, 0.0
		for j := range n {
			e := curve[at][j] - x[j]
			step -= x[j] * e
			length += e * e
		}
		step = math.Min(1, step/length)
		for j := range n {
			x[j] += step * (curve[at][j] - x[j])
		}
	}
	return math.Max(best, 0)
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}

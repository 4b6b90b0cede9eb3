package particles

import "math"

// Target returns f*(x) for an input x of length d.
//
// For r >= 2 the average of h_k(<v, x>) over directions v is a radial Hermite
// polynomial: with rho^2 = x_1^2 + ... + x_r^2, n = k/2 and alpha = r/2 - 1,
//
//	E_v h_{2n}(<v, x>) = h_{2n}(0) L_n^alpha(rho^2/2) / L_n^alpha(0)
//
// (both sides are the radial eigenfunction of degree 2n of the
// Ornstein-Uhlenbeck generator, and agree at 0), zero for odd k; L_n^alpha are
// the Laguerre polynomials of DLMF 18.3, evaluated by their recurrence 18.9.1.
func (p *Problem) Target(x []float64) float64 {
	if p.rank == 1 {
		v, _, _ := p.link.Eval(x[0])
		return v
	}
	t := 0.0
	for _, z := range x[:p.rank] {
		t += float64(z * z)
	}
	t /= 2
	alpha := float64(p.rank)/2 - 1
	sum, origin := 0.0, 1.0   // origin: h_{2n}(0)
	ratio, before := 1.0, 0.0 // L_n(t)/L_n(0) and the one before it
	for n := 0; 2*n <= p.link.Degree(); n++ {
		sum += float64(p.link.Coefficient(2*n) * origin * ratio)
		x := float64(n)
		ratio, before = (float64((2*x+1+alpha-t)*ratio)-float64(x*before))/(x+1+alpha), ratio
		origin *= -math.Sqrt((2*x + 1) / (2*x + 2))
	}
	return sum
}

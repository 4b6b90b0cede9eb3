package meanfield

import (
	"math"

	"kac/internal/legendre"
)

// curvatures are G_tt = c^2 (c^2 d3F - 2 a d2F) of near's nodes at all collocation times.
func (g *gapSolver) curvatures() ([][]float64, error) {
	near := g.near
	p := g.r.pathOf(g.grid)
	n := len(near.weight)
	m, e := make([]float64, p.dim), make([]float64, n)
	now := field{kernel: p.kernel}
	second, third := make([]float64, n), make([]float64, n)
	out := make([][]float64, len(near.a))
	for t := range near.a {
		if err := p.at(math.Min(near.timeOf(t), p.end()), m); err != nil {
			return nil, err
		}
		now.set(m)
		now.curvature()
		for k, c := range near.c[t] {
			e[k] = c * c
		}
		now.second.evalAll(second, near.a[t], e)
		now.third().evalAll(third, near.a[t], e)
		out[t] = make([]float64, n)
		for k, a := range near.a[t] {
			out[t][k] = e[k] * (e[k]*third[k] - 2*a*second[k])
		}
	}
	return out, nil
}

// third is d2F'; curvature comes first.
func (fl *field) third() *curve {
	var out curve
	p := fl.kernel.spectral
	if p == nil {
		out.derivative(&fl.second.poly)
		return &out
	}
	n := p.rule[2].Dim
	from := fl.second.coef
	coef := out.series(legendre.NewRecurrence(n+2, len(from)), max(len(from)-1, 0))
	for l := range coef { // P_l' = l(l+n-2)/(n-1) P_{l-1}^{(n+2)}
		coef[l] = float64(l+1) * float64(l+n-1) / float64(n-1) * from[l+1]
	}
	return &out
}

// bend writes d^2 phi_f/da^2 for all f; c = sqrt(1-a^2) > 0.
func (s *sector) bend(a, c float64, second []float64) {
	if s.series != nil {
		s.series.bend(a, c, second)
		return
	}
	e := c * c
	for f, t := range s.terms {
		p, j := float64(t.p), float64(t.j)
		ap, cj := intPow(a, t.p), intPow(c, t.j)
		d := 0.0
		if t.p > 1 {
			d += p * (p - 1) * intPow(a, t.p-2) * cj
		}
		d += j * ap * cj / e * ((j-2)*a*a/e - (2*p + 1))
		second[f] = t.coef * d
	}
}

// bend is sector.bend.
func (s *sectorSeries) bend(a, c float64, second []float64) {
	l, e := float64(s.degree), c*c
	front := intPow(c, s.degree)
	bend := -l * a * front / e
	turn := l * front / e * ((l-2)*a*a/e - 1)
	p, d, dd := 1.0, 0.0, 0.0 // P_k and its derivatives
	before, dBefore, ddBefore := 0.0, 0.0, 0.0
	n := float64(s.dim)
	f := 0
	for k, scale := range s.scale {
		if scale != 0 {
			second[f] = scale * (front*dd + 2*bend*d + turn*p)
			f++
		}
		x := float64(k)
		up, down := (2*x+n-2)/(x+n-2), x/(x+n-2)
		p, before, d, dBefore, dd, ddBefore = up*a*p-down*before, p, up*(p+a*d)-down*dBefore, d, up*(2*d+a*dd)-down*ddBefore, dd
	}
}

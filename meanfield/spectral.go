package meanfield

import (
	"math"

	"kac/internal/legendre"
	"kac/particles"
)

// spectral is the reduced interaction of any activation over inputs whose law is invariant under rotations, in Legendre
// polynomials of dimension d (docs/mathematics.md (3.11)):
//
//	K(a, a') = sum_l q_l P_l(a) P_l(a'),   G(a) = sum_l g_l P_l(a),   l < terms
//
// so that the moments m_l = int P_l d mu_t are all that matters about the law. Derivatives are series in d+2 and d+4.
type spectral struct {
	q, g   []float64               // terms each
	factor [2][]float64            // P_l^{(d)}' = factor[0][l-1] P_{l-1}^{(d+2)}, and once more
	rule   [3]*legendre.Recurrence // of d, d+2, d+4
}

// newSpectral returns the kernel of the first terms of a spectrum; odd ones vanish from it where the law of a stays
// symmetric.
func newSpectral(s *particles.Spectrum, terms int) *kernel {
	terms = min(terms, len(s.Q))
	p := &spectral{q: make([]float64, terms), g: make([]float64, terms)}
	even := evenSpectrum(s)
	for l := range terms {
		if even && l%2 == 1 {
			continue
		}
		p.q[l], p.g[l] = s.Q[l], s.G[l]
	}
	d := s.Dim
	for i := range p.rule {
		p.rule[i] = legendre.NewRecurrence(d+2*i, terms)
	}
	for i := range p.factor {
		n := d + 2*i
		p.factor[i] = make([]float64, max(terms-1-i, 0))
		for l := range p.factor[i] {
			p.factor[i][l] = float64(l+1) * float64(l+n-1) / float64(n-1)
		}
	}
	return &kernel{rank: terms, norm2: s.Norm2, spectral: p, endless: s.Tail+s.OverlapTail > 0}
}

// evenSpectrum says whether the law of a stays symmetric.
func evenSpectrum(s *particles.Spectrum) bool {
	for l := 1; l < len(s.G); l += 2 {
		if s.G[l] != 0 {
			return false
		}
	}
	return true
}

func (p *spectral) targetOverlap(m []float64) float64 {
	s := 0.0
	for l, g := range p.g {
		s += g * m[l]
	}
	return s
}

func (p *spectral) selfEnergy(m []float64) float64 {
	s := 0.0
	for l, q := range p.q {
		s += q * m[l] * m[l]
	}
	return s
}

// last bounds what the degrees in the upper half contribute to the risk, sum 2 |g_l m_l| + q_l m_l^2: at least what
// those beyond would, where q_l m_l falls like l^-2 or faster.
func (p *spectral) last(m []float64) float64 {
	s := 0.0
	for l := len(p.q) / 2; l < len(p.q); l++ {
		s += 2*math.Abs(p.g[l]*m[l]) + p.q[l]*m[l]*m[l]
	}
	return s
}

// set computes the coefficients of U, F and F' for the moments m.
func (p *spectral) set(fl *field, m []float64) {
	n := len(p.q)
	u, f, slope := fl.u.series(p.rule[0], n), fl.f.series(p.rule[0], n), fl.slope.series(p.rule[1], len(p.factor[0]))
	for l, q := range p.q {
		u[l] = q * m[l]
		f[l] = p.g[l] - u[l]
	}
	for l, x := range p.factor[0] {
		slope[l] = x * f[l+1]
	}
}

// curvature computes those of d2F; set comes first.
func (p *spectral) curvature(fl *field) {
	second := fl.second.series(p.rule[2], len(p.factor[1]))
	for l, x := range p.factor[1] {
		second[l] = x * fl.slope.coef[l+1]
	}
}

// moments sets m to the sums of weight P_l(a).
func (p *spectral) moments(m, a, weight []float64) {
	clear(m)
	p.rule[0].Sums(m, a, weight)
}

// rates sets out to dm/dt for nodes that move with da/dt = e dtau.
func (p *spectral) rates(out, a, e, weight, dtau []float64) {
	v := make([]float64, len(a))
	for j := range v {
		v[j] = weight[j] * e[j] * dtau[j]
	}
	if len(out) > 1 {
		p.rule[1].Sums(out[1:], a, v)
		for l, x := range p.factor[0] {
			out[l+1] *= x
		}
	}
}

// tail is kernel.tail: of density times P_l, weighted with the root of q_l.
func (p *spectral) tail(w, a []float64) float64 {
	worst := 0.0
	var sums [lastTerms][]float64
	for i := range sums {
		sums[i] = make([]float64, len(p.q))
		var v [panelNodes]float64
		for j := range v {
			v[j] = gauss.last[i][j] * w[j]
		}
		p.rule[0].Sums(sums[i], a, v[:])
	}
	for l, q := range p.q {
		root := math.Sqrt(q)
		for i := range sums {
			worst = math.Max(worst, root*math.Abs(sums[i][l]))
		}
	}
	return worst
}

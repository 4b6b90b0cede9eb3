package meanfield

import (
	"math"

	"kac/internal/portable"
	"kac/internal/sphere"
	"kac/particles"
)

// sector is the part of a perturbation of the law that is a spherical harmonic
// of one degree l in u in S^{D-1}, D = d-1. The kernel acts within it as
// sum_f phi_f(a) phi_f(a') over the functions
//
//	phi_f(a) = c_k sqrt(C(k,j) a_{j,l}) a^{k-j} c^j,   f = (k, j), j >= l, j = l mod 2,
//	a_{j,l} = E[s^j P_l(s)],  s the first coordinate of Uniform(S^{D-1}), P_l(1) = 1
//
// (Funk-Hecke; docs/mathematics.md section 4).
type sector struct {
	degree int     // l
	count  float64 // N_l, harmonics of degree l on S^{D-1}
	lambda float64 // l (l+D-2)
	terms  []sectorTerm

	series    *sectorSeries // instead of the terms
	functions int           // how many
}

// cost is the sector's part of the work, up to a factor.
func (s *sector) cost() float64 {
	perFunction := 2.0 // the sources, and x
	if s.lambda > 0 {
		perFunction = 3 // and y
	}
	return perFunction * float64(s.functions*s.functions)
}

type sectorTerm struct {
	p, j int // phi = coef a^p c^j
	coef float64
}

// sectors lists the sectors on which the kernel of p acts, for r = 1.
func sectors(p particles.Expectations) []sector {
	dim := p.Dim() - 1
	act := p.Activation()
	var out []sector
	for l := 0; l <= act.Degree(); l++ {
		s := sector{degree: l, count: harmonics(dim, l), lambda: float64(l * (l + dim - 2))}
		for k := l; k <= act.Degree(); k++ {
			ck := act.Coefficient(k)
			if ck == 0 {
				continue
			}
			for j := l; j <= k; j += 2 {
				s.terms = append(s.terms, sectorTerm{k - j, j, ck * math.Sqrt(sphere.Binomial(k, j)*legendreMoment(dim, j, l))})
			}
		}
		s.functions = len(s.terms)
		if len(s.terms) > 0 && s.count > 0 {
			out = append(out, s)
		}
	}
	return out
}

// harmonics is the dimension of the harmonic polynomials of degree l in R^dim.
func harmonics(dim, l int) float64 {
	n := sphere.Binomial(dim+l-1, l)
	if l >= 2 {
		n -= sphere.Binomial(dim+l-3, l-2)
	}
	return n
}

// legendreMoment is a_{j,l} = E[s^j P_l(s)] for s the first coordinate of
// Uniform(S^{dim-1}), j >= l, j = l mod 2. Rodrigues' formula and l partial
// integrations give
//
//	a_{j,l} = 2^-l j!/(j-l)! G(D/2) G((j-l+1)/2) / (sqrt(pi) G((j+l+D)/2)),   G = Gamma, D = dim.
func legendreMoment(dim, j, l int) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	d := float64(dim)
	return portable.Exp(-float64(l)*math.Ln2 + lg(float64(j+1)) - lg(float64(j-l+1)) +
		lg(d/2) + lg(float64(j-l+1)/2) - lg(float64(j+l)/2+d/2) - lg(0.5))
}

// at writes phi_f(a) and d phi_f/da for all f; c = sqrt(1-a^2) > 0.
func (s *sector) at(a, c float64, phi, slope []float64) {
	if s.series != nil {
		s.series.at(a, c, phi, slope)
		return
	}
	for f, t := range s.terms {
		ap, cj := intPow(a, t.p), intPow(c, t.j)
		phi[f] = t.coef * ap * cj
		d := 0.0
		if t.p > 0 {
			d += float64(t.p) * intPow(a, t.p-1) * cj
		}
		if t.j > 0 {
			// d(c^j)/da = -j a c^{j-2}
			d -= float64(t.j) * ap * a * cj / (c * c)
		}
		slope[f] = t.coef * d
	}
}

func intPow(x float64, n int) float64 {
	p := 1.0
	for ; n > 0; n-- {
		p *= x
	}
	return p
}

package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"kac/internal/portable"
	"kac/particles"
)

// samples is a quadrature over one sample x, reduced to what the single index leaves of it, with the functions of x
// that answer those of the neurons (docs/mathematics.md, (G.4)):
//
//	sigma(<w,x>) = sum_l sum_m Y_lm(u) <phi_l(a), Y_lm(v) psi_l(x)>,   E psi_f psi_g = 1{f = g} in each sector
//	f*(x) - f_MF(x) = sum_g rho_g(t) g(x)
//
// The functions g are those of the sector of degree 0 first, then what of f* lies outside of them.
type samples struct {
	weight   []float64
	residual *mat.Dense // functions g x points
	own      int        // how many of them are psi_0
	psi      func(s *sector) *mat.Dense
	rho      *mat.Dense // collocation times x functions g
}

// samplesOf returns the quadrature of a grid, with rho at the collocation times of tr.
func (r *Reference) samplesOf(grid int, tr *trajectories) (*samples, error) {
	if s := r.spectrum(); s != nil {
		return r.spectralSamples(s, grid, 0, tr)
	}
	top := max(r.problem.Activation().Degree(), linkDegree(r.problem))
	return r.hermiteSamples(tr, 2*top+1, top+1), nil
}

func linkDegree(p particles.Expectations) int {
	link, _ := p.Task().Link()
	return link.Degree()
}

// hermiteSamples is x = (x_1, rho v), rho ~ chi_D, D = d-1, for Hermite series over Gaussian inputs:
//
//	psi_{k,j} = h_{k-j}(x_1) B_{j,l}(rho),   E_s h_j(rho s) P_l(s) = sqrt(a_{j,l}) B_{j,l}(rho)
//
// All that is integrated is a product of four such functions, of degree 4K in x_1 and 2K in rho^2: Gauss rules of 2K+1
// and K+1 points are exact.
func (r *Reference) hermiteSamples(tr *trajectories, points, radii int) *samples {
	p := r.problem
	act := p.Activation()
	link, _ := p.Task().Link()
	dim := p.Dim() - 1
	x1, wx := normalRule(points)
	z, wz := gammaRule(radii, float64(dim)/2)
	s := &samples{}
	var at, half []float64 // x_1 and rho^2/2 of the points
	for i := range x1 {
		for j := range z {
			at, half, s.weight = append(at, x1[i]), append(half, z[j]), append(s.weight, wx[i]*wz[j])
		}
	}
	n := len(at)
	s.psi = func(sec *sector) *mat.Dense {
		out := mat.NewDense(sec.functions, n, nil)
		for f, t := range sec.terms {
			for q := range n {
				out.Set(f, q, hermiteValue(t.p, at[q])*radialValue(dim, t.j, sec.degree, half[q]))
			}
		}
		return out
	}
	zero := r.sectors(1)[0]
	s.own = 0
	var rest []int
	if zero.degree == 0 {
		s.own = zero.functions
	}
	for k := 0; k <= link.Degree(); k++ {
		if link.Coefficient(k) != 0 && act.Coefficient(k) == 0 {
			rest = append(rest, k)
		}
	}
	s.residual = mat.NewDense(s.own+len(rest), n, nil)
	s.residual.Slice(0, s.own, 0, n).(*mat.Dense).Copy(s.psi(&zero))
	for i, k := range rest {
		for q := range n {
			s.residual.Set(s.own+i, q, hermiteValue(k, at[q]))
		}
	}
	s.rho = mat.NewDense(max(len(tr.a), 1), s.own+len(rest), nil)
	phi, slope := make([]float64, s.own), make([]float64, s.own)
	for t := range tr.a {
		row := s.rho.RawRowView(t)
		for f, term := range zero.terms {
			if term.j == 0 {
				row[f] = link.Coefficient(term.p)
			}
		}
		for i, k := range rest {
			row[s.own+i] = link.Coefficient(k)
		}
		for i, w := range tr.weight {
			zero.at(tr.a[t][i], tr.c[t][i], phi, slope)
			for f, x := range phi {
				row[f] -= w * x
			}
		}
	}
	return s
}

// hermiteValue is h_k(x), normalised.
func hermiteValue(k int, x float64) float64 {
	p, before := 1.0, 0.0
	for i := range k {
		p, before = (x*p-math.Sqrt(float64(i))*before)/math.Sqrt(float64(i+1)), p
	}
	return p
}

// radialValue is, at z = rho^2/2, with q = (j-l)/2,
//
//	B_{j,l} = (-1)^q rho^l L_q^{(l+D/2-1)}(z) [ q! Gamma(D/2) / (2^l Gamma(D/2+l+q)) ]^{1/2}
func radialValue(dim, j, l int, z float64) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	q, alpha := (j-l)/2, float64(l)+float64(dim)/2-1
	p, before := 1.0, 0.0
	for i := range q {
		x := float64(i)
		p, before = ((2*x+1+alpha-z)*p-(x+alpha)*before)/(x+1), p
	}
	log := (lg(float64(q+1)) + lg(float64(dim)/2) - lg(float64(dim)/2+float64(l+q))) / 2
	if q%2 == 1 {
		p = -p
	}
	return p * portable.Exp(log) * intPow(math.Sqrt(z), l) // rho^l/2^{l/2} = z^{l/2}
}

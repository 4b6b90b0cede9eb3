package ridge

import (
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
	"kac/kernels"
)

// Term is one degree of a problem, in the basis Pbar_k.
type Term struct {
	Degree  int     // k >= 1
	Network float64 // s_k of the activation
	Target  float64 // h_k of the target
}

// Problem is a target of one direction and an activation whose network is to learn it. Immutable.
type Problem struct {
	dim   int
	terms []Term
	mult  []float64   // N_k
	poly  [][]float64 // P_k, power coefficients
}

// MaxDegree bounds the degrees: beyond it powers of s cancel in P_k.
const MaxDegree = 16

// NewProblem checks and sorts the terms: d >= 3, degrees from 1 to MaxDegree and different, coefficients finite, some
// h_k != 0, and no h_k != 0 that the activation lacks (s_k = 0), which no network of it can learn.
func NewProblem(dim int, terms []Term) (*Problem, error) {
	if dim < 3 {
		return nil, fmt.Errorf("dimension %d: the sphere needs at least 3", dim)
	}
	p := &Problem{dim: dim, terms: slices.Clone(terms)}
	slices.SortFunc(p.terms, func(a, b Term) int { return a.Degree - b.Degree })
	norm := 0.0
	for i, t := range p.terms {
		switch {
		case t.Degree < 1 || t.Degree > MaxDegree:
			return nil, fmt.Errorf("degree %d: allowed are degrees from 1 to %d", t.Degree, MaxDegree)
		case i > 0 && p.terms[i-1].Degree == t.Degree:
			return nil, fmt.Errorf("degree %d is there twice", t.Degree)
		case math.IsNaN(t.Network+t.Target) || math.IsInf(t.Network, 0) || math.IsInf(t.Target, 0):
			return nil, fmt.Errorf("degree %d: coefficients must be finite", t.Degree)
		case t.Network == 0 && t.Target != 0:
			return nil, fmt.Errorf("degree %d of the target has no counterpart in the activation, so no network learns it", t.Degree)
		}
		norm += t.Target * t.Target
	}
	if !(norm > 0) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("the target's norm is %g; give it a degree of 1 or more", norm)
	}
	p.terms = slices.DeleteFunc(p.terms, func(t Term) bool { return t.Network == 0 })
	top := p.terms[len(p.terms)-1].Degree
	all := Legendre(dim, top)
	for _, t := range p.terms {
		p.mult = append(p.mult, Multiplicity(dim, t.Degree))
		p.poly = append(p.poly, all[t.Degree])
	}
	return p, nil
}

// Dim returns d.
func (p *Problem) Dim() int { return p.dim }

// Terms returns the degrees with s_k != 0, ascending.
func (p *Problem) Terms() []Term { return slices.Clone(p.terms) }

// Norm2 returns ||f*||^2 = sum_k h_k^2, the risk of predicting 0.
func (p *Problem) Norm2() float64 {
	sum := 0.0
	for _, t := range p.terms {
		sum += t.Target * t.Target
	}
	return sum
}

// Label returns f*(x) at <q, x> = s.
func (p *Problem) Label(s float64) float64 {
	y := 0.0
	for i, t := range p.terms {
		y += float64(t.Target * math.Sqrt(p.mult[i]) * horner(p.poly[i], s))
	}
	return y
}

// Kernel is K = sum_k Weights[i] P_k over the problem's terms.
type Kernel struct {
	Name    string
	Weights []float64 // kap_k >= 0, in the order of Terms
}

// NTK is the kernel of the network linearised at its start, only the first layer trained, on the sphere: kap_k
// proportional to s_k^2 k (k+d-2), scaled to K(x, x) = 1.
func (p *Problem) NTK() Kernel {
	k := Kernel{Name: "ntk", Weights: make([]float64, len(p.terms))}
	sum := 0.0
	for i, t := range p.terms {
		k.Weights[i] = t.Network * t.Network * float64(t.Degree) * float64(t.Degree+p.dim-2)
		sum += k.Weights[i]
	}
	for i := range k.Weights {
		k.Weights[i] /= sum
	}
	return k
}

// Best is K* = sum_k h_k^2 P_k, the covariance of labels over uniform q. With ridge noise^2 it gives the posterior mean
// of f ~ GP(0, K*): of all predictors linear in the labels, the one of least risk in the mean over q.
func (p *Problem) Best() Kernel {
	k := Kernel{Name: "best", Weights: make([]float64, len(p.terms))}
	for i, t := range p.terms {
		k.Weights[i] = t.Target * t.Target
	}
	return k
}

// Rank returns N, the sum of N_k over kap_k > 0: more samples than that make the kernel's matrix singular.
func (p *Problem) Rank(k Kernel) float64 {
	n := 0.0
	for i, w := range k.Weights {
		if w > 0 {
			n += p.mult[i]
		}
	}
	return n
}

// Risk is a risk and its parts, in the order of Terms.
type Risk struct {
	Total float64
	Parts []float64
}

func riskOf(parts []float64) Risk {
	r := Risk{Parts: parts}
	for _, e := range parts {
		r.Total += e
	}
	return r
}

// Floor returns sum_k h_k^2 (1 - n/N_k)_+, what of each degree lies outside the span of n functions K(x_i, .), in the
// mean over q: no coefficients reach below, though they knew q.
func (p *Problem) Floor(n float64) Risk {
	parts := make([]float64, len(p.terms))
	for i, t := range p.terms {
		parts[i] = t.Target * t.Target * max(0, 1-n/p.mult[i])
	}
	return riskOf(parts)
}

// Lazy returns the risk at paper time t of the infinite network linearised at its start (the neural tangent kernel's
// flow on the population): h_k^2 exp(-2 s_k^2 k(k+d-2) t/N_k).
func (p *Problem) Lazy(t float64) Risk {
	parts := make([]float64, len(p.terms))
	for i, u := range p.terms {
		k := float64(u.Degree)
		parts[i] = u.Target * u.Target * portable.Exp(-2*u.Network*u.Network*k*(k+float64(p.dim)-2)*t/p.mult[i])
	}
	return riskOf(parts)
}

// NetworkRisk returns the population risk, exact, of a network f = (1/m) sum_i sigma(<w_i, x>), sigma = sum_k s_k
// Pbar_k, whose m particles w (m x d) have norm 1; q is e_1:
//
//	risk_k = h_k^2 - 2 s_k h_k mean_i P_k(<w_i, q>) + s_k^2 mean_ij P_k(<w_i, w_j>).
//
// Its error is that of rounding, about 1e-15 sum_k (|h_k| + |s_k|)^2.
func (p *Problem) NetworkRisk(w []float64, m int, ws *kernels.Workspace[float64]) Risk {
	parts, values := make([]float64, len(p.terms)), make([]float64, m)
	for i, t := range p.terms {
		for j := range values {
			values[j] = horner(p.poly[i], w[j*p.dim])
		}
		overlap := kernels.Sum(values) / float64(m)
		self := kernels.PairwiseSum(w, m, p.dim, kernels.PolynomialDual(p.poly[i]), ws)
		parts[i] = t.Target*t.Target - 2*t.Network*t.Target*overlap + t.Network*t.Network*self
		parts[i] = max(parts[i], 0)
	}
	return riskOf(parts)
}

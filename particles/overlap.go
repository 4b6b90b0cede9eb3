package particles

import "kac/kernels"

// overlap is G(w) = E f*(x) sigma(<w, x>) as a function on R^d. With P the
// projection on the first r coordinates and g_k of Problem.Overlap,
//
//	r = 1:   G = p(w_1),      p(a) = sum_k g_k a^k
//	         grad G = p' e_1,     Hess G = p'' e_1 e_1^T
//	r >= 2:  G = p(|P w|^2),  p(u) = sum_{k even} g_k u^{k/2}
//	         grad G = 2 p' P w,   Hess G = 2 p' P + 4 p'' (P w)(P w)^T
//
// which is a polynomial in w, without a singularity at P w = 0.
type overlap struct {
	rank int
	p    kernels.Dual // the polynomial p; Dual knows how to evaluate one
}

func newOverlap(p *Problem) overlap {
	g := p.Overlap()
	if p.rank > 1 {
		even := make([]float64, 0, len(g)/2+1)
		for k := 0; k < len(g); k += 2 {
			even = append(even, g[k])
		}
		g = even
	}
	return overlap{rank: p.rank, p: kernels.PolynomialDual(g)}
}

// argument returns w_1, or |P w|^2 for r >= 2.
func (o overlap) argument(w []float64) float64 {
	if o.rank == 1 {
		return w[0]
	}
	return kernels.Dot(w[:o.rank], w[:o.rank])
}

func (o overlap) value(w []float64) float64 {
	v, _, _ := o.p.Eval(o.argument(w))
	return v
}

// minus replaces g by grad G(w) - g.
func (o overlap) minus(g, w []float64) {
	_, d1, _ := o.p.Eval(o.argument(w))
	for a := range g {
		g[a] = -g[a]
	}
	if o.rank == 1 {
		g[0] += d1
		return
	}
	for a := range o.rank {
		g[a] += float64(2 * d1 * w[a])
	}
}

// minusHessian replaces the d x d matrix h by Hess G(w) - h.
func (o overlap) minusHessian(h, w []float64) {
	_, d1, d2 := o.p.Eval(o.argument(w))
	for i := range h {
		h[i] = -h[i]
	}
	d := len(w)
	if o.rank == 1 {
		h[0] += d2
		return
	}
	for a := range o.rank {
		for b := range o.rank {
			h[a*d+b] += float64(4 * d2 * w[a] * w[b])
		}
		h[a*d+a] += 2 * d1
	}
}

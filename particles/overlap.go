package particles

import "kac/kernels"

// RadialOverlap is the Overlap of a Link. With P the projection on the first
// Rank coordinates and g_k of Coefficients,
//
//	r = 1:   G = p(w_1),      p(a) = sum_k g_k a^k
//	         grad G = p' e_1,     Hess G = p'' e_1 e_1^T
//	r >= 2:  G = p(|P w|^2),  p(u) = sum_{k even} g_k u^{k/2}
//	         grad G = 2 p' P w,   Hess G = 2 p' P + 4 p'' (P w)(P w)^T
//
// which is a polynomial in w, without a singularity at P w = 0.
type RadialOverlap struct {
	// Coefficients are g_0, g_1, ... of G(a) = sum_k g_k a^k, a = <w, e_1> with its
	// sign for r = 1 and |P w| for r >= 2, where odd ones vanish. The last one may
	// be zero.
	Coefficients []float64

	rank int
	p    kernels.Dual // the polynomial p; Dual knows how to evaluate one
}

func newRadialOverlap(rank int, g []float64) *RadialOverlap {
	p := g
	if rank > 1 {
		p = make([]float64, 0, len(g)/2+1)
		for k := 0; k < len(g); k += 2 {
			p = append(p, g[k])
		}
	}
	return &RadialOverlap{Coefficients: g, rank: rank, p: kernels.PolynomialDual(p)}
}

// Exponent returns the information exponent, the smallest k >= 1 with g_k != 0:
// from a small overlap a, da/dt grows like a^{k-1}.
func (o *RadialOverlap) Exponent() int {
	for k, g := range o.Coefficients {
		if k >= 1 && g != 0 {
			return k
		}
	}
	return 0 // Link.Overlap refuses it
}

// argument returns w_1, or |P w|^2 for r >= 2.
func (o *RadialOverlap) argument(w []float64) float64 {
	if o.rank == 1 {
		return w[0]
	}
	return kernels.Dot(w[:o.rank], w[:o.rank])
}

// Value returns G(w).
func (o *RadialOverlap) Value(w []float64) float64 {
	v, _, _ := o.p.Eval(o.argument(w))
	return v
}

// MinusGradient replaces g by grad G(w) - g.
func (o *RadialOverlap) MinusGradient(g, w []float64) {
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

// MinusHessian replaces the d x d matrix h by Hess G(w) - h.
func (o *RadialOverlap) MinusHessian(h, w []float64) {
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

// MinusPacked replaces the packed matrix h by Hess G(w) - h.
func (o *RadialOverlap) MinusPacked(h, w []float64) {
	_, d1, d2 := o.p.Eval(o.argument(w))
	for i := range h {
		h[i] = -h[i]
	}
	if o.rank == 1 {
		h[0] += d2
		return
	}
	d := len(w)
	for a := range o.rank {
		for b := a; b < o.rank; b++ {
			h[kernels.PackedIndex(d, a, b)] += float64(4 * d2 * w[a] * w[b])
		}
		h[kernels.PackedIndex(d, a, a)] += 2 * d1
	}
}

// DirectionsOverlap is the Overlap of Teachers,
//
//	G(w) = sum_j p_j g(<v_j, P w>),   g(s) = sum_k a_k c_k s^k.
type DirectionsOverlap struct {
	Directions [][]float64 // v_j, unit, length r
	Weights    []float64   // p_j
	Link       Series      // sum_k a_k h_k
	Activation Series      // sum_k c_k h_k

	g kernels.Dual
}

// Value returns G(w).
func (o *DirectionsOverlap) Value(w []float64) float64 {
	sum := 0.0
	for j, v := range o.Directions {
		y, _, _ := o.g.Eval(kernels.Dot(v, w[:len(v)]))
		sum += float64(o.Weights[j] * y)
	}
	return sum
}

// MinusGradient replaces g by grad G(w) - g.
func (o *DirectionsOverlap) MinusGradient(g, w []float64) {
	for a := range g {
		g[a] = -g[a]
	}
	for j, v := range o.Directions {
		_, d1, _ := o.g.Eval(kernels.Dot(v, w[:len(v)]))
		for a, x := range v {
			g[a] += float64(o.Weights[j] * d1 * x)
		}
	}
}

// MinusHessian replaces the d x d matrix h by Hess G(w) - h.
func (o *DirectionsOverlap) MinusHessian(h, w []float64) {
	for i := range h {
		h[i] = -h[i]
	}
	d := len(w)
	for j, v := range o.Directions {
		_, _, d2 := o.g.Eval(kernels.Dot(v, w[:len(v)]))
		for a, x := range v {
			for b, y := range v {
				h[a*d+b] += float64(o.Weights[j] * d2 * x * y)
			}
		}
	}
}

// MinusPacked replaces the packed matrix h by Hess G(w) - h.
func (o *DirectionsOverlap) MinusPacked(h, w []float64) {
	for i := range h {
		h[i] = -h[i]
	}
	d := len(w)
	for j, v := range o.Directions {
		_, _, d2 := o.g.Eval(kernels.Dot(v, w[:len(v)]))
		for a, x := range v {
			for b := a; b < len(v); b++ {
				h[kernels.PackedIndex(d, a, b)] += float64(o.Weights[j] * d2 * x * v[b])
			}
		}
	}
}

package meanfield

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// step sets the gap of a small step, of degree 0 only. The projected step of descent moves a particle along its
// geodesic by atan(eta |nu|), up to eta^3 Euler's step in theta, a = sin theta: its modified equation has the forcing
// -eta/2 d2theta on theta' = c F', and to it the network responds by
//
//	h(t) = int d mu_0 phi_0'(a_t) c_t^2 J_t int_0^t (-d2theta_s/2)/(c_s J_s) ds,   (I + K_0) e = h
//	Step = |e|^2,   RiskSlope = -2 rho.e
func (g *gapSolver) step(q *equation) error {
	v := q.v
	n := len(g.near.weight)
	second, err := g.acceleration()
	if err != nil {
		return err
	}
	p, rank := len(v.tr.rule.node), v.rank
	h := mat.NewDense(len(v.tr.a)*rank, 1, nil)
	sum := make([]float64, n) // the inner integral up to the panel
	at := make([]float64, n)
	source := make([][]float64, p)
	for b := range q.lu {
		length := v.tr.cuts[b+1] - v.tr.cuts[b]
		for i := range p {
			t := b*p + i
			source[i] = second[t]
			for k, x := range source[i] {
				source[i][k] = -x / 2 / (g.near.c[t][k] * g.near.j[t][k])
			}
		}
		for i := range p {
			copy(at, sum)
			for j := range p {
				w := length * v.tr.rule.inner[i][j]
				for k, x := range source[j] {
					at[k] += w * x
				}
			}
			for f := range rank {
				row := (b*p+i)*rank + f
				left := v.left.RawRowView(row) // weight phi' c^2 J for the nodes of near
				x := 0.0
				for k, y := range at {
					x += left[k] * y
				}
				h.Set(row, 0, x)
			}
		}
		copy(sum, at) // the rule's last node is the panel's end
	}
	if err := q.solve(h); err != nil {
		return err
	}
	for o, end := range g.ends {
		if end < 0 {
			continue
		}
		for f := range rank {
			e := h.At(end*rank+f, 0)
			g.out.Step[o] += e * e
			g.out.RiskSlope[o] -= 2 * g.space.rho.At(end, f) * e
		}
	}
	return nil
}

// acceleration is d2theta = -a c F'^2 + c^3 F' d2F - c dU'/dt of near's nodes at all collocation times.
func (g *gapSolver) acceleration() ([][]float64, error) {
	r, near := g.r, g.near
	p := r.pathOf(g.grid)
	n := len(near.weight)
	m := make([]float64, p.dim)
	now, rate := field{kernel: p.kernel}, field{kernel: p.kernel}
	f := &flow{kernel: p.kernel, weight: near.weight, e: make([]float64, n)}
	slope, second, moved := make([]float64, n), make([]float64, n), make([]float64, n)
	out := make([][]float64, len(near.a))
	for t := range near.a {
		if err := p.at(math.Min(near.timeOf(t), p.end()), m); err != nil {
			return nil, err
		}
		now.set(m)
		now.curvature()
		f.a = near.a[t]
		for k, c := range near.c[t] {
			f.e[k] = c * c
		}
		now.slope.evalAll(slope, f.a, f.e)
		now.second.evalAll(second, f.a, f.e)
		rate.set(f.rates(slope))
		rate.potentialSlope().evalAll(moved, f.a, f.e)
		out[t] = make([]float64, n)
		for k, a := range f.a {
			c := near.c[t][k]
			out[t][k] = -a*c*slope[k]*slope[k] + c*c*c*slope[k]*second[k] - c*moved[k]
		}
	}
	return out, nil
}

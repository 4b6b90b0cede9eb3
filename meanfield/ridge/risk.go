package ridge

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// Risk returns the population risk of f = sum_i c_i K(x_i, .) for ridge number i of a solution, exact, without a test
// set:
//
//	risk_k = h_k^2 - 2 kap_k h_k/sqrt(N_k) sum_i c_i P_k(<x_i, q>) + kap_k^2/N_k c^T P_k(X X^T) c,
//
// with along_i = <x_i, q>. wrong estimates what an unfinished solution makes it wrong by: |delta f|^2 <= max_k
// (kap_k/N_k) r^T (K+ridge)^-1 r.
func (s *Solver) Risk(ctx context.Context, k Kernel, sol *Solution, i int, x, along []float64) (risk Risk, wrong float64, err error) {
	p := s.problem
	c := sol.Coef[i]
	n := len(c)
	parts, q := make([]float64, len(p.terms)), make([]float64, n)
	largest := 0.0
	for j, t := range p.terms {
		parts[j] = t.Target * t.Target
		w := k.Weights[j]
		if w == 0 {
			continue
		}
		only := Kernel{Weights: make([]float64, len(p.terms))}
		only.Weights[j] = 1
		m := s.matrix(only, x)
		if err := m.times(ctx, q, c); err != nil {
			return Risk{}, 0, fmt.Errorf("risk: %w", err)
		}
		overlap := 0.0
		for a, z := range along {
			overlap += float64(c[a] * horner(p.poly[j], z))
		}
		largest = max(largest, w/p.mult[j])
		parts[j] += w*w/p.mult[j]*kernels.Dot(c, q) - 2*w*t.Target/math.Sqrt(p.mult[j])*overlap
		parts[j] = max(parts[j], 0) // rounding may leave less than nothing; NaN stays
	}
	risk = riskOf(parts)
	apart := math.Sqrt(largest * sol.spread[i])
	return risk, apart * (2*math.Sqrt(risk.Total) + apart), nil
}

// DrawFloor returns, for one draw of inputs and one q, what of each degree of the target lies outside the span of the
// functions P_k(<x_i, .>): h_k^2 (1 - b^T P_k(X X^T)^-1 b), b_i = P_k(<x_i, q>); its mean over q is Floor. Degrees with
// n >= N_k have nothing left.
func (s *Solver) DrawFloor(ctx context.Context, x, along []float64, tolerance float64) (Risk, error) {
	p := s.problem
	n := len(along)
	parts, b := make([]float64, len(p.terms)), make([]float64, n)
	for j, t := range p.terms {
		if t.Target == 0 || float64(n) >= p.mult[j] {
			continue
		}
		for a, z := range along {
			b[a] = horner(p.poly[j], z)
		}
		only := Kernel{Weights: make([]float64, len(p.terms))}
		only.Weights[j] = 1
		sol, err := s.Solve(ctx, only, x, b, []float64{0}, false, tolerance)
		if err != nil {
			return Risk{}, fmt.Errorf("floor of degree %d: %w", t.Degree, err)
		}
		parts[j] = t.Target * t.Target * max(0, 1-kernels.Dot(b, sol.Coef[0]))
	}
	return riskOf(parts), nil
}

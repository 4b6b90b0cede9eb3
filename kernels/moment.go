package kernels

import (
	"math"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/moments"
)

// momentLimit is the most elements of the moment tensors.
const momentLimit = 1 << 26

// Moment writes the same velocity as Pairwise, g_j = (1/m) sum_i q'(<w_j, w_i>) w_i, at a cost linear in m. The dual
// must be a polynomial for which MomentFlops is finite; g and w are m x d and must not overlap.
//
// Each power of the inner product factors through monomials: with phi_K(w) the C(d+K-1, K) monomials of degree K and
// weights c_f = multinomial coefficients,
//
//	<w, w'>^K = sum_f c_f phi_K(w)_f phi_K(w')_f
//	T_f = (1/m) sum_i phi_K(w_i)_f w_i             built first: one matrix product, C(d+K-1, K) x d
//	g_j = sum_K (K+1) q_{K+1} sum_f c_f phi_K(w_j)_f T_f    then one more
//
// This split of the degree (K against 1) needs the fewest flops of all that keep one matrix, C(d+K-1, K) d being least
// at the ends. T is symmetric in all K+1 indices: it is built for coordinates from the monomial's last index on,
// C(d+K, K+1) entries in place of C(d+K-1, K) d, up to whole vectors, and the other ones are copied. Memory is T and,
// per worker, monomials of a few panels; never m times the number of monomials.
//
// Where q has degree 1 to 4 the sums go through pairs of coordinates as in MomentForwardVelocity, of whose second half
// this is the case y - f = 1, x = w: T is built and both halves of its gradient evaluated by one matrix product each, 3
// N multiply-adds a particle with N the monomials of q's powers, C(d+3, 4) for q = s^4, in place of C(d+3, 4) +
// C(d+2, 3) (d+1).
//
// The error is that of Pairwise plus about K eps per term; the two agree to 1e-12 relative in float64.
func Moment[T Float](g, w []T, m, d int, q Dual, ws *Workspace[T]) {
	checkPair("Moment", g, w, m, d)
	if math.IsInf(MomentFlops(m, d, q), 1) {
		panic("kernels: Moment: the dual is not a polynomial, or its tensors would be too large (see MomentFlops)")
	}
	if m == 0 || d == 0 {
		return
	}
	if q.quartic(d) {
		ws.few(MomentFlops(m, d, q))
		t := &ws.square
		t.Plan(ws.on(), 0, m, d, q.function())
		t.W, t.V = w, g
		t.RunVelocity(ws.pool)
		t.W, t.V = nil, nil
		ws.pool.Alone = false
		return
	}
	ws.few(MomentFlops(m, d, q))
	t := &ws.moment
	t.Plan(ws.on(), w, m, d, q.d)
	t.Build(ws.pool)
	t.Do(ws.pool, moments.Spread, len(t.Chunks))
	t.G = g
	t.Do(ws.pool, moments.Evaluate, abi.BlocksOf(abi.BlocksOf(m, t.Set.Lanes), moments.PanelsAtOnce))
	t.G, t.W = nil, nil
	ws.pool.Alone = false
}

// MomentSum returns (1/m^2) sum_ij q(<w_i, w_j>) like PairwiseSum, in float64 whatever T, at a cost linear in m: the
// part of degree K+1 is sum_f c_f |T_f|^2 with the tensors of Moment. For m = 0 it returns 0.
func MomentSum[T Float](w []T, m, d int, q Dual, ws *Workspace[T]) float64 {
	checkShape("MomentSum", m, d)
	checkLen("MomentSum", "w", len(w), m*d)
	if math.IsInf(MomentFlops(m, d, q), 1) {
		panic("kernels: MomentSum: the dual is not a polynomial, or its tensors would be too large (see MomentFlops)")
	}
	if m == 0 || len(q.q) == 0 {
		return 0
	}
	if d == 0 {
		return q.q[0]
	}
	wide, ws64 := ws.widen(w)
	if q.quartic(d) {
		ws64.few(MomentFlops(m, d, q) / 3)
		t := &ws64.square
		t.Plan(ws64.on(), 0, m, d, q.function())
		t.W = wide
		sum := t.RunSquared(ws64.pool)
		t.W = nil
		ws64.pool.Alone = false
		return sum
	}
	ws64.few(MomentFlops(m, d, q) / 3)
	t := &ws64.moment
	t.Plan(ws64.on(), wide, m, d, q.d)
	t.Build(ws64.pool)
	sum := q.q[0]
	for _, p := range t.Parts {
		sum += q.q[p.Degree+1] * t.Squared(p)
	}
	t.W = nil
	ws64.pool.Alone = false
	return sum
}

// quartic says whether sums over pairs go through pairs of coordinates, as in MomentForwardVelocity.
func (q Dual) quartic(d int) bool {
	return q.kind == dualPolynomial && len(q.q) >= 2 && len(q.q) <= 5 && q.quarticMonomials(d) <= tensorLimit
}

// quarticMonomials counts the monomials of the powers in q.
func (q Dual) quarticMonomials(d int) float64 {
	n := 0.0
	for k, c := range q.q {
		if c != 0 {
			n += moments.MonomialCount(d, k)
		}
	}
	return n
}

// MomentFlops returns the nominal cost of Moment: 6 m N with N the monomials of q's powers for a q of degree 1 to 4,
// else the sum over the degrees K of q' of 2 m [C(d+K, K+1) + C(d+K-1, K) (d + 1)], to build the tensors, to evaluate
// them, and the monomials, once for each. It is +Inf where the form does not apply: the dual is not a polynomial, or
// the tensors would have more than 2^26 elements.
func MomentFlops(m, d int, q Dual) float64 {
	if q.kind != dualPolynomial {
		return math.Inf(1)
	}
	if q.quartic(d) {
		return 6 * float64(m) * q.quarticMonomials(d)
	}
	flops, size := 0.0, 0.0
	for k, c := range q.d {
		if c == 0 {
			continue
		}
		n := moments.MonomialCount(d, k)
		size += n * float64(d)
		flops += 2 * float64(m) * (moments.MonomialCount(d, k+1) + n*float64(d+1))
	}
	if size > momentLimit {
		return math.Inf(1)
	}
	return flops
}

package kernels

import "kac/kernels/internal/abi"

// Pairwise writes the population velocity g_j = (1/m) sum_i q'(<w_j, w_i>) w_i for all m particles; g and w are m x d
// and must not overlap. It costs PairwiseFlops = 4 m^2 d plus m^2 evaluations of q' and keeps no m x m array.
//
//	for j := range m {
//		for i := range m {
//			s := 0
//			for a := range d { s += w[j*d+a] * w[i*d+a] }
//			for a := range d { g[j*d+a] += q'(s) * w[i*d+a] / m }
//		}
//	}
//
// The error of a component is at most about (d + m) eps (1/m) sum_i (|q'| + |d2q|) for unit rows, eps that of T; in
// float32 sums over more than 4096 particles continue in float64.
func Pairwise[T Float](g, w []T, m, d int, q Dual, ws *Workspace[T]) {
	checkPair("Pairwise", g, w, m, d)
	t := &ws.sample
	t.X, t.W, t.R, t.V = w, w, ws.onesOf(m), g
	t.WantF, t.WantV = false, true
	ws.few(PairwiseFlops(m, d, q))
	t.Run(ws.on(), m, m, d, q.function())
	ws.pool.Alone = false
}

// PairwiseSum returns (1/m^2) sum_ij q(<w_i, w_j>), the squared norm of the network's output, in float64 whatever T. 2
// m^2 d flops and m^2 evaluations of q. For m = 0 it returns 0.
func PairwiseSum[T Float](w []T, m, d int, q Dual, ws *Workspace[T]) float64 {
	checkShape("PairwiseSum", m, d)
	checkLen("PairwiseSum", "w", len(w), m*d)
	if m == 0 {
		return 0
	}
	wide, ws64 := ws.widen(w)
	ws64.means = abi.Grow(ws64.means, m)
	t := &ws64.sample
	t.X, t.W, t.F = wide, wide, ws64.means
	t.WantF, t.WantV = true, false
	ws64.few(PairwiseFlops(m, d, q) / 2)
	t.Run(ws64.on(), m, m, d, q.function())
	ws64.pool.Alone = false
	return Sum(ws64.means) / float64(m)
}

// PairwiseFlops returns the nominal cost of Pairwise: 4 m^2 d + m^2 (evaluation of q').
func PairwiseFlops(m, d int, q Dual) float64 {
	n := float64(m)
	return n * n * (4*float64(d) + q.flops())
}

func checkPair[T Float](op string, g, w []T, m, d int) {
	checkShape(op, m, d)
	checkLen(op, "g", len(g), m*d)
	checkLen(op, "w", len(w), m*d)
	checkApart(op, "g", "w", g, w)
}

// onesOf returns m ones.
func (ws *Workspace[T]) onesOf(m int) []T {
	for len(ws.ones) < m {
		ws.ones = append(ws.ones, 1)
	}
	return ws.ones[:m]
}

package kernels

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
)

// Packed symmetric matrices: the upper triangle row by row, element (a, b), a <= b, at PackedIndex(d, a, b), d(d+1)/2
// in all.

// PackedLen returns d(d+1)/2, the elements of a packed symmetric d x d matrix.
func PackedLen(d int) int { return pack.Len(d) }

// PackedIndex returns where element (a, b) of a packed symmetric d x d matrix is, for either order of a and b.
func PackedIndex(d, a, b int) int {
	if a > b {
		a, b = b, a
	}
	return a*d - a*(a-1)/2 + b - a
}

// LocalHessian writes the symmetric local Hessian of every particle,
//
//	D_j = P_j H_j P_j - <w_j, g_j> P_j,   H_j = (a_j/n) sum_i r_i sigma''(z_ij) x_i x_i^T,   g_j = (a_j/n) sum_i r_i sigma'(z_ij) x_i,
//
// with z_ij = <w_j, x_i> and P_j = I - w_j w_j^T for unit w_j: the derivative of the projected velocity nu_j at w_j
// composed with P_j, without its only unsymmetric term -w_j nu_j^T (Glasgow, Wu, Bruna, COLT 2025, Def. 2). D is m x
// d(d+1)/2, packed; x n x d, w m x d, a m or nil for ones, r n. 2 n m d + n m d (d+1) flops and n m activations: all
// H_j are one product S^T Q of the n x m matrix S = d2sigma(Z) with the n x d(d+1)/2 matrix Q of products r x_a x_b,
// formed a panel at a time.
//
//	for j := range m {
//		for i := range n {
//			z := <w_j, x_i>
//			for a := range d { for b := a; b < d; b++ { H[a][b] += r[i] * sigma''(z) * x[i][a] * x[i][b] * a_j / n } }
//			c += r[i] * sigma'(z) * z * a_j / n
//		}
//		D = P H P - c P
//	}
//
// D must not overlap the inputs. For n = 0 it is 0. Errors are as for Velocity, float32 sums included.
func LocalHessian[T Float](D, x, w, a, r []T, n, m, d int, act Activation, ws *Workspace[T]) {
	checkHessian("LocalHessian", D, x, w, a, r, n, m, d)
	t := &ws.second
	t.X, t.W, t.A, t.R, t.Out = x, w, a, r, D
	t.Vector, t.Project = nil, true
	t.Run(ws.on(), n, m, d, act.f)
}

// PopulationHessian writes h_j = (1/m) sum_i d2q(<w_j, w_i>) w_i w_i^T, packed, m x d(d+1)/2: not projected, as the
// caller has other terms to add before ProjectHessian. m^2 d (d+3) flops. h must not overlap w. Of the ReLU dual, whose
// d2q is infinite at s = +-1, terms within 1e-15 of there are left out: they are along w_j itself, which the projection
// removes.
func PopulationHessian[T Float](h, w []T, m, d int, q Dual, ws *Workspace[T]) {
	ones := ws.onesOf(m)
	checkHessian("PopulationHessian", h, w, w, nil, ones, m, m, d)
	t := &ws.second
	t.X, t.W, t.A, t.R, t.Out = w, w, nil, ones, h
	t.Vector, t.Project = nil, false
	t.Run(ws.on(), m, m, d, q.function())
}

// HessianVector writes out_j = D_j u_j with the D_j of LocalHessian, without forming them: 6 n m d flops. out and u are
// m x d; out must not overlap the inputs.
func HessianVector[T Float](out, u, x, w, a, r []T, n, m, d int, act Activation, ws *Workspace[T]) {
	const op = "HessianVector"
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "out", len(out), m*d)
	checkLen(op, "u", len(u), m*d)
	checkLen(op, "r", len(r), n)
	checkApart(op, "out", "u", out, u)
	checkVelocityApart(op, out, x, w, a, r, "r")
	t := &ws.second
	t.X, t.W, t.A, t.R, t.Out = x, w, a, r, out
	t.Tangent = abi.Grow(t.Tangent, m*d)
	copy(t.Tangent, u)
	ProjectTangent(t.Tangent, w, m, d, ws)
	t.Vector, t.Project = t.Tangent, true
	t.Run(ws.on(), n, m, d, act.f)
}

func checkHessian[T Float](op string, D, x, w, a, r []T, n, m, d int) {
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "D", len(D), m*PackedLen(d))
	checkLen(op, "r", len(r), n)
	checkApart(op, "D", "x", D, x)
	checkApart(op, "D", "w", D, w)
	checkApart(op, "D", "a", D, a)
	checkApart(op, "D", "r", D, r)
}

// ProjectHessian replaces each packed matrix D_j by P_j D_j P_j - c_j P_j, P_j = I - w_j w_j^T for unit w_j; c nil
// means 0. 4 m d^2 flops, sums in float64. D (m x d(d+1)/2) must not overlap w (m x d) or c (m).
func ProjectHessian[T Float](D, c, w []T, m, d int, ws *Workspace[T]) {
	const op = "ProjectHessian"
	checkShape(op, m, d)
	checkLen(op, "D", len(D), m*PackedLen(d))
	checkLen(op, "w", len(w), m*d)
	checkApart(op, "D", "w", D, w)
	if c != nil {
		checkLen(op, "c", len(c), m)
		checkApart(op, "D", "c", D, c)
	}
	t := &ws.eigen
	t.D, t.w, t.c, t.m, t.d = D, w, c, m, d
	t.prepare(ws.workers, 1)
	t.projecting = true
	ws.pool.Run(abi.BlocksOf(m, eigenRows), t)
	t.D, t.w, t.c, t.projecting = nil, nil, nil, false
}

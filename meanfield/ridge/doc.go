// Package ridge is what kernels can do where a network learns: the risk of kernel ridge regression with inner-product
// kernels on the unit sphere, against a target of one direction,
//
//	x uniform on S^{d-1},   f*(x) = sum_k h_k Pbar_k(<q, x>),   K(x, x') = sum_k kap_k P_k(<x, x'>),
//
// P_k the Legendre polynomials of dimension d (Legendre), Pbar_k = sqrt(N_k) P_k of norm 1. Kernels: that of the
// linearised network (NTK), the one of least mean risk over q among all predictors that are linear in the labels
// (Best), and what no coefficients in span{K(x_i, .)} reach (Floor). For n samples there are
//
//	Equivalent            the deterministic equivalent: no data, no sampling, any real n
//	Solver.Solve, Risk    one draw of data: multi-shift conjugate gradients over the fused kernels, no n x n matrix, and the
//	                      population risk of what they find, exact: there is no test set
//	MeanOverTargets       one draw of inputs, exact mean over q and label noise; O(n^3)
//
// Formulas are derived in docs/mathematics.md, section 7. The network's own side is that of
// Mahankali, HaoChen, Dong, Glasgow, Ma, "Beyond NTK with vanilla gradient descent", NeurIPS 2023, arXiv 2306.16361.
package ridge

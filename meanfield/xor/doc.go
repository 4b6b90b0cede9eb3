// Package xor is the infinite network of two trained layers on XOR, without sampling: Glasgow, "SGD Finds then Tunes
// Features in Two-Layer Neural Networks with near-Optimal Sample Complexity: A Case Study in the XOR problem", ICLR
// 2024, arXiv 2309.15111. The reduction is derived in docs/xor.md, (1) to (4).
//
// Inputs x are uniform on {-1,1}^d, y = -x_1 x_2, f = (1/m) sum a_j relu(<w_j, x>), w_j uniform on the sphere of radius
// theta and a_j = +-theta; both layers follow the gradient flow of a loss of yf. Then f(x) = y G(t) for every
// x, and in the clock dtau = rho(G) dt every neuron moves by itself:
//
//	Solve(dim) ─> Table: Gamma_d, M_d, shares, heavy part by tau     one table serves every theta and loss
//	     Table.Run(theta, loss) ─> Run.At(t): G, loss, E|w|^2, ...   the clock
//
// In a reference x_3..x_d are uniform on the sphere of radius sqrt(d-2), where a neuron is three numbers; the cube's
// own law differs by 1/d^2 (Boolean).
package xor

// Package meanfield solves the infinite-width limit of a one-hidden-layer
// network to near machine precision, through the problem's symmetry.
//
// The limit is the law rho_t of a particle xi_t(w), d xi/dt = nu(xi, rho_t),
// w uniform on the sphere ([PoC] Glasgow, Wu, Bruna, COLT 2025, section 2).
// Target, inputs and initial law are invariant under O(r) x O(d-r), so a
// particle is w = a v + c u with v in S^{r-1}, u in S^{d-r-1}, c = sqrt(1-a^2);
// v and u never move, and a obeys a scalar equation
//
//	da/dt = (1-a^2) F'(a),   F(a) = G(a) - U_t(a),   U_t(a) = int K(a,a') d mu_t(a'),
//
// in which a is <w, e_1> in [-1, 1] for r = 1 and |(w_1..w_r)| in [0, 1] for
// r >= 2. In tau = artanh(a) it reads d tau/dt = F'(a): no boundary, and c =
// sech(tau) keeps its relative precision however near the pole.
//
//	Task -> law of a_0 (density in theta_0, a_0 = sin theta_0)
//	        -> panels in theta_0 that follow the front (panels.go, run.go)
//	        -> characteristics a_t of all nodes, coupled through the moments
//	           m(t) = int b(a) d mu_t in which K = b^T Q b (kernel.go, flow.go)
//	        -> Reference: m(t) as a piecewise polynomial in time (path.go), from
//	           which risk, potential, velocity, Hessian and twins follow
//
// A reference is solved twice, the second time finer in position and in time;
// the second is returned and the distance is its error estimate (solve.go).
// All times are paper time. F' is the first derivative of a function F, d2F the second.
package meanfield

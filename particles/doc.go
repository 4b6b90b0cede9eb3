// Package particles is the finite network: m neurons ("particles") w_i on the
// unit sphere S^{d-1}, a problem they are trained on, and the two dynamics
// that move them.
//
//	Spec | Preset ─> Task ─> Closed ─> Population (a Field) ─┐
//	seed ─> Ensemble ────────────────────────────────────────┴─ Descend | Flow ─> Observer(t, w)
//
//	Task ─> Samples ─> Batches ─> Trainer;  Samples ─> Empirical (a Field)
//
// A Task is learned from samples; with Gaussian inputs, a Hermite series as
// activation and a ClosedTarget its expectations are closed forms, Expectations,
// and without them Closed returns ErrNoClosedForm. Infinite width is package
// meanfield's.
//
// The network is f_m(x) = (1/m) sum_i sigma(<w_i, x>), the loss
// L = E (f*(x) - f_m(x))^2, and the velocity of a particle
//
//	nu(w) = P_w g(w),   g(w) = E[(f*(x) - f_m(x)) sigma'(<w, x>) x],   P_w = I - w w^T,
//
// without a factor 2: then dL/dt = -(2/m) sum_j |nu(w_j)|^2. Fields return g;
// the ensemble's Space, the sphere unless chosen otherwise, projects. Times are
// "paper time", the time of dw/dt = nu(w); it is twice the time of codes that
// step with 2 nu.
//
// Positions and velocities are m x d matrices, row-major and contiguous, row j
// is particle j. The theory is that of Glasgow, Wu, Bruna, "Mean-field analysis
// of polynomial-width two-layer neural network beyond finite time horizon",
// COLT 2025, PMLR 291, arXiv 2504.13110; "the paper" below.
package particles

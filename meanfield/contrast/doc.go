// Package contrast is the ideal of contrastive learning with Gaussian features: the loss averaged over all batches of m
// pairs, for any m and without sampling, the gradient flow that it drives, and what is left of both as m goes to
// infinity.
//
//	c_k, r_k² ── Loss ──> l(m), dl/dc_k, dl/dr_k⁴ ── Flow ──> a_k(t), b_k(t) ──> error_k(t)
//	                        └─ m = infinity: Infinite (closed form), Constant (of the 1/m law)
//
// A feature k has a direction mu_k, a correlation alpha_k of its two views along mu_k, and weights theta_k. The loss
// depends on them by a_k = mu_k.theta_k and b_k = |theta_k - a_k mu_k| alone: c_k = alpha_k a_k², r_k² = a_k² + b_k².
// Times are t = m eta steps of gradient descent on the loss summed over a batch. The finite system is in
// particles/contrast.
//
// Source of the model: Tamkin, Glasgow, He, Goodman, "Feature Dropout: Revisiting the Role of Augmentations in
// Contrastive Learning", arXiv:2212.08378. The formulas are derived in docs/mathematics.md, Contrastive learning.
package contrast

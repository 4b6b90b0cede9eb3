// Package contrast is contrastive learning of Gaussian features on batches of m pairs: views, the softmax loss of a
// batch, and gradient descent on fresh batches.
//
//	Model (alpha, noise) ── Pairs ──> u, v (m x K x d) ── scores ──> X, Y (m x K) ── Batch ──> loss, slopes G, H
//	                                                         Full | Reduced <── theta - eta (G u + H v) ──┘
//
// A point u has K rows of N(0, I_d). Row k of its view v is N(0, I_d) too, and agrees with u along one unit vector mu_k
// only: mu.v = alpha_k mu.u + sqrt(1 - alpha_k²) xi. The model is f(w)_k = theta_k.w_k, similarities are
// z_ij = sum_k (theta_k.u_k^i)(theta_k.v_k^j), and the loss is summed over a batch:
//
//	L = - sum_i log(exp(z_ii) / sum_j exp(z_ij))
//
// Everything is isotropic but mu, so that mu_k is the first axis of row k here.
//
// Source: Tamkin, Glasgow, He, Goodman, "Feature Dropout: Revisiting the Role of Augmentations in Contrastive
// Learning", arXiv:2212.08378, whose printed loss lacks the exponentials that its Lemma E.2 has. The ideal of large
// batches is in meanfield/contrast.
package contrast

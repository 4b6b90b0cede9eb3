// Package localsgd is the ideal of replicas that are averaged now and then (particles/localsgd): infinitely many
// clients, or all moments of finitely many, without sampling.
//
//	Line + noise ─> Chain: the law of x_k        ─> bias, deviation
//	             ─> Paths: all 2^k paths of signs ─┤
//	             ─> StudentChain: means as functions of the first point ─┘
//	             ─> MapOf, Rounds, FixedOf: infinitely many clients
//	Quadratics   ─> LocalMoments, MinibatchMoments: mean and covariance after every round
//	             ─> FixedPoint: where the rounds end, and the bounds of [L]
//
// Sources: [F] Glasgow, Yuan, Ma, arXiv 2111.03741; [L] Patel et al., COLT 2024; [A] Cheng, Glasgow, arXiv 2409.13155.
package localsgd

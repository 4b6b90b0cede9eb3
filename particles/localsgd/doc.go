// Package localsgd has replicas that are averaged now and then: M clients start a round at a common point, make K local
// steps each on their own objective, and are averaged; R rounds.
//
//	Objective (clients' gradients) + Noise ─> local steps ─> average ─> next round
//
// Local SGD (FedAvg), minibatch SGD with the same gradients, Nesterov's acceleration of it, and Local SGDM and Local
// Adam. The ideal of infinitely many clients is package meanfield/localsgd.
//
// Sources: [F] Glasgow, Yuan, Ma, arXiv 2111.03741; [L] Patel et al., COLT 2024; [A] Cheng, Glasgow, arXiv 2409.13155.
package localsgd

// Package coding is gradient coding: a master's data are cut into blocks, every machine holds a few of them, and some
// machines, the stragglers, do not answer. What the answers of the others are worth is the decoding error.
//
//	Graph ─> Assignment (blocks x machines) ─┐
//	                                         ├─> Decoder ─> alpha, one weight a block ─> error |alpha - 1|²/n
//	Stragglers (which machines are lost)    ─┘                      └─> Descent: theta <- theta - step sum_i alpha_i grad f_i
//
// In a graph code a block is a vertex and a machine is an edge: it holds the two blocks at its ends, so a d-regular
// graph of n vertices has n d/2 machines and every block is held d times (its replication). The optimal decoder then
// has a closed form on every component of the graph that the surviving machines make.
//
// Source: Glasgow, Wootters, "Approximate Gradient Coding with Optimal Decoding", IEEE Journal on Selected Areas in
// Information Theory 2 (2021), arXiv:2006.09638. The ideal of infinitely many blocks is in meanfield/coding.
package coding

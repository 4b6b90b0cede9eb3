// Package xor has finite networks of two trained layers with a logistic loss, and trains them on XOR or on a user's
// own labels +-1 (Glasgow, ICLR 2024, arXiv 2309.15111; docs/xor.md, (1)):
//
//	New ─> Network (w, a) ─┐
//	Fresh | Fixed | Cube ──┴─> Trainer: descent of both layers ─> Network.Parts, Test.Of
//
// The second layer's gradient follows from the first's, since ReLU is homogeneous: kernels.LossVelocity is all that
// looks at samples.
package xor

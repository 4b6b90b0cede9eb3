// Package coding measures gradient codes (particles/coding) against their ideal of infinitely many blocks
// (meanfield/coding): decoding errors of schemes under random and adversarial stragglers, and descent with coded
// gradients.
//
//	Parameters (checked) ─> cells (blocks, degree, seed) ─> draws of stragglers, decoders ─> Rows ─> summary, picture
//	                                                             limit, bounds ──────────────────────^
package coding

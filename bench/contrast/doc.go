// Package contrast measures contrastive learning on batches of m pairs (particles/contrast) against its ideal of
// infinitely large batches (meanfield/contrast): the rates of features at one point, errors of features by time along
// the exact flow and by descent, and what noise on a feature does to the others.
//
//	Parameters (checked) ─> levels of noise x batches ─> Flow, Constants ──> exact rows
//	                                └─> cells (batch, seed) ─> descent ──────> Rows ─> summary, picture
package contrast

// Package margin has the ideals of max-margin classifiers (particles/margin): exact laws over data sets by one
// integral, and limits of infinite dimension.
//
//	n, d, s2 ── Setting ──> means over data sets of margin, signal, test error     one integral over chi-square
//	kappa    ── Limit*  ──> the same for d -> infinity
//	kappa, h ── XOR     ──> the two ways to a large margin of a two-layer network, thresholds
package margin

// Package hessian is the second order of the loss of a network of package particles: local Hessians, which say how the
// velocity changes where a particle stands, and the interaction Hessian, which says how it changes as the others move.
//
//	particles.Population ─> NewPopulation ─┐
//	X, y, activation     ─> NewCurvature  ─┴─ LocalHessians ─> D (m x d(d+1)/2) ─> SpectraOf ─> eigenvalues, residuals, traces
//	                                       └─ Interaction   ─> H Delta (m x d)  ─> InteractionEnergy
//	Ensemble, Population ─> Jacobians(t): where a particle goes that was moved
//
// Packed matrices are as kernels.PackedIndex says. The paper is that of package particles.
package hessian

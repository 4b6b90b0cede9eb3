// Package lattice is the infinite-width network of targets in several
// coordinates, by quasi-random points in the coordinates that the target
// depends on: randomly shifted lattices, whose independent shifts tell the
// error.
//
//	particles.Task ─> New ─> Reduction (a particles.Field of points of S^r, r <= 8)
//	                          ├─ Points ─> particles.Flow | Descend ─> Risk, SelfEnergy, MeanPotential
//	                          └─ Expectations ─> particles.Population of a finite network beside it
//
// It serves where package meanfield has no exact solution: several teachers,
// and descent with a finite step.
package lattice

// Package hessian measures the local Hessian of every particle of a finite network beside that of infinite width.
//
//	Parameters --Check--> a network: seed or file --flow or descent, population or samples--> particles at each time
//	     particles --LocalHessians--> D_j --SpectraOf--> Row: eigenvalues, trace, speed, alignment
//	     meanfield.Reference at the same time --Field.Eigenvalues--> the exact ones at the particle's alignment
//	rows --> particles.csv, quantiles --> hessian.csv, hessian.svg
package hessian

// Package compare sets networks against kernels on the sphere: risk against the number of samples n, in several
// dimensions d.
//
//	Parameters ─> Problem(d) ─> Equivalents: kernels without data           equivalent.csv
//
// The problem is that of "Beyond NTK" (Mahankali and others, NeurIPS 2023): a target of one direction on the unit
// sphere, in the basis Pbar_k = sqrt(N_k) P_k of Legendre polynomials of dimension d.
package compare

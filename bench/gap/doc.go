// Package gap measures how far networks of m neurons are from their infinite-width limit.
//
//	Parameters --Check--> Study --Run-->  cells (width, seed)  --rows--> gap.csv
//	                       |               ^ Ensemble, flow or descent, seen by an Observer at each time
//	                       |               | against the reference: potential, self energy, twins
//	                       +-> meanfield.Reference, solved once       --rows--> reference.csv
//	rows --Summarise--> means, standard errors, exponents --> table, gap.svg
//
// A cell that is interrupted goes on from a saved state with the same bits.
package gap

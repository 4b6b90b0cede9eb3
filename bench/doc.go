// Package bench measures how far a network of m neurons is from its infinite-width limit, and turns
// the measurements into tables, fits and pictures.
//
//	GapParameters --Check--> Gap --Run-->  cells (width, seed)  --rows--> gap.csv
//	                          |               ^ Ensemble, flow or descent, observed at each time
//	                          |               | against Reference: potential, self energy, twins
//	                          +-> meanfield.Reference, solved once      --rows--> reference.csv
//	rows --Summarise--> means, standard errors, exponents --> table, gap.svg
//
//	TrainingParameters --Check--> RunTraining (networks on samples, one sequence of batches)
//	                          |     against a wide network | the exact flow | the reduction's flow or descent
//	                          |     --rows, traces, histogram--> training.csv, table, pictures; checkpoints
//	                          +-> RunGaps: width, data and step told apart --> gap.csv
//	PaperFigure (3, 4, 5, 7, 8, 9) at a scale --> TrainingParameters; comparison with the published values
//
// Times are paper time throughout: dw/dt = nu(w) without a factor 2.
package bench

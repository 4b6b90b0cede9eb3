// Package training measures networks that are trained on samples: on the same batches as a wide network, of which
// they are subsets, or beside the exact infinite-width flow or its reduction to a few coordinates.
//
//	Parameters --Check--> Run (networks on samples, one sequence of batches)
//	                       |     --rows, traces, histogram--> training.csv, table, pictures; checkpoints
//	                       +-> RunGaps: width, data and step told apart --> gap.csv
//	                       +-> MakePlan: what a run will take, by a few measured steps
//	PaperFigure (3, 4, 5, 7, 8, 9) at a scale --> Parameters; comparison with the published values
package training

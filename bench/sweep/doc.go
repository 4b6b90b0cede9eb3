// Package sweep runs studies that are grids of gap studies: problems x dimensions x horizons x
// dynamics x precisions (a group each) x widths x seeds. A cell is one finite network; it is
// run by gap.Study.RunCell, survives any end of the process, and is never run twice.
//
//	study.toml + overrides -> Load -> Study -> Resolve (horizons "reach R")
//	                                    |-> Plan    what it will cost
//	                                    |-> Run     cells/GROUP/*.cell, any number of processes
//	                                    |-> Claim   the directory alone; package slurm writes scripts for a cluster
//	                                    '-> Merge   table.csv, table.parquet, arrays, summary, SHA256SUMS
//	directory -> Check, Status, OpenResults
//
// The bytes of tables and arrays depend on the study alone: not on workers, processes, shards, the
// order in which cells finish, or kills. What does depend on those is in study.json and the cells.
package sweep

// Package bench is what all measurements share: parameters that are checked before any work starts, problems by name,
// statistics over seeds, tables for people, and the directory of a run with its provenance and checksums.
//
//	gap       networks of m neurons beside their infinite-width limit            kac gap
//	training  networks on samples beside a wide or an infinite one; the figures   kac train, figure 3, 4, 5, 7, 8, 9
//	theory    C(t), stability constants, bounds, scaling in the dimension         kac theory, scaling, figure 2, 6
//	compare   networks against kernels on the sphere, by the number of samples    kac compare
//	sweep     grids of gap studies that survive anything                          kac sweep, status, slurm
//	report    one HTML file out of a finished study                               kac report
//	roofline  the machine's limits and the kernels beside them                    kac roofline
//	peers     the same work in other libraries, timed                             make peers
//
// A study is a struct of parameters that say everything that determines its numbers. Its package checks them (errors
// are InputErrors), runs it under a context, and writes tables and pictures into a directory that holds run.json and is
// claimed by one process at a time. CheckRun compares every file with its checksum.
//
// Times are paper time throughout: dw/dt = nu(w) without a factor 2.
package bench

// Package budget turns the exact law of the gaps around: which width, samples, step and batch keep a network within an
// error of its infinite-width limit, at the least arithmetic.
//
//	Parameters --Check--> Solve: Law, constants at a grid of times (package meanfield) --> Plan: the cheapest sizes
//	                                                       '--> Check: networks of these sizes, measured
package budget

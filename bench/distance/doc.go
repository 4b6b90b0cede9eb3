// Package distance measures how far a network that somebody else trained is from its mean-field limit.
//
//	particles of a file --risk, potential--> function error to f_MF(t), at a time that is given or found
//	m * function error beside C(t) and beside networks of the same width that start at random --> one sentence
//	initial particles --twins--> coupling; particles --package hessian--> alignments and curvature
package distance

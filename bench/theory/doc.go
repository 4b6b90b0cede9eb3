// Package theory sets measured gaps against what is proven and computed about them.
//
//	Parameters --Check--> Run --> C(t), J, stability constants, bounds at each time --> theory.csv, theory.svg
//	                        '---> networks of some widths beside them (package gap), the potential of section 4.1
//	ScalingParameters --> RunScaling: times to a risk over dimensions, their exponents and asymptotes
//	Figure2, Figure6: the paper's figures of neurons that escape
package theory

package bench

import (
	"cmp"
	"strings"

	"kac/particles"
)

// Precisions that are named in code; particles.Precisions has all.
const (
	Float64 = "float64"
	Float32 = "float32"
)

// FlowTolerances returns the least tolerance of the flow that makes sense in a precision, and the default: what
// rounding errors of velocities leave to gain, and in float64 7e-9. A network of 16 to 64 neurons has steps in which
// one neuron makes nearly all of the error, more of them than 1e-8 / 7e-9 says: with 7e-9 the function errors of he4 at
// d = 8, 16, 32 with 16 to 512 neurons (root mean squares over T = 20 and 8 seeds) are .06 to .86 times those that the
// method of order 5 before this one had at 1e-8; with 1e-8 those of 32 neurons at d = 8 and of 64 at d = 16 were 1.1
// times them. It takes 5 % more steps.
func FlowTolerances(precision string) (least, standard float64) {
	if p, err := particles.ParsePrecision(precision); err == nil && p != particles.Float64 {
		return p.FlowTolerance(), p.FlowTolerance()
	}
	return 1e-13, 7e-9
}

// CheckPrecision refuses what is no precision. Results in one that this machine does not have can be read on it.
func CheckPrecision(name string) error {
	if _, err := particles.ParsePrecision(name); err != nil {
		all := particles.Precisions()
		return Refuse("precision", name, "allowed are %s and %s", strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
	}
	return nil
}

// CheckAvailable returns the InputError of a run in a precision that this machine does not have. No other precision
// takes its place.
func CheckAvailable(precision string) error {
	p, err := particles.ParsePrecision(cmp.Or(precision, Float64))
	if err == nil {
		err = p.Available()
	}
	if err != nil {
		return Refuse("precision", precision, "%v", err)
	}
	return nil
}

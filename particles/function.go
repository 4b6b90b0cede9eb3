package particles

import (
	"errors"
	"fmt"
	"math"

	"kac/internal/legendre"
	"kac/internal/piecewise"
	"kac/internal/portable"
	"kac/kernels"
)

// Where functions of one's own are looked at.
const (
	functionReach = 40
	functionSteps = 4000
	// Beyond it the square times the normal density must have fallen to functionLeft of its largest value.
	functionTail = 14
	functionLeft = 1e-13
)

// NewFunction returns the activation f, known by its values alone. Its Kernel has f and its derivatives by polynomials
// on intervals within +-38, to some 1e-15, 1e-12 and 1e-9 of f; beyond, where inputs of a unit normal law never are, f
// with a difference for the derivative. knots are where pieces of f meet, ascending; nil: they are sought. It refuses
// functions that are not finite somewhere within +-40, that are not smooth on finitely many intervals, and those whose
// square does not decay against the normal density. f must be safe for concurrent use.
func NewFunction(name string, f func(float64) float64, knots []float64) (Activation, error) {
	if name == "" {
		return Activation{}, errors.New("the function has no name")
	}
	most, tail := 0.0, 0.0
	for i := -functionSteps; i <= functionSteps; i++ {
		z := functionReach * float64(i) / functionSteps
		y := f(z)
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return Activation{}, fmt.Errorf("it is %v at %.4g; it must be finite from -%d to %d", y, z, functionReach, functionReach)
		}
		square := y * portable.Exp(-z*z/4)
		if square = math.Abs(square); math.Abs(z) > functionTail {
			tail = math.Max(tail, square)
		} else {
			most = math.Max(most, square)
		}
	}
	switch {
	case most == 0:
		return Activation{}, errors.New("it is zero")
	case !(tail <= math.Sqrt(functionLeft)*most):
		return Activation{}, errors.New("its square is not integrable, or nearly so: it grows too fast against N(0, 1)")
	}
	profile, err := legendre.NewProfile(f, knots...)
	if err != nil {
		return Activation{}, err
	}
	kernel := kernels.FunctionActivation(piecewise.New(f, profile.Edges()).Eval)
	return Activation{name: name, own: f, ofOwn: profile, kernel: kernel}, nil
}

// value is sigma(z).
func (a Activation) value(z float64) float64 {
	switch {
	case a.own != nil:
		return a.own(z)
	case a.series.Norm2() > 0: // powers of z would cancel
		v, _, _ := a.series.Eval(z)
		return v
	}
	v, _, _ := a.kernel.Eval(z)
	return v
}

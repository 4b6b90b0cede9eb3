package particles

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kac/internal/legendre"
	"kac/internal/quantity"
	"kac/kernels"
)

// Activation is a function sigma with its first two derivatives: any one of
// package kernels. Immutable.
type Activation struct {
	kernel kernels.Activation
	series Series // of a Hermite series; else zero
	name   string // as ParseActivation reads it

	legendre   int    // dimension of a Legendre series; else 0
	inLegendre Series // its coefficients

	own   func(float64) float64 // of NewFunction; else nil
	ofOwn *legendre.Profile     // of it
	knots []float64
}

// NewActivation returns the activation sum_k c_k h_k.
func NewActivation(s Series) Activation {
	return Activation{kernel: kernels.HermiteActivation(s.Coefficients()), series: s, name: s.String()}
}

var namedActivations = []struct {
	name string
	make func() kernels.Activation
}{
	{"relu", kernels.ReLU}, {"tanh", kernels.Tanh}, {"sigmoid", kernels.Sigmoid}, {"erf", kernels.Erf}, {"gelu", kernels.GELU},
}

// ParseActivation reads "relu", "tanh", "sigmoid", "erf", "gelu", "relu:H" with a power 1 < H <= 16 (max(z, 0)^H),
// "softplus", "softplus:T" with a temperature T > 0 (log(1 + e^(T z))/T), or a Hermite series such as "4:0.8,6:0.6".
func ParseActivation(text string) (Activation, error) {
	name := strings.TrimSpace(text)
	for _, a := range namedActivations {
		if a.name == name {
			return Activation{kernel: a.make(), name: name}, nil
		}
	}
	if head, tail, given := strings.Cut(name, ":"); head == "relu" && given {
		h, err := quantity.Value(tail)
		if err != nil || !(h > 1 && h <= 16) {
			return Activation{}, &ParseError{"activation", text, errors.New("the power of relu must be a number above 1 and up to 16")}
		}
		return Activation{kernel: kernels.ReLUPower(h), knots: []float64{0}, name: "relu:" + strconv.FormatFloat(h, 'g', -1, 64)}, nil
	} else if head == "softplus" {
		t := 1.0
		if given {
			var err error
			if t, err = quantity.Value(tail); err != nil || !(t > 0) {
				return Activation{}, &ParseError{"activation", text, errors.New("the temperature of softplus must be a positive finite decimal number")}
			}
		}
		return Activation{kernel: kernels.Softplus(t), name: "softplus:" + strconv.FormatFloat(t, 'g', -1, 64)}, nil
	}
	if name != "" && name[0] >= 'a' && name[0] <= 'z' {
		return Activation{}, &ParseError{"activation", text, errors.New(`known are relu, tanh, sigmoid, erf, gelu, relu:H, softplus:T, and Hermite series such as "4:0.8,6:0.6"`)}
	}
	s, err := ParseSeries(text)
	if err != nil {
		return Activation{}, fmt.Errorf("activation: %w", err)
	}
	return NewActivation(s), nil
}

// NewLegendreActivation returns the activation sum_l s_l Pbar_l(z/sqrt d), the coefficients of s taken as s_l. Pbar_l =
// sqrt(N(d,l)) P_l are the Legendre polynomials of dimension d >= 3, orthonormal for z = <w, x>, x uniform on the
// sphere of radius sqrt d. It refuses smaller dimensions.
func NewLegendreActivation(s Series, d int) (Activation, error) {
	if d < 3 {
		return Activation{}, fmt.Errorf("dimension %d is too small for a Legendre series: at least 3 is needed", d)
	}
	powers := legendre.Powers(d, s.Coefficients())
	return Activation{kernel: kernels.PolynomialActivation(powers), name: fmt.Sprintf("legendre-%d:%s", d, s), legendre: d, inLegendre: s}, nil
}

// profile returns the activation as what expansions integrate.
func (a Activation) profile() (*legendre.Profile, error) {
	if a.ofOwn != nil {
		return a.ofOwn, nil
	}
	return legendre.NewProfile(a.value, a.knots...)
}

// Kernel returns the activation as the kernels take it.
func (a Activation) Kernel() kernels.Activation { return a.kernel }

// Series returns the Hermite series; ok is false if the activation is none.
func (a Activation) Series() (s Series, ok bool) { return a.series, a.series.Norm2() > 0 }

// String writes the activation as ParseActivation reads it.
func (a Activation) String() string { return a.name }

// Formula writes the activation for people.
func (a Activation) Formula(argument string) string {
	if s, ok := a.Series(); ok {
		return bracketed(s.formula(argument))
	}
	if a.legendre > 0 {
		return bracketed(a.inLegendre.formulaOf("Pbar", fmt.Sprintf("%s/sqrt %d", argument, a.legendre)))
	}
	return fmt.Sprintf("%s(%s)", a.name, argument)
}

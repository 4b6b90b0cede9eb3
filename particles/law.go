package particles

import (
	"fmt"
	"math"
	"strings"

	"kac/internal/rng"
)

// Law is a law of inputs x in R^d with mean 0 and covariance I_d.
type Law int

const (
	Gaussian Law = iota // N(0, I_d)
	Sphere              // uniform on the sphere of radius sqrt d
	Boolean             // uniform on {-1, 1}^d
)

var lawNames = []string{Gaussian: "gaussian", Sphere: "sphere", Boolean: "boolean"}

// String returns "gaussian", "sphere" or "boolean".
func (l Law) String() string {
	if l < 0 || int(l) >= len(lawNames) {
		return fmt.Sprintf("Law(%d)", int(l))
	}
	return lawNames[l]
}

// ParseLaw reads what String writes.
func ParseLaw(name string) (Law, error) {
	for l, known := range lawNames {
		if name == known {
			return Law(l), nil
		}
	}
	return 0, fmt.Errorf("law of inputs %q: must be %s", name, strings.Join(lawNames, ", "))
}

// formula writes the law for people.
func (l Law) formula(dim int) string {
	switch l {
	case Sphere:
		return fmt.Sprintf("x uniform on the sphere of radius sqrt %d", dim)
	case Boolean:
		return fmt.Sprintf("x uniform on {-1,1}^%d", dim)
	}
	return fmt.Sprintf("x ~ N(0, I_%d)", dim)
}

// draw fills x with input number index of a stream, a function of (seed,
// stream, index) alone.
func (l Law) draw(x []float64, seed, stream, index uint64) {
	s := rng.New(seed, stream, index)
	switch l {
	case Boolean:
		var word uint64
		for a := range x {
			if a%64 == 0 {
				word = s.Uint64()
			}
			x[a] = float64(int64(word&1)*2 - 1)
			word >>= 1
		}
	case Sphere:
		for norm := 0.0; norm == 0; { // again only if every normal was 0
			s.FillNormal(x)
			norm = normalize(x)
		}
		radius := math.Sqrt(float64(len(x)))
		for a := range x {
			x[a] *= radius
		}
	default:
		s.FillNormal(x)
	}
}

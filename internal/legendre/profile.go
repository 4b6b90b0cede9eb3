package legendre

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// Reach bounds the arguments of a profile: N(0,1) has less than e^-720 of its mass beyond.
const Reach = 38

// Profile is a function of one variable, with the intervals of [-Reach, Reach] on each of which it is a polynomial of
// degree 15 to rounding. Immutable.
type Profile struct {
	f     func(float64) float64
	size  float64   // of the function around 0
	edges []float64 // ascending
}

const (
	nodes      = 16
	smallest   = 52    // halvings: what is left of an interval around a kink has a length of 1e-15
	mostPieces = 4096  // of a profile
	decayed    = 5e-15 // last Legendre coefficients, relative to the largest value on the interval, or around 0
)

// errRough is wrapped where a function is not piecewise smooth.
var errRough = errors.New("the function is not smooth on finitely many intervals")

// ErrNotFinite says that a function has no finite value at an argument.
type ErrNotFinite struct{ At float64 }

func (e *ErrNotFinite) Error() string { return "the function is not finite" }

// NewProfile finds the intervals by halving, from those between knots where these are known. Errors: *ErrNotFinite, a
// function that stays rough.
func NewProfile(f func(float64) float64, knots ...float64) (*Profile, error) {
	p := &Profile{f: f}
	start := []float64{-Reach, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, Reach}
	for _, x := range knots {
		if math.Abs(x) < Reach {
			start = append(start, x)
		}
	}
	slices.Sort(start)
	start = slices.Compact(start)
	p.edges = append(p.edges, start[0])
	for _, x := range rule.x {
		p.size = math.Max(p.size, math.Abs(f(2*x)))
	}
	for i := 1; i < len(start); i++ {
		if err := p.divide(start[i-1], start[i], smallest); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Edges returns the ends of the intervals, ascending.
func (p *Profile) Edges() []float64 { return slices.Clone(p.edges) }

// divide appends the right ends of the intervals of [lo, hi].
func (p *Profile) divide(lo, hi float64, depth int) error {
	var v [nodes]float64
	most := 0.0
	for i, x := range rule.x {
		at := (lo+hi)/2 + (hi-lo)/2*x
		v[i] = p.f(at)
		if math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			return &ErrNotFinite{at}
		}
		most = math.Max(most, math.Abs(v[i]))
	}
	rough := false
	for _, row := range rule.last {
		c := 0.0
		for i, y := range v {
			c += float64(row[i] * y)
		}
		rough = rough || math.Abs(c) > decayed*math.Max(most, p.size)
	}
	mid := (lo + hi) / 2
	if !rough || depth == 0 || !(lo < mid && mid < hi) {
		p.edges = append(p.edges, hi)
		return nil
	}
	if len(p.edges) > mostPieces {
		return errRough
	}
	if err := p.divide(lo, mid, depth-1); err != nil {
		return err
	}
	return p.divide(mid, hi, depth-1)
}

// gaussRule is the Gauss-Legendre rule on [-1, 1], with the rows that give the last Legendre coefficients from values.
type gaussRule struct {
	x, w [nodes]float64
	last [3][nodes]float64
}

var rule = newGaussRule()

func newGaussRule() *gaussRule {
	var r gaussRule
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], -1, 1)
	for i, x := range r.x {
		p, before := x, 1.0
		for l := 2; l < nodes; l++ {
			p, before = (float64(float64(2*l-1)*x)*p-float64(float64(l-1)*before))/float64(l), p
			if k := l - (nodes - len(r.last)); k >= 0 {
				r.last[k][i] = float64(2*l+1) / 2 * p * r.w[i]
			}
		}
	}
	return &r
}

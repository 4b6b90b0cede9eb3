package particles

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/internal/quantity"
)

// MaxDegree is the largest degree of a Series. Beyond it the dual q has more
// terms than any kernel blocks for.
const MaxDegree = 32

// Series is a finite Hermite series
//
//	s(z) = sum_k c_k h_k(z),   E h_j(z) h_k(z) = delta_jk for z ~ N(0, 1),
//
// h_k the normalised probabilists' Hermite polynomial: h_0 = 1, h_1 = z,
// h_2 = (z^2 - 1)/sqrt 2. It is immutable; the zero value is the function 0.
type Series struct {
	coef []float64 // coef[k] = c_k, the last one not zero
}

// NewSeries returns the series with c_k = coef[k]. It refuses degrees outside
// [0, MaxDegree], coefficients that are not finite or whose squares do not sum
// to a finite number, and series without a nonzero coefficient.
func NewSeries(coef map[int]float64) (Series, error) {
	degree := -1
	for _, k := range slices.Sorted(maps.Keys(coef)) {
		if err := checkTerm(k, coef[k]); err != nil {
			return Series{}, fmt.Errorf("series: term %d:%v: %w", k, coef[k], err)
		}
		if coef[k] != 0 {
			degree = k
		}
	}
	if degree < 0 {
		return Series{}, errors.New("series: no coefficient differs from zero")
	}
	s := Series{coef: make([]float64, degree+1)}
	for k, c := range coef {
		if c != 0 { // a zero term may lie beyond the degree
			s.coef[k] = c
		}
	}
	if n := s.Norm2(); math.IsInf(n, 0) || n == 0 {
		return Series{}, fmt.Errorf("series %q: the sum of the squared coefficients is %g: rescale them", s, n)
	}
	return s, nil
}

func checkTerm(k int, c float64) error {
	if k < 0 || k > MaxDegree {
		return fmt.Errorf("the degree must lie between 0 and %d", MaxDegree)
	}
	if math.IsNaN(c) || math.IsInf(c, 0) {
		return errors.New("the coefficient must be finite")
	}
	return nil
}

// ParseSeries reads "4:0.8,6:0.6", degree and coefficient of each term; a
// degree alone has coefficient 1. Numbers are decimal, or powers and products of such,
// 2^-1; hexadecimal ones, underscores, infinities and NaN are refused. Spaces around the
// pieces do not matter.
// What NewSeries refuses and a degree given twice are *ParseErrors that name
// the piece.
func ParseSeries(text string) (Series, error) {
	if strings.TrimSpace(text) == "" {
		return Series{}, &ParseError{"series", text, errors.New("it is empty")}
	}
	coef := map[int]float64{}
	for piece := range strings.SplitSeq(text, ",") {
		fail := func(why error) (Series, error) {
			return Series{}, &ParseError{"series", text, fmt.Errorf("term %q: %w", strings.TrimSpace(piece), why)}
		}
		degree, weight, weighted := strings.Cut(piece, ":")
		k, err := quantity.Whole(degree)
		if err != nil {
			return fail(fmt.Errorf("the degree must be a whole number between 0 and %d", MaxDegree))
		}
		c := 1.0
		if weighted {
			if c, err = quantity.Value(weight); err != nil {
				return fail(errors.New("the coefficient must be a finite decimal number, or a power such as 2^-1"))
			}
		}
		if err := checkTerm(k, c); err != nil {
			return fail(err)
		}
		if _, twice := coef[k]; twice {
			return fail(fmt.Errorf("degree %d is given twice", k))
		}
		coef[k] = c
	}
	s, err := NewSeries(coef)
	if err != nil {
		return Series{}, &ParseError{"series", text, err}
	}
	return s, nil
}

// Coefficient returns c_k, zero for a degree the series does not have.
func (s Series) Coefficient(k int) float64 {
	if k < 0 || k >= len(s.coef) {
		return 0
	}
	return s.coef[k]
}

// Coefficients returns a copy of c_0, ..., c_Degree.
func (s Series) Coefficients() []float64 { return slices.Clone(s.coef) }

// Degree returns the largest k with c_k != 0; zero for the zero series.
func (s Series) Degree() int { return max(len(s.coef)-1, 0) }

// Even reports whether s(-z) = s(z).
func (s Series) Even() bool { return s.vanishes(1) }

// vanishes reports whether all coefficients of degrees parity, parity+2, ...
// are zero.
func (s Series) vanishes(parity int) bool {
	for k := parity; k < len(s.coef); k += 2 {
		if s.coef[k] != 0 {
			return false
		}
	}
	return true
}

// Norm2 returns E s(z)^2 = sum_k c_k^2 for z ~ N(0, 1).
func (s Series) Norm2() float64 {
	sum := 0.0
	for _, c := range s.coef {
		sum += c * c
	}
	return sum
}

// Eval returns s(z) and its first two derivatives from the three-term recurrence
//
//	sqrt(k+1) h_{k+1} = z h_k - sqrt(k) h_{k-1},   h_k' = sqrt(k) h_{k-1},
//
// which is stable upwards for every z: h_k is its dominant solution where it
// grows, and both solutions are of one size where it oscillates.
func (s Series) Eval(z float64) (v, dv, d2v float64) {
	h, h1, h2 := 1.0, 0.0, 0.0 // h_k, h_{k-1}, h_{k-2}
	for k, c := range s.coef {
		x := float64(k)
		root := math.Sqrt(x)
		v += float64(c * h)
		dv += float64(c * root * h1)
		d2v += float64(c * math.Sqrt(x*(x-1)) * h2)
		h, h1, h2 = (float64(z*h)-float64(root*h1))/math.Sqrt(x+1), h, h1
	}
	return v, dv, d2v
}

// String writes the series as ParseSeries reads it, exactly.
func (s Series) String() string {
	var b strings.Builder
	for k, c := range s.coef {
		if c == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d:%s", k, strconv.FormatFloat(c, 'g', -1, 64))
	}
	return b.String()
}

// formula writes the series for people, "0.8 h_4(z) - h_6(z)" for argument z.
func (s Series) formula(argument string) string { return s.formulaOf("h", argument) }

// formulaOf writes it with polynomials of another name.
func (s Series) formulaOf(polynomial, argument string) string {
	var b strings.Builder
	for k, c := range s.coef {
		if c == 0 {
			continue
		}
		switch {
		case b.Len() == 0 && c < 0:
			b.WriteString("-")
		case b.Len() > 0 && c < 0:
			b.WriteString(" - ")
		case b.Len() > 0:
			b.WriteString(" + ")
		}
		if a := math.Abs(c); a != 1 {
			b.WriteString(strconv.FormatFloat(a, 'g', -1, 64) + " ")
		}
		fmt.Fprintf(&b, "%s_%d(%s)", polynomial, k, argument)
	}
	return b.String()
}

package sweep

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Quantity is one entry of dim, widths or horizon: a term Factor*d^Power, a range of doublings, or
// the first time at which the reference's risk is at most Reach.
type Quantity struct {
	Factor, Power float64
	Last          float64 // a range: Factor, 2 Factor, ..., Last; 0: no range
	Reach         float64 // 0: not of this kind
}

// maxDoublings keeps a range from filling the memory before its values are looked at.
const maxDoublings = 64

// parseQuantity reads "128", "2^7", "3*d^1.5", "2^7..2^16" or "reach 0.1".
func parseQuantity(text string) (Quantity, error) {
	text = strings.TrimSpace(text)
	if level, ok := strings.CutPrefix(text, "reach"); ok {
		r, err := plainNumber(strings.TrimSpace(level))
		if err != nil || !(r > 0) {
			return Quantity{}, fmt.Errorf("%q is not the word reach with a risk above 0, such as reach 0.1", text)
		}
		return Quantity{Reach: r}, nil
	}
	if first, last, ok := strings.Cut(text, ".."); ok {
		return parseRange(text, first, last)
	}
	return parseTerm(text)
}

func parseRange(text, first, last string) (Quantity, error) {
	q, err := parseTerm(first)
	if err != nil {
		return q, err
	}
	end, err := parseTerm(last)
	if err != nil {
		return q, err
	}
	if q.Power != 0 || end.Power != 0 {
		return q, fmt.Errorf("the range %q contains d; ranges go from number to number, such as 2^7..2^16", text)
	}
	x := q.Factor
	for n := 0; x < end.Factor && n < maxDoublings; n++ {
		x *= 2
	}
	if x != end.Factor || !(q.Factor > 0) {
		return q, fmt.Errorf("the range %q does not arrive at its end by doubling; write for example 2^7..2^16", text)
	}
	q.Last = end.Factor
	return q, nil
}

// parseTerm reads a product of numbers, powers of numbers and powers of d.
func parseTerm(text string) (Quantity, error) {
	fail := func() (Quantity, error) {
		return Quantity{}, fmt.Errorf("%q is not a number, a power such as 2^7 or d^1.5, or a multiple such as 3*d^1.5", strings.TrimSpace(text))
	}
	q := Quantity{Factor: 1}
	for factor := range strings.SplitSeq(text, "*") {
		base, exponent, raised := strings.Cut(strings.TrimSpace(factor), "^")
		power := 1.0
		if raised {
			var err error
			if power, err = plainNumber(exponent); err != nil {
				return fail()
			}
		}
		if base == "d" {
			q.Power += power
			continue
		}
		b, err := plainNumber(base)
		if err != nil {
			return fail()
		}
		q.Factor *= math.Pow(b, power)
	}
	if math.IsNaN(q.Factor) || math.IsInf(q.Factor, 0) || math.IsInf(q.Power, 0) || math.IsNaN(q.Power) {
		return fail()
	}
	return q, nil
}

// plainNumber reads a finite decimal number; ParseFloat's words, underscores and hexadecimals are not
// for study files.
func plainNumber(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, strconv.ErrSyntax
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err
}

// at returns the values in dimension d; none for a Reach.
func (q Quantity) at(d int) []float64 {
	if q.Reach > 0 {
		return nil
	}
	x := q.Factor
	if q.Power != 0 {
		x *= math.Pow(float64(d), q.Power)
	}
	values := []float64{x}
	for q.Last > 0 && x < q.Last {
		x *= 2
		values = append(values, x)
	}
	return values
}

// String is the form that parseQuantity reads, the same for equal quantities.
func (q Quantity) String() string {
	switch {
	case q.Reach > 0:
		return "reach " + number(q.Reach)
	case q.Last > 0:
		return number(q.Factor) + ".." + number(q.Last)
	case q.Power == 0:
		return number(q.Factor)
	}
	text := "d"
	if q.Power != 1 {
		text += "^" + number(q.Power)
	}
	if q.Factor != 1 {
		text = number(q.Factor) + "*" + text
	}
	return text
}

// number prints the shortest text that reads back as x.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

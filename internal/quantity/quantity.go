// Package quantity is the one grammar of numbers in flags and study files:
//
//	number    8, .5, 1e-3, +5        decimal; no underscores, hexadecimals, infinities or NaN
//	term      2^7, 3*2^-4, d^1.5     a product of numbers and powers, of the dimension d too
//	range     2^7..2^16              doublings from end to end
//	powers    d^1.5..d^3:0.25        exponents from end to end by a step; in lists
//	reach     reach 0.1              the first time at which the infinite network's risk is 0.1
//	list      64,128,...,1024        entries; the ratio of the last two before the dots leads to the end
//
// Spaces around an entry do not matter. Where a whole number is asked for, any term that is one will do.
package quantity

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"kac/internal/portable"
)

// Quantity is one entry: a term Factor*d^Power, a range of doublings, or a risk to reach.
type Quantity struct {
	Factor, Power float64
	Last          float64 // a range: Factor, 2 Factor, ..., Last; 0: no range
	Reach         float64 // 0: not of this kind
}

// ErrRange is wrapped by errors about numbers beyond what a float64, or an int, can hold.
var ErrRange = errors.New("beyond what the program can hold")

// maxEntries keeps a range or a list with dots from filling the memory before its values are looked at.
const maxEntries = 64

// Parse reads one entry.
func Parse(text string) (Quantity, error) {
	text = strings.TrimSpace(text)
	if level, ok := strings.CutPrefix(text, "reach"); ok {
		r, err := Number(level)
		if err != nil || !(r > 0) {
			return Quantity{}, fmt.Errorf("%q is not the word reach with a risk above 0, such as reach 0.1", text)
		}
		return Quantity{Reach: r}, nil
	}
	if first, last, ok := strings.Cut(text, ".."); ok {
		return parseRange(text, first, last)
	}
	return term(text)
}

func parseRange(text, first, last string) (Quantity, error) {
	q, err := term(first)
	if err != nil {
		return q, err
	}
	end, err := term(last)
	if err != nil {
		return q, err
	}
	if q.Power != 0 || end.Power != 0 {
		return q, fmt.Errorf("the range %q contains d; ranges go from number to number, such as 2^7..2^16, or by a step of the exponent, d^1.5..d^3:0.25", text)
	}
	x := q.Factor
	for n := 0; x < end.Factor && n < maxEntries; n++ {
		x *= 2
	}
	if x != end.Factor || !(q.Factor > 0) {
		return q, fmt.Errorf("the range %q does not arrive at its end by doubling; write for example 2^7..2^16", text)
	}
	q.Last = end.Factor
	return q, nil
}

// term reads a product of numbers, powers of numbers and powers of d.
func term(text string) (Quantity, error) {
	fail := func(err error) (Quantity, error) {
		wrapped := fmt.Errorf("%q is not a number, a power such as 2^7 or d^1.5, or a multiple such as 3*d^1.5", strings.TrimSpace(text))
		if errors.Is(err, ErrRange) {
			wrapped = fmt.Errorf("%q is %w", strings.TrimSpace(text), ErrRange)
		}
		return Quantity{}, wrapped
	}
	q := Quantity{Factor: 1}
	for factor := range strings.SplitSeq(text, "*") {
		base, exponent, raised := strings.Cut(strings.TrimSpace(factor), "^")
		power := 1.0
		if raised {
			var err error
			if power, err = Number(exponent); err != nil {
				return fail(err)
			}
		}
		if strings.TrimSpace(base) == "d" {
			q.Power += power
			continue
		}
		b, err := Number(base)
		if err != nil {
			return fail(err)
		}
		q.Factor *= portable.Pow(b, power)
	}
	switch {
	case math.IsNaN(q.Factor) || math.IsNaN(q.Power):
		return fail(nil)
	case math.IsInf(q.Factor, 0) || math.IsInf(q.Power, 0):
		return fail(ErrRange)
	}
	return q, nil
}

// Number reads a finite decimal number, with spaces around it or none.
func Number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, strconv.ErrSyntax
	}
	x, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, ErrRange
	}
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return x, nil
}

// Value reads a term without d, such as 0.1 or 2^-7.
func Value(text string) (float64, error) {
	q, err := term(text)
	if err == nil && q.Power != 0 {
		err = fmt.Errorf("%q contains the dimension d, which has no meaning here", strings.TrimSpace(text))
	}
	return q.Factor, err
}

// Whole reads a whole number; a term such as 2^16 will do.
func Whole(text string) (int, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil {
		return n, nil
	} else if errors.Is(err, strconv.ErrRange) {
		return 0, ErrRange
	}
	x, err := Value(text)
	switch {
	case err != nil:
		return 0, err
	case x != math.Trunc(x):
		return 0, fmt.Errorf("%q is not a whole number", text)
	case math.Abs(x) >= 1<<62:
		return 0, ErrRange
	}
	return int(x), nil
}

// Seed reads a whole number from 0 to 2^64-1; a term will do up to 2^53, where its value is exact.
func Seed(text string) (uint64, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "+")
	n, err := strconv.ParseUint(text, 10, 64)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return 0, ErrRange
	}
	whole, err := Whole(text)
	if err == nil && (whole < 0 || whole > 1<<53) {
		err = fmt.Errorf("%q is not a seed", text)
	}
	return uint64(whole), err
}

// At returns the values in dimension d; none for a Reach.
func (q Quantity) At(d int) []float64 {
	if q.Reach > 0 {
		return nil
	}
	x := q.Factor
	if q.Power != 0 {
		x *= portable.Pow(float64(d), q.Power)
	}
	values := []float64{x}
	for q.Last > 0 && x < q.Last {
		x *= 2
		values = append(values, x)
	}
	return values
}

// String is the form that Parse reads, the same for equal quantities.
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

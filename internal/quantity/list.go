package quantity

import (
	"fmt"
	"math"
	"strings"

	"kac/internal/portable"
)

// dots stand in a list for the values that go on with the ratio of the two before them.
const dots = "..."

// ParseList reads entries separated by commas, dots among them written out.
func ParseList(text string) ([]Quantity, error) {
	return ParseItems(strings.Split(text, ","))
}

// ParseItems reads a list that is split already.
func ParseItems(items []string) ([]Quantity, error) {
	var list []Quantity
	open := false // the last entry was dots
	for i, item := range items {
		if strings.TrimSpace(item) == dots {
			if open || len(list) < 2 || i == len(items)-1 {
				return nil, fmt.Errorf("the dots stand between two numbers and the last one, such as 64,128,...,1024")
			}
			open = true
			continue
		}
		if powers, is, err := parsePowers(item); is {
			if err == nil && open {
				err = fmt.Errorf("the dots lead to a number, not to the range %q", strings.TrimSpace(item))
			}
			if err != nil {
				return nil, err
			}
			list = append(list, powers...)
			continue
		}
		q, err := Parse(item)
		if err != nil {
			return nil, err
		}
		if open {
			if list, err = lead(list, q); err != nil {
				return nil, err
			}
			open = false
			continue
		}
		list = append(list, q)
	}
	return list, nil
}

// lead adds the values between the last two entries and end, by their ratio, and end.
func lead(list []Quantity, end Quantity) ([]Quantity, error) {
	before, last := list[len(list)-2], list[len(list)-1]
	for _, q := range []Quantity{before, last, end} {
		if q.Reach > 0 || q.Last > 0 || q.Power != end.Power {
			return nil, fmt.Errorf("beside the dots stand numbers, or multiples of one power of d")
		}
	}
	fail := fmt.Errorf("the ratio %s of the last two numbers before the dots does not lead to %s", number(last.Factor/before.Factor), end)
	ratio := last.Factor / before.Factor
	if !(before.Factor > 0) || !(ratio > 1) || !(end.Factor >= last.Factor) {
		return nil, fail
	}
	steps := math.Round(math.Log(end.Factor/last.Factor) / math.Log(ratio))
	if steps > maxEntries || math.Abs(last.Factor*portable.Pow(ratio, steps)-end.Factor) > 1e-12*end.Factor {
		return nil, fail
	}
	x := last
	for range int(steps) - 1 {
		x.Factor *= ratio
		if r := math.Round(x.Factor); math.Abs(x.Factor-r) < 1e-9 { // 100,300,...,2700
			x.Factor = r
		}
		list = append(list, x)
	}
	if steps > 0 {
		list = append(list, end)
	}
	return list, nil
}

// parsePowers reads "d^1.5..d^3:0.25", multiples of powers of d whose exponents are equally spaced; is reports whether
// the entry has that form. Exponents are rounded to nine decimals, so that steps of .1 give .3.
func parsePowers(item string) (list []Quantity, is bool, err error) {
	ends, by, stepped := strings.Cut(item, ":")
	first, last, ranged := strings.Cut(ends, "..")
	if !stepped || !ranged {
		return nil, false, nil
	}
	fail := func(why string) ([]Quantity, bool, error) {
		return nil, true, fmt.Errorf("the range %q %s; write for example d^1.5..d^3:0.25", strings.TrimSpace(item), why)
	}
	a, err := term(first)
	if err != nil {
		return nil, true, err
	}
	b, err := term(last)
	if err != nil {
		return nil, true, err
	}
	step, err := Number(by)
	switch {
	case err != nil || !(step > 0):
		return fail("has no step above 0 of the exponent after its colon")
	case a.Power == 0 || a.Factor != b.Factor || !(a.Power <= b.Power):
		return fail("does not go from a power of d up to another one")
	}
	steps := math.Round((b.Power - a.Power) / step)
	if steps > maxEntries || math.Abs(a.Power+steps*step-b.Power) > 1e-9 {
		return fail("does not arrive at its end by its step")
	}
	for i := range int(steps) + 1 {
		power := math.Round((a.Power+float64(i)*step)*1e9) / 1e9
		list = append(list, Quantity{Factor: a.Factor, Power: power})
	}
	list[len(list)-1].Power = b.Power
	return list, true, nil
}

package bench

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
	"kac/internal/quantity"
	"kac/meanfield"
	"kac/particles"
)

// WholesAt returns the values of a list of whole numbers from 1 to most in dimension d, which 0 leaves
// unknown; powers of d are rounded. The order stays.
func WholesAt(key string, list []quantity.Quantity, d, most int) ([]int, error) {
	var out []int
	for _, q := range list {
		if q.Reach > 0 {
			return nil, Refuse(key, q, "give numbers, ranges such as 2^7..2^16, or powers such as d^2")
		}
		if q.Power != 0 && d == 0 {
			return nil, Refuse(key, q, "the dimension d is not known here; give dim, or numbers")
		}
		for _, x := range q.At(d) {
			if q.Power == 0 && x != math.Round(x) {
				return nil, Refuse(key, q, "%s is not a whole number", Number(x))
			}
			if x = math.Round(x); !(x >= 1) || x > float64(most) {
				where := ""
				if q.Power != 0 {
					where = fmt.Sprintf(" in dimension %d", d)
				}
				return nil, Refuse(key, q, "%s is not allowed%s; %s are whole numbers from 1 to %d", Number(x), where, key, most)
			}
			out = append(out, int(x))
		}
	}
	return out, nil
}

// WholeAt returns the whole number that q is in dimension d, which 0 leaves unknown; powers of d are rounded. Its
// limits are for others to check.
func WholeAt(key string, q quantity.Quantity, d int) (int, error) {
	if q.Power != 0 && d == 0 {
		return 0, Refuse(key, q, "the dimension d is not known here; give dim, or a number")
	}
	values := q.At(d)
	if len(values) != 1 {
		return 0, Refuse(key, q, "give one whole number")
	}
	x := values[0]
	if q.Power != 0 {
		x = math.Round(x)
	}
	switch {
	case x != math.Round(x):
		return 0, Refuse(key, q, "%s is not a whole number", Number(x))
	case math.Abs(x) >= 1<<53:
		return 0, Refuse(key, q, "%s is %s", Number(x), quantity.ErrRange)
	}
	return int(x), nil
}

// TimesAt returns the values of a list of times in dimension d; powers of d are rounded up to six digits. reach finds
// the time of a risk; nil: there is none for this problem.
func TimesAt(key string, list []quantity.Quantity, d int, reach func(risk float64) (float64, error)) ([]float64, error) {
	var out []float64
	for _, q := range list {
		switch {
		case q.Reach > 0 && reach == nil:
			return nil, Refuse(key, q, "the infinite network's risk is not known exactly for this problem; give the time as a number")
		case q.Reach > 0:
			t, err := reach(q.Reach)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		case q.Power != 0 && d == 0:
			return nil, Refuse(key, q, "the dimension d is not known here; give dim, or numbers")
		case q.Power != 0:
			out = append(out, Significant(q.At(d)[0]))
		default:
			out = append(out, q.At(d)...)
		}
	}
	return out, nil
}

// Computed reports whether one of a list of times follows from the dimension or a risk: nobody typed it, so it may move
// to a multiple of a step.
func Computed(list []quantity.Quantity) bool {
	return slices.ContainsFunc(list, func(q quantity.Quantity) bool { return q.Power != 0 || q.Reach > 0 })
}

// Significant rounds a positive number up to six digits: a computed time that people can read, and
// that does not hang on the last bit of a logarithm or of a processor.
func Significant(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return x
	}
	unit := portable.Pow(10, math.Floor(math.Log10(x))-5)
	if unit >= 1 {
		return math.Ceil(x/unit-1e-6) * unit
	}
	scale := math.Round(1 / unit)
	return math.Ceil(x*scale-1e-6) / scale
}

// maxReach ends the search for a risk that may never be reached; longer times are given as numbers.
const maxReach = 1 << 17

// FirstTime is the first time, rounded up to six digits, at which the infinite network's risk is at most level, by
// references to times that double. A risk that is there at the start, or not by time 2^17, is an InputError of key.
func FirstTime(ctx context.Context, key string, p particles.Expectations, tolerance, level float64) (float64, error) {
	if level <= tolerance {
		return 0, Refuse(key, "reach "+Number(level), "the risk must be above the tolerance %s", Number(tolerance))
	}
	for end := 16.0; ; end = 2 * end {
		ref, err := meanfield.Solve(ctx, p, end, meanfield.Options{Tolerance: tolerance})
		if err != nil {
			return 0, fmt.Errorf("solving %s in dimension %d to time %s: %w", p.Name(), p.Dim(), Number(end), err)
		}
		t, ok := ref.FirstTime(level)
		switch {
		case ok && t == 0:
			return 0, Refuse(key, "reach "+Number(level), "in dimension %d the risk is %.4g at the start", p.Dim(), ref.Risk(0))
		case ok:
			return Significant(t), nil
		case end >= maxReach:
			return 0, Refuse(key, "reach "+Number(level), "in dimension %d the risk is still %.4g at time %s; give the time as a number", p.Dim(), ref.Risk(end), Number(end))
		}
	}
}

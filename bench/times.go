package bench

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Times are written into files that people join by them, and names of files. So there is one rule for a time that
// follows from others: the decimals that were typed are multiplied as decimals, exactly, and the result is the nearest
// float64. Three steps of 0.1 are 0.3, as is the last third of a horizon of 0.3, where float64 products are
// 0.30000000000000004 and other neighbours.

// StepTime is the time of a number of steps.
func StepTime(step int64, eta float64) float64 {
	return decimalOf(eta).times(step, 1)
}

// Grid returns `points` equally spaced times from 0 to the horizon; points is at least 2.
func Grid(horizon float64, points int) []float64 {
	h := decimalOf(horizon)
	times := make([]float64, points)
	for i := range times {
		times[i] = h.times(int64(i), int64(points-1))
	}
	return slices.Compact(times) // a horizon of a few of the smallest numbers has no more points
}

// SameTime reports whether a time that was read is the one that is wanted, up to rounding: files that were
// written before times were multiplied as decimals have its float64 neighbours. Readers then go on with the
// one that is wanted.
func SameTime(read, wanted float64) bool {
	return read == wanted || math.Abs(read-wanted) <= 4*0x1p-52*math.Abs(wanted)
}

// FirstTimes reports whether the first times of a longer list are those of a shorter one.
func FirstTimes(first, all []float64) bool {
	return len(first) < len(all) && slices.EqualFunc(first, all[:len(first)], SameTime)
}

// LaterPoints is the number of equally spaced times up to a later horizon, whose first ones are `points` times up to
// another; 0 if there is none.
func LaterPoints(horizon float64, points int, later float64) int {
	n := math.Round(later / horizon * float64(points-1))
	if !(n >= 1 && n < MaxPoints) || !FirstTimes(Grid(horizon, points), Grid(later, int(n)+1)) {
		return 0
	}
	return int(n) + 1
}

// decimal is the shortest decimal number that reads back as a float64, digits/10^places, or digits times 10^-places.
type decimal struct {
	digits int64
	places int
	value  float64 // itself, where it is not finite
}

func decimalOf(x float64) decimal {
	text := strconv.FormatFloat(x, 'e', -1, 64)
	mantissa, exponent, finite := strings.Cut(text, "e")
	if !finite {
		return decimal{value: x}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, err1 := strconv.ParseInt(whole+fraction, 10, 64) // at most 17 digits
	power, err2 := strconv.Atoi(exponent)
	if err1 != nil || err2 != nil {
		return decimal{value: x}
	}
	return decimal{digits: digits, places: len(fraction) - power, value: x}
}

// Whole numbers up to here are exact in float64, and so is the quotient of two, but for its rounding.
const exactWhole = 1 << 53

// times is the float64 nearest to the decimal times p/q.
func (d decimal) times(p, q int64) float64 {
	if d.digits == 0 || p == 0 {
		return d.value * float64(p) // 0, or not finite
	}
	small := func(x int64) bool { return -exactWhole < x && x < exactWhole }
	if 0 <= d.places && d.places <= 15 && small(d.digits) && small(p) {
		top, bottom := d.digits*p, q
		for range d.places {
			bottom *= 10
			if !small(bottom) {
				break
			}
		}
		if top/p == d.digits && small(top) && small(bottom) {
			return float64(top) / float64(bottom)
		}
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(d.places, -d.places))), nil)
	top, bottom := new(big.Int).Mul(big.NewInt(d.digits), big.NewInt(p)), big.NewInt(q)
	if d.places > 0 {
		bottom.Mul(bottom, power)
	} else {
		top.Mul(top, power)
	}
	// 256 bits of the quotient: a big.Rat, which looks for common factors, takes ten times as long.
	quotient := new(big.Float).SetPrec(256).Quo(new(big.Float).SetInt(top), new(big.Float).SetInt(bottom))
	x, _ := quotient.Float64()
	return x
}

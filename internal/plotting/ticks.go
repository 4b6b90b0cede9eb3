package plotting

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"kac/internal/portable"
)

// Ticks marks about five round numbers of a linear axis, with shorter marks between them.
type Ticks struct {
	Unlabelled bool // for a panel above another one with the same axis
}

// Ticks returns marks within [low, high].
func (k Ticks) Ticks(low, high float64) []plot.Tick {
	const wanted, most = 5, 100
	if !(high > low) || !drawable(low) || !drawable(high) {
		return nil
	}
	size := math.Max(math.Abs(low), math.Abs(high))
	if high-low < 1e-12*size || size < 1e-300 { // steps would be lost in the numbers' last digits
		return nil
	}
	step, parts := round(high/wanted - low/wanted)
	var ticks []plot.Tick
	minor := step / float64(parts)
	first := math.Ceil(low/minor - 1e-9)
	for n := range most {
		i := first + float64(n)
		value := i*minor + 0 // not -0
		if !(value <= high+1e-9*step) {
			break
		}
		tick := plot.Tick{Value: value}
		if math.Mod(i, float64(parts)) == 0 {
			tick.Label = " "
			if !k.Unlabelled {
				tick.Label = label(value, step, size)
			}
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// label writes a number of an axis whose largest has the given size with the digits that tell steps apart: in full, or
// with a power of ten where that has many zeros.
func label(x, step, size float64) string {
	place := func(x float64) int { return int(math.Floor(math.Log10(x) + 1e-9)) }
	if k := place(size); k >= -4 && k < 6 {
		return Minus(strconv.FormatFloat(x, 'f', max(0, -place(step)), 64))
	}
	if math.Abs(x) < step/2 {
		return "0"
	}
	text := strconv.FormatFloat(x, 'e', max(0, place(math.Abs(x))-place(step)), 64)
	factor, exponent, _ := strings.Cut(text, "e")
	k, err := strconv.Atoi(exponent)
	if err != nil {
		return Minus(text)
	}
	if strings.Contains(factor, ".") {
		factor = strings.TrimRight(strings.TrimRight(factor, "0"), ".")
	}
	power := "10^{" + Minus(strconv.Itoa(k)) + "}"
	switch factor {
	case "1":
		return power
	case "-1":
		return "−" + power
	}
	return Minus(factor) + "·" + power
}

// round returns the step among 1, 2 and 5 times a power of ten that is nearest to x in ratio, and in
// how many parts to divide it.
func round(x float64) (step float64, parts int) {
	power := portable.Pow(10, math.Floor(math.Log10(x)))
	switch f := x / power; {
	case f < math.Sqrt(2):
		return power, 5
	case f < math.Sqrt(10):
		return 2 * power, 4
	case f < math.Sqrt(50):
		return 5 * power, 5
	}
	return 10 * power, 5
}

package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// Ticks marks about five round numbers of a linear axis, with shorter marks between them.
type Ticks struct {
	Unlabelled bool // for a panel above another one with the same axis
}

// Ticks returns marks within [low, high].
func (k Ticks) Ticks(low, high float64) []plot.Tick {
	const wanted = 5
	if !(high > low) || math.IsInf(high-low, 0) {
		return nil
	}
	step, parts := round((high - low) / wanted)
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	minor := step / float64(parts)
	for i := math.Ceil(low/minor - 1e-9); i*minor <= high+1e-9*step; i++ {
		tick := plot.Tick{Value: i*minor + 0} // not -0
		if math.Mod(i, float64(parts)) == 0 {
			tick.Label = " "
			if !k.Unlabelled {
				tick.Label = strconv.FormatFloat(tick.Value, 'f', decimals, 64)
			}
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// round returns the step among 1, 2 and 5 times a power of ten that is nearest to x in ratio, and in
// how many parts to divide it.
func round(x float64) (step float64, parts int) {
	power := math.Pow(10, math.Floor(math.Log10(x)))
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

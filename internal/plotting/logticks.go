package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"kac/internal/portable"
)

// LogTicks marks the powers of ten of a logarithmic axis, with shorter marks at their multiples.
// Where there are many decades only every other one, or fewer, is labelled; an axis of less than two
// decades has labels at 2 and 5 as well, and one with fewer than two of these the marks of Ticks.
type LogTicks struct{}

// Ticks returns marks within [low, high]; there are none unless 0 < low < high.
func (LogTicks) Ticks(low, high float64) []plot.Tick {
	const wanted = 7
	if !(low > 0) || !(high > low) || math.IsInf(high, 1) {
		return nil
	}
	decades := math.Log10(high) - math.Log10(low) // their ratio may be too large for a number
	every := max(1, int(math.Ceil(decades/wanted)))
	var ticks []plot.Tick
	labels := 0
	for k := int(math.Floor(math.Log10(low))); k <= int(math.Ceil(math.Log10(high))); k++ {
		for digit := 1; digit <= 9; digit++ {
			v := float64(digit) * portable.Pow(10, float64(k))
			if v < low*(1-1e-9) || v > high*(1+1e-9) || every > 1 && digit > 1 {
				continue
			}
			tick := plot.Tick{Value: v}
			if digit == 1 && k%every == 0 || decades < 2 && (digit == 2 || digit == 5) {
				tick.Label = decimal(digit, k)
				labels++
			}
			ticks = append(ticks, tick)
		}
	}
	if labels < 2 {
		return Ticks{}.Ticks(low, high)
	}
	return ticks
}

// decimal writes digit times 10^k, in full where that is short.
func decimal(digit, k int) string {
	if k >= -2 && k <= 3 {
		return strconv.FormatFloat(float64(digit)*portable.Pow(10, float64(k)), 'f', max(0, -k), 64)
	}
	power := "10^{" + strconv.Itoa(k) + "}"
	if k < 0 {
		power = "10^{−" + strconv.Itoa(-k) + "}"
	}
	if digit == 1 {
		return power
	}
	return strconv.Itoa(digit) + "·" + power
}

// Package average is the mean of independent values with its standard error.
package average

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Of returns the mean of independent values and its standard error s/sqrt(n), s the sample standard deviation (divisor
// n-1): NaN for a single value, both NaN if there are none. Equal values have that value for their mean, and no error:
// their sum divided by their number may miss both by a rounding.
func Of(x []float64) (mean, se float64) {
	switch len(x) {
	case 0:
		return math.NaN(), math.NaN()
	case 1:
		return x[0], math.NaN()
	}
	if low, high := slices.Min(x), slices.Max(x); low == high {
		return low, 0
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return mean, stat.StdErr(sd, float64(len(x)))
}

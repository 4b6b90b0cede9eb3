// Package golden finds the least value of a function of one variable.
package golden

import "math"

const ratio = .6180339887498949 // (sqrt 5 - 1)/2

// Section looks for the least of a function with one minimum between low and high by golden sections (Kiefer,
// doi:10.1090/S0002-9939-1953-0055639-3): every value narrows the interval by .618. It stops at an interval of absolute
// or of relative times its upper end, whichever is wider, and returns its middle and the least value seen inside. Where
// values round to a plateau the place is one on it: near a minimum about the root of the rounding.
func Section(f func(x float64) (float64, error), low, high, absolute, relative float64) (x, least float64, err error) {
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, err := f(a)
	if err != nil {
		return 0, 0, err
	}
	fb, err := f(b)
	for err == nil && high-low > math.Max(absolute, relative*high) {
		if fa <= fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa, err = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb, err = f(b)
		}
	}
	return (low + high) / 2, math.Min(fa, fb), err
}

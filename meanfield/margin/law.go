package margin

import (
	"fmt"
	"math"
)

// Setting is the law of a data set: n points x = y mu + xi in R^d, |mu| = 1, noise xi ~ N(0, s2 (I - mu mu')).
type Setting struct {
	Samples, Dim int     // n < d
	Variance     float64 // s2
}

// Check refuses settings without a law.
func (s Setting) Check() error {
	switch {
	case s.Samples < 1:
		return fmt.Errorf("%d points; there is at least one", s.Samples)
	case s.Dim <= s.Samples:
		return fmt.Errorf("%d points in %d dimensions; the noise spans fewer than the points are, and the law needs more dimensions than points", s.Samples, s.Dim)
	case !(s.Variance > 0) || math.IsInf(s.Variance, 0):
		return fmt.Errorf("a variance of %v; it is above 0", s.Variance)
	}
	return nil
}

// Kappa is n/(d s2).
func (s Setting) Kappa() float64 { return float64(s.Samples) / (float64(s.Dim) * s.Variance) }

// degrees of freedom of the chi-square law of n/(s2 q): the noise lives in d-1 dimensions, and n points leave
// d-1-(n-1).
func (s Setting) degrees() float64 { return float64(s.Dim - s.Samples) }

// Mean is a mean over data sets.
type Mean struct {
	Value float64
	Log   float64 // its logarithm, where the value leaves the range of numbers
	SD    float64 // standard deviation of the law
	Wrong float64 // estimate of how wrong Value is
}

// Margin2 is the mean of the squared margin, 1 + s2 (d-n)/n, and its deviation s2 sqrt(2(d-n))/n, in closed form.
func (s Setting) Margin2() Mean {
	n, k := float64(s.Samples), s.degrees()
	v := 1 + s.Variance*k/n
	return Mean{Value: v, Log: math.Log(v), SD: s.Variance * math.Sqrt(2*k) / n, Wrong: 4e-16 * v}
}

// Margin is the mean margin.
func (s Setting) Margin() Mean {
	return s.Mean(func(q float64) float64 { return math.Log1p(1/q) / 2 })
}

// Signal is the mean signal.
func (s Setting) Signal() Mean {
	return s.Mean(func(q float64) float64 { return -math.Log1p(1/q) / 2 })
}

// Memoriser is the mean share of the margin that a classifier without signal reaches.
func (s Setting) Memoriser() Mean {
	return s.Mean(func(q float64) float64 { return -math.Log1p(q) / 2 })
}

// TestError is the mean test error.
func (s Setting) TestError() Mean {
	return s.Mean(func(q float64) float64 { return LogTestError(q, s.Variance) })
}

// WorstError is the mean of the largest test error among classifiers of rho times the largest margin.
func (s Setting) WorstError(rho float64) Mean {
	return s.Mean(func(q float64) float64 { return LogWorstError(q, s.Variance, rho) })
}

// Mean is the mean of a positive function of q, given by its logarithm, over all data sets whose points are all support
// vectors: q = n/(s2 C) with C chi-square of d-n degrees of freedom, exactly (derived in docs/margin.md, 2).
//
// With C = k e^t the density is a constant times exp(-(k/2)(e^t - 1 - t)), whose both tails fall faster than any power,
// so that the trapezoidal rule converges faster than any power of its step: the step is halved until the sum stands,
// and its last change is the estimate of the error, with the rounding of logarithms. The sum runs over all t at which
// the integrand is above 1e-20 of its largest value, wherever that is: tiny errors come from rare data sets.
func (s Setting) Mean(log func(q float64) float64) Mean {
	k := s.degrees()
	return mean(k, float64(s.Samples)/(s.Variance*k), log)
}

// mean of a positive function of q = scale e^-t.
func mean(k, scale float64, log func(q float64) float64) Mean {
	density := func(t float64) float64 { return -k / 2 * excess(t) }
	of := func(t float64) float64 { return log(scale * exp(-t)) }
	first := func(t float64) float64 { return density(t) + of(t) }
	second := func(t float64) float64 { return density(t) + 2*of(t) }
	unit := math.Sqrt(2 / k)
	zero, one, two := around(density, unit), around(first, unit), around(second, unit)
	low, high := min(zero.low, one.low, two.low), max(zero.high, one.high, two.high)
	before := math.NaN()
	for h := unit / 2; ; h /= 2 {
		steps := math.Ceil((high - low) / h)
		// Sums of exp(density), and of that times f, with their largest terms taken out.
		var mass, sum float64
		for i := 0.0; i <= steps; i++ {
			t := low + i*h
			mass += exp(density(t) - zero.top)
			sum += exp(first(t) - one.top)
		}
		m := Mean{Log: math.Log(sum/mass) + one.top - zero.top}
		change := math.Abs(m.Log - before)
		before = m.Log
		rounding := 4e-16 * (8 + math.Abs(one.top) + math.Abs(one.of(of)))
		if !(change <= rounding) && steps < 1<<20 {
			continue
		}
		m.Value = exp(m.Log)
		m.Wrong = m.Value * (change + rounding)
		// The relative variance is the mean of (f/mean - 1)²: no difference of large numbers.
		square := 0.0
		for i := 0.0; i <= steps; i++ {
			t := low + i*h
			x := expm1(of(t) - m.Log)
			// Where f/mean overflows the density is 0 in comparison; its part is in the logarithm.
			if d := of(t) - m.Log; d > 300 {
				square += exp(2*d + density(t) - zero.top)
			} else {
				square += x * x * exp(density(t)-zero.top)
			}
		}
		m.SD = m.Value * math.Sqrt(square/mass)
		return m
	}
}

// span is where an integrand given by its logarithm is not negligible.
type span struct{ low, high, at, top float64 }

func (s span) of(f func(float64) float64) float64 { return f(s.at) }

// below is how far the logarithm falls from the largest value to the ends: 1e-20.
const below = 46

// around finds the span of a logarithm that rises to its one top and falls after it. unit is the width of the top, not
// more than roughly.
func around(log func(float64) float64, unit float64) span {
	// The top, by steps that double while they rise, and then by thirds.
	low, high := -unit, unit
	for step := unit; log(low) >= log(low+step) && low > -1e6; step *= 2 {
		low -= step
	}
	for step := unit; log(high) >= log(high-step) && high < 700; step *= 2 {
		high += step
	}
	a, b := low, high
	for b-a > 1e-3*unit && b-a > 1e-12*math.Max(math.Abs(a), math.Abs(b)) {
		x, y := a+(b-a)/3, b-(b-a)/3
		if log(x) < log(y) {
			a = x
		} else {
			b = y
		}
	}
	s := span{at: (a + b) / 2}
	s.top = log(s.at)
	end := func(sign float64) float64 {
		x := s.at
		for step := unit; log(x) > s.top-below; step *= 1.2 {
			x += sign * step
		}
		return x
	}
	s.low, s.high = end(-1), end(1)
	return s
}

// excess is e^t - 1 - t without the loss of digits around 0.
func excess(t float64) float64 {
	if math.Abs(t) > .5 {
		return exp(t) - 1 - t
	}
	sum, term := 0.0, t*t/2
	for k := 3.0; math.Abs(term) > 1e-18*sum; k++ {
		sum += term
		term *= t / k
	}
	return sum
}

// expm1 is e^t - 1.
func expm1(t float64) float64 {
	if math.Abs(t) > .5 {
		return exp(t) - 1
	}
	return excess(t) + t
}

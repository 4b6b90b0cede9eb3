package meanfield

import (
	"math"

	"kac/internal/portable"
)

// The curves grow beyond the range of float64 (e^{2 Lip T} with Lip T in the
// hundreds), so they are integrated as logarithms.

// groenwall is log e(t), e' = 2 lip(t) e + eps(t), e(0) = 0, with coefficients
// that are the mean of both ends on each interval: second order, and exact for
// constants.
func groenwall(times, lip, eps []float64) []float64 {
	out := make([]float64, len(times))
	out[0] = math.Inf(-1)
	for i := 1; i < len(times); i++ {
		h := times[i] - times[i-1]
		growth := h * (lip[i] + lip[i-1])
		forced := math.Log(h * (eps[i] + eps[i-1]) / 2)
		if growth > 0 { // (e^g - 1)/g
			forced += growth + math.Log(-math.Expm1(-growth)/growth)
		}
		out[i] = logSum(out[i-1]+growth, forced)
	}
	return out
}

// potential is log X(t) of Bounds.LogPotential.
func potential(b *Bounds, r *Reference) []float64 {
	n := len(b.Times)
	decay, memory, force := make([]float64, n), make([]float64, n), make([]float64, n)
	least := math.Inf(1)
	for i, t := range b.Times {
		least = math.Min(least, b.StrongConvexity[i])
		decay[i] = least * math.Sqrt(r.Risk(t))
		memory[i] = b.AverageJ[i]
		force[i] = math.Max(b.WorstJ[i], b.SquareJ[i]) * b.Sampling[i]
	}
	return memoryEquation(b.Times, decay, memory, force)
}

// memoryEquation is log X(t) for X' = -decay X + memory int_0^t X + force, X(0)
// = 0 (Lemma 42 of [PoC], there with constants), by the classical Runge-Kutta
// method on coefficients linear between times. State and force are divided by
// e^scale when they grow.
func memoryEquation(times, decay, memory, force []float64) []float64 {
	out := make([]float64, len(times))
	out[0] = math.Inf(-1)
	x, y, scale := 0.0, 0.0, 0.0
	for i := 1; i < len(times); i++ {
		span := times[i] - times[i-1]
		rate := max(math.Abs(decay[i-1]), math.Abs(decay[i])) + math.Sqrt(max(memory[i-1], memory[i]))
		steps := 4 + int(math.Ceil(20*span*rate))
		h := span / float64(steps)
		for k := range steps {
			shrink := portable.Exp(-scale)
			f := func(part, x, y float64) (dx, dy float64) {
				s := (float64(k) + part) / float64(steps)
				at := func(c []float64) float64 { return c[i-1] + s*(c[i]-c[i-1]) }
				return -at(decay)*x + at(memory)*y + at(force)*shrink, x
			}
			x1, y1 := f(0, x, y)
			x2, y2 := f(.5, x+h/2*x1, y+h/2*y1)
			x3, y3 := f(.5, x+h/2*x2, y+h/2*y2)
			x4, y4 := f(1, x+h*x3, y+h*y3)
			x += h / 6 * (x1 + 2*x2 + 2*x3 + x4)
			y += h / 6 * (y1 + 2*y2 + 2*y3 + y4)
			if big := math.Max(math.Abs(x), math.Abs(y)); big > 1e100 {
				scale += math.Log(big)
				x, y = x/big, y/big
			}
		}
		out[i] = math.Log(x) + scale
	}
	return out
}

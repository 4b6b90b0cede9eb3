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

// curves solves both equations, with the measured coefficients, with all of
// these off by their errors in the direction in which the bound grows, and on
// every second time: the distances are the error.
func (b *Bounds) curves(r *Reference) {
	all := make([]int, len(b.Times))
	var second []int
	for i := range all {
		all[i] = i
		if i%2 == 0 || i == len(all)-1 {
			second = append(second, i)
		}
	}
	for k, solve := range []func(at []int, off float64) []float64{b.groenwall, func(at []int, off float64) []float64 { return b.potential(r, at, off) }} {
		value, off, rough := solve(all, 0), solve(all, 1), solve(second, 0)
		wrong := make([]float64, len(all))
		for n, i := range second {
			for _, to := range []int{max(i-1, 0), i, min(i+1, len(all)-1)} { // the times left out have their neighbours'
				if d := math.Abs(value[i] - rough[n]); i > 0 && !math.IsInf(value[i], 0) {
					wrong[to] = math.Max(wrong[to], d)
				}
			}
		}
		for i := range wrong {
			if wrong[i] += math.Abs(off[i] - value[i]); math.IsInf(value[i], -1) {
				wrong[i] = 0
			}
		}
		if k == 0 {
			b.LogGroenwall, b.Error.LogGroenwall = value, wrong
		} else {
			b.LogPotential, b.Error.LogPotential = value, wrong
		}
	}
}

// groenwall is LogGroenwall on the times of these indices.
func (b *Bounds) groenwall(at []int, off float64) []float64 {
	var times, lip, eps []float64
	for _, i := range at {
		times = append(times, b.Times[i])
		lip = append(lip, b.Lipschitz[i]+off*b.Error.Lipschitz[i])
		eps = append(eps, b.Sampling[i]+off*b.Error.Sampling[i])
	}
	return groenwall(times, lip, eps)
}

// potential is LogPotential likewise.
func (b *Bounds) potential(r *Reference, at []int, off float64) []float64 {
	var times, decay, memory, force []float64
	least := math.Inf(1)
	for _, i := range at {
		t := b.Times[i]
		least = math.Min(least, b.StrongConvexity[i]-off*b.Error.StrongConvexity[i])
		times = append(times, t)
		decay = append(decay, least*math.Sqrt(r.Risk(t)))
		memory = append(memory, b.AverageJ[i]+off*b.Error.AverageJ[i])
		force = append(force, math.Max(b.WorstJ[i]+off*b.Error.WorstJ[i], b.SquareJ[i]+off*b.Error.SquareJ[i])*
			(b.Sampling[i]+off*b.Error.Sampling[i]))
	}
	return memoryEquation(times, decay, memory, force)
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

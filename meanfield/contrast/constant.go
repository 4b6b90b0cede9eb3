package contrast

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// Constant is what the gap of a feature's error tends to, times m.
type Constant struct {
	Value float64 // C_k(t) = sin(phi) cos(phi) (2 alpha_k/pi) int_0^t P/(1-c_k) ds, on the path of m = infinity. (C.6)
	// Exists is false where r_j⁴ reaches 1/2, or c_j reaches 1, on the path of some feature j: then m times the gap
	// does not settle. Value is the formula's for all that, and NaN where it has none (c_j >= 1).
	Exists bool
	Wrong  float64 // estimate of how wrong Value is
}

// Constants are C_k(t) of all features.
func Constants(features []Feature, t, decay float64) []Constant {
	n := len(features)
	out := make([]Constant, n)
	exists := true
	sums := make([]float64, n)
	before := make([]float64, n)
	for panels := 2; panels <= 1024; panels *= 2 {
		before, sums = sums, before
		clear(sums)
		worst := 0.0
		for panel := range panels {
			low, high := t*float64(panel)/float64(panels), t*float64(panel+1)/float64(panels)
			for i, x := range nodes {
				ok := weigh(sums, features, low+(high-low)*x, decay, weights[i]*(high-low))
				exists = exists && ok
			}
		}
		for k, s := range sums {
			worst = math.Max(worst, math.Abs(s-before[k])/math.Max(math.Abs(s), 1e-300))
		}
		if !(worst > 1e-13) && panels > 2 {
			break
		}
	}
	for _, f := range features { // the ends are no nodes
		for _, at := range []float64{0, t} {
			now := f.At(at, decay)
			exists = exists && !diverges(now.Norm2()) && now.Coupling() < 1
		}
	}
	for k, f := range features {
		phi := math.Pi * f.ErrorAt(t)
		factor := math.Sin(phi) * math.Cos(phi) * 2 * f.Alpha / math.Pi
		out[k] = Constant{factor * sums[k], exists, math.Abs(factor)*math.Abs(sums[k]-before[k]) + 1e-14*math.Abs(factor*sums[k])}
	}
	return out
}

// weigh adds w P/(1-c_k) at the time t, and says whether the law in 1/m holds there.
func weigh(sums []float64, features []Feature, t, decay, w float64) bool {
	p, ok := 1.0, true
	for _, f := range features {
		now := f.At(t, decay)
		c := now.Coupling()
		p /= 1 - c
		if c >= 1 {
			p = math.NaN()
		}
		ok = ok && c < 1 && !diverges(now.Norm2())
	}
	for k, f := range features {
		sums[k] += w * p / (1 - f.At(t, decay).Coupling())
	}
	return ok
}

// nodes and weights of Gauss and Legendre on [0, 1].
var nodes, weights = func() ([]float64, []float64) {
	x, w := make([]float64, 12), make([]float64, 12)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return x, w
}()

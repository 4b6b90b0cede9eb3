package localsgd

import (
	"math"

	"kac/internal/portable"
	"kac/particles/localsgd"
)

// Bias is E x_K - x_K^{GD} after K steps of stochastic gradient descent, the same without noise, with what belongs to
// it.
type Bias struct {
	Steps     int
	Bias      float64
	BiasError float64 // estimate of how wrong it is
	Deviation float64 // standard deviation of x_K
	// DeviationError estimates how wrong the deviation is.
	DeviationError float64
	Descent        float64 // x_K^{GD}
}

// Law is the law of small steps for the bias after K of them from the minimum, with noise of standard deviation sigma:
//
//	kink         -(R-L) sigma eta² / sqrt(2 pi) sum_{j<K} sqrt j      gaussian noise; [F]
//	smooth kink  -(Q/4) eta³ K (K-1) sigma²,  Q = (R-L)/(2W)          any noise; Q is the third derivative at 0
//
// NaN for other objectives.
func Law(f localsgd.Line, eta, sigma float64, steps int) float64 {
	if steps == 1 {
		return 0
	}
	switch f := f.(type) {
	case localsgd.Kink:
		sum := 0.0
		for j := 1; j < steps; j++ {
			sum += math.Sqrt(float64(j))
		}
		return -(f.R - f.L) * sigma * eta * eta / math.Sqrt(2*math.Pi) * sum
	case localsgd.SmoothKink:
		k := float64(steps)
		return -(f.R - f.L) / (8 * f.W) * eta * eta * eta * k * (k - 1) * sigma * sigma
	}
	return math.NaN()
}

// StationaryMean is the mean of the stationary law of dX = -f'(X) dt + sqrt(eta) sigma dB, whose density is
// proportional to exp(-2 f(x)/(eta sigma²)) [F]. For a kink it is sqrt(2/pi) (s_R - s_L), s² = eta sigma²/(2
// curvature). For others the sums are trapezoidal ones, which the Gaussian ends make exact to rounding; err is what
// half as many points change.
func StationaryMean(f localsgd.Line, eta, sigma float64) (mean, err float64) {
	if sigma == 0 {
		return 0, 0
	}
	if k, is := f.(localsgd.Kink); is {
		s := func(curvature float64) float64 { return math.Sqrt(eta * sigma * sigma / (2 * curvature)) }
		mean = math.Sqrt(2/math.Pi) * (s(k.R) - s(k.L))
		return mean, 0x1p-50 * s(k.L)
	}
	least, _ := f.Curvatures()
	reach := 9 * math.Sqrt(eta*sigma*sigma/(2*least))
	of := func(n int) float64 {
		top, bottom := 0.0, 0.0
		for i := -n; i <= n; i++ {
			// x = reach sinh(a u)/sinh(a) would be denser at 0; a root of the step does the same for any scale there.
			u := float64(i) / float64(n)
			x, weight := reach*u*u*u, u*u
			p := portable.Exp(-2*f.Value(x)/(eta*sigma*sigma)) * weight
			top, bottom = top+p*x, bottom+p
		}
		return top / bottom
	}
	mean = of(1 << 14)
	return mean, math.Abs(mean-of(1<<13)) + 0x1p-50*reach
}

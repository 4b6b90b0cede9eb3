// Package montecarlo is what tests of expectations share: a mean with its standard error, and Gaussian inputs whose
// rare large values are met.
package montecarlo

import (
	"math"

	"kac/internal/portable"
	"kac/internal/rng"
)

// Estimate collects samples of one quantity.
type Estimate struct{ n, sum, sum2 float64 }

// Add takes one sample in.
func (e *Estimate) Add(x float64) { e.n++; e.sum += x; e.sum2 += float64(x * x) }

// Mean is that of the samples.
func (e *Estimate) Mean() float64 { return e.sum / e.n }

// Off returns the distance of the mean from want in standard errors.
func (e *Estimate) Off(want float64) float64 {
	mean := e.Mean()
	se := math.Sqrt(math.Max(e.sum2/e.n-float64(mean*mean), 0) / e.n)
	if se == 0 {
		if mean == want {
			return 0
		}
		return math.Inf(1)
	}
	return (mean - want) / se
}

// Gaussian draws x for an expectation over N(0, I_d), from the wider
// N(0, 1.8 I_d), and returns its weight, the ratio of the densities. Squares
// of Hermite series grow so fast that plain samples rarely meet the values
// that make up their mean.
func Gaussian(s *rng.Stream, x []float64) float64 {
	const spread2 = 1.8
	s.FillNormal(x)
	norm2 := 0.0
	for a := range x {
		norm2 += float64(x[a] * x[a])
		x[a] *= math.Sqrt(spread2)
	}
	return portable.Pow(spread2, float64(len(x))/2) * portable.Exp(-(spread2-1)*norm2/2)
}

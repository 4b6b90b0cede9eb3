package margin

import (
	"fmt"
	"math"

	"kac/internal/portable"
)

// XOR is the quadratic ground truth with a network of two layers (particles/margin): kappa = n/(d s2), and the power h
// of relu^h. In infinitely many dimensions a network has one of two ways to a large margin (derived in docs/margin.md,
// 3): a neuron for each cluster, with the clusters' signal and the memory of its points, or a neuron for each class
// that only memorises.
type XOR struct{ Kappa, Power float64 }

// KappaUniform is where flipping the noise of all points stops to turn the best network of the first way off on all of
// them: below it no bound that is uniform over networks of large margin can hold.
const KappaUniform = 4

// Check refuses powers without thresholds.
func (x XOR) Check() error {
	if !(x.Kappa > 0) || math.IsInf(x.Kappa, 0) {
		return fmt.Errorf("kappa %v; it is above 0", x.Kappa)
	}
	if !(x.Power > 1 && x.Power < 2) {
		return fmt.Errorf("a power of %v; it is between 1 and 2", x.Power)
	}
	return nil
}

// SignalMargin is the margin with signal and memory, (1/4) (1 + 4/kappa)^(h/2).
func (x XOR) SignalMargin() float64 { return portable.Pow(1+4/x.Kappa, x.Power/2) / 4 }

// MemoryMargin is the margin of memory alone, (1/2) (2/kappa)^(h/2).
func (x XOR) MemoryMargin() float64 { return portable.Pow(2/x.Kappa, x.Power/2) / 2 }

// Margin is the larger of the two.
func (x XOR) Margin() float64 { return math.Max(x.SignalMargin(), x.MemoryMargin()) }

// Generalises reports whether the larger one is that with signal.
func (x XOR) Generalises() bool { return x.SignalMargin() > x.MemoryMargin() }

// Signal is mu'w of a neuron of the first way, sqrt(kappa/(kappa + 4)).
func (x XOR) Signal() float64 { return math.Sqrt(x.Kappa / (x.Kappa + 4)) }

// KappaGeneralise is where the two margins are equal, 2^(1 + 2/h) - 4: above it max-margin networks generalise.
func KappaGeneralise(power float64) float64 { return portable.Pow(2, 1+2/power) - 4 }

// SignalBracket holds the mean margin of the first way of n points in d dimensions between what is achieved exactly,
// with chi-square of d - 3n/4 - 1 degrees, and what no network of that form exceeds, of d - n/4 - 1.
func (x XOR) SignalBracket(samples, dim int, variance float64) (low, high Mean, err error) {
	if samples < 4 || samples%4 != 0 || 3*samples/4+1 >= dim {
		return low, high, fmt.Errorf("%d points in %d dimensions; points are a multiple of 4, and dimensions more than 3/4 of them", samples, dim)
	}
	quarter := float64(samples) / 4
	of := func(k float64) Mean {
		return mean(k, quarter/(variance*k), func(q float64) float64 { return x.Power/2*math.Log1p(1/q) - 2*math.Ln2 })
	}
	return of(float64(dim) - 3*quarter - 1), of(float64(dim) - quarter - 1), nil
}

package coding

import (
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
	"kac/internal/rng"
)

// Bernoulli loses every machine independently with probability p, by the draw of that number of a seed: machine i is
// lost by the same numbers whatever p is, so that a larger p loses more of them. It returns how many are lost.
func Bernoulli(lost []bool, p float64, seed, draw uint64) int {
	s := rng.New(seed, rng.Straggler, draw)
	// p 2^53 is exact; Float64 below p is the same comparison.
	threshold := uint64(math.Ceil(p * 0x1p53))
	count := 0
	for i := range lost {
		lost[i] = s.Uint64()>>11 < threshold
		if lost[i] {
			count++
		}
	}
	return count
}

// Fixed loses exactly count machines, every set of that size alike.
func Fixed(lost []bool, count int, seed, draw uint64) {
	s := rng.New(seed, rng.Straggler, draw)
	// Selection sampling: machine i is taken with probability (left to take)/(left to see), exactly.
	left := count
	for i := range lost {
		lost[i] = s.Below(uint64(len(lost)-i)) < uint64(left)
		if lost[i] {
			left--
		}
	}
}

// Delay is the law of the time that a machine takes.
type Delay struct {
	kind     string
	first    float64   // the shortest time
	second   float64   // mean beyond it, or the tail's exponent
	measured []float64 // sorted
}

// Exponential delays are shift + an exponential time of the given mean.
func Exponential(shift, mean float64) (Delay, error) {
	if !(shift >= 0) || !(mean > 0) || math.IsInf(shift+mean, 0) {
		return Delay{}, fmt.Errorf("exponential delays of shift %v and mean %v; the shift is at least 0 and the mean above 0", shift, mean)
	}
	return Delay{kind: "exponential", first: shift, second: mean}, nil
}

// Pareto delays exceed t with probability (least/t)^exponent, t >= least.
func Pareto(least, exponent float64) (Delay, error) {
	if !(least > 0) || !(exponent > 0) || math.IsInf(least+exponent, 0) {
		return Delay{}, fmt.Errorf("Pareto delays of least time %v and exponent %v; both are above 0", least, exponent)
	}
	return Delay{kind: "pareto", first: least, second: exponent}, nil
}

// Measured delays are drawn from the given times, all alike and with replacement.
func Measured(times []float64) (Delay, error) {
	if len(times) == 0 {
		return Delay{}, fmt.Errorf("no delays; give at least one time")
	}
	for i, t := range times {
		if !(t >= 0) || math.IsInf(t, 0) {
			return Delay{}, fmt.Errorf("delay %d is %v; times are finite and at least 0", i+1, t)
		}
	}
	return Delay{kind: "measured", measured: slices.Sorted(slices.Values(times))}, nil
}

// Quantile is the time that a machine needs with probability u or less, 0 <= u < 1.
func (d Delay) Quantile(u float64) float64 {
	switch d.kind {
	case "exponential":
		return d.first - d.second*math.Log1p(-u)
	case "pareto":
		return d.first * portable.Pow(1-u, -1/d.second)
	default:
		return d.measured[min(int(u*float64(len(d.measured))), len(d.measured)-1)]
	}
}

// Draw fills times with the delays of all machines.
func (d Delay) Draw(times []float64, seed, draw uint64) {
	s := rng.New(seed, rng.Straggler, draw)
	for i := range times {
		times[i] = d.Quantile(s.Float64())
	}
}

// Wait is how long the master waits: for a share of the machines, or until a deadline.
type Wait struct {
	Share    float64 // of the machines, in (0, 1]; 0: by the deadline
	Deadline float64
}

// Lost marks the machines that have not answered when the master stops waiting, and returns how long it waited. Of
// machines with equal times the first are taken. order is scratch of the same length.
func (w Wait) Lost(lost []bool, times []float64, order []int32) float64 {
	if w.Share == 0 {
		last := 0.0
		for i, t := range times {
			lost[i] = t > w.Deadline
			last = math.Max(last, t)
		}
		return math.Min(last, w.Deadline) // nobody is waited for who has answered
	}
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case times[a] < times[b]:
			return -1
		case times[a] > times[b]:
			return 1
		}
		return int(a - b)
	})
	k := w.Count(len(times))
	for i, m := range order {
		lost[m] = i >= k
	}
	return times[order[k-1]]
}

// Count is the number of machines that a share of m is, at least 1.
func (w Wait) Count(m int) int { return min(max(int(math.Ceil(w.Share*float64(m)-1e-9)), 1), m) }

// Exceeds is the probability that a machine needs longer than t.
func (d Delay) Exceeds(t float64) float64 {
	switch {
	case d.kind == "measured":
		i, _ := slices.BinarySearchFunc(d.measured, t, func(x, t float64) int {
			if x <= t {
				return -1
			}
			return 1
		})
		return 1 - float64(i)/float64(len(d.measured))
	case t <= d.first:
		return 1
	case d.kind == "exponential":
		return portable.Exp(-(t - d.first) / d.second)
	}
	return portable.Pow(d.first/t, d.second)
}

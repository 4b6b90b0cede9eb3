package decision

import (
	"fmt"
	"math"
)

// OneArmed is the coefficient of the one-armed bandit with a safe arm of known mean and a risky one whose mean is
// anything in [0, 1], for the reference (safe, m) that makes it largest. With p the probability of the risky arm, means
// theta within eps/sqrt p of m cannot be excluded, and the regret gamma max(safe, theta) - safe - p (theta - safe) is
// convex in theta, so that the two ends decide:
//
//	dec = max over m of min over p of the larger at theta = m - eps/sqrt p and m + eps/sqrt p (kept within [0, 1])
//
// At safe = 1/2 and eps <= (3/8) sqrt(gamma/3) that is (4/3) sqrt(gamma/3) eps - (1-gamma)/2, at p = gamma/3 and
// m = 1/2 - eps/sqrt(3 gamma): derived in docs/decision.md. Elsewhere it is found numerically, to about 1e-9.
func OneArmed(safe, gamma, eps float64) (float64, error) {
	if !(safe >= 0 && safe <= 1) || !(gamma > 0 && gamma <= 1) || !(eps >= 0) {
		return 0, fmt.Errorf("a safe mean of %v, gamma %v and eps %v; the mean is from 0 to 1, gamma above 0 and at most 1, eps at least 0", safe, gamma, eps)
	}
	if safe == .5 && eps <= .375*math.Sqrt(gamma/3) {
		return 4./3*math.Sqrt(gamma/3)*eps - (1-gamma)/2, nil
	}
	return numeric(safe, gamma, eps), nil
}

// numeric maximises over m on a grid, and refines around the best.
func numeric(safe, gamma, eps float64) float64 {
	best, at, step := math.Inf(-1), 0.0, 1./400
	for k := range 401 {
		m := float64(k) * step
		if v := forReference(safe, gamma, eps, m); v > best {
			best, at = v, m
		}
	}
	for range 30 {
		step /= 2
		for _, m := range [2]float64{at - step, at + step} {
			if m < 0 || m > 1 {
				continue
			}
			if v := forReference(safe, gamma, eps, m); v > best {
				best, at = v, m
			}
		}
	}
	return best
}

// forReference minimises over p, on a grid of sqrt p and around its best points; without the risky arm nothing is
// excluded.
func forReference(safe, gamma, eps, m float64) float64 {
	regret := func(root float64) float64 {
		p := root * root
		if p == 0 {
			return gamma*math.Max(safe, 1) - safe
		}
		worst := math.Inf(-1)
		for _, theta := range [2]float64{math.Max(0, m-eps/root), math.Min(1, m+eps/root)} {
			worst = math.Max(worst, gamma*math.Max(safe, theta)-safe-p*(theta-safe))
		}
		return worst
	}
	best, at, step := math.Inf(1), 0.0, 1./300
	for k := range 301 {
		root := float64(k) * step
		if v := regret(root); v < best {
			best, at = v, root
		}
	}
	for range 32 {
		step /= 2
		for _, root := range [2]float64{at - step, at + step} {
			if root < 0 || root > 1 {
				continue
			}
			if v := regret(root); v < best {
				best, at = v, root
			}
		}
	}
	return best
}

// Radius is the c with regret a round = OneArmed at eps = c/sqrt(rounds): the constant that the theory leaves open. NaN
// if no eps in [0, 2] has it.
func Radius(safe, gamma, regret float64, rounds int) float64 {
	at := func(eps float64) float64 {
		v, err := OneArmed(safe, gamma, eps)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	low, high := 0.0, 2.0
	if !(at(low) <= regret && regret <= at(high)) {
		return math.NaN()
	}
	for range 60 {
		if mid := (low + high) / 2; at(mid) < regret {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2 * math.Sqrt(float64(rounds))
}

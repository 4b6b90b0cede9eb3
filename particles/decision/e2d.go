package decision

import (
	"context"
	"math"

	"kac/internal/portable"
)

// E2D is the largest expected gamma-regret over theta of the estimation-to-decision algorithm with offset lambda,
// exactly: in every round it pulls the risky arm with the probability p that minimises
//
//	max over theta of gamma max(safe, theta) - safe - p (theta - safe) - lambda p (theta - m)²
//
// (theta of the class, and m), m the posterior mean under a uniform prior. Its law after t rounds is followed by
// forward dynamic programming over pulls and successes: rounds³/6 states. Source: Foster, Kakade, Qian, Rakhlin,
// arXiv:2112.13487, with gamma in the benchmark.
func (b *Bandit) E2D(ctx context.Context, rounds int, gamma, lambda float64) (float64, error) {
	if err := b.check(rounds, gamma); err != nil {
		return 0, err
	}
	m := len(b.Theta)
	pull := make([][]float64, rounds)
	for n := range rounds {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		pull[n] = make([]float64, n+1)
		for s := range n + 1 {
			pull[n][s] = b.offset(b.posterior(n, s), gamma, lambda)
		}
	}
	// p[n] are the probabilities of (n pulls, s successes, theta).
	now := [][]float64{make([]float64, m)}
	for k := range m {
		now[0][k] = 1
	}
	regret := make([]float64, m)
	for t := range rounds {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		next := make([][]float64, t+2)
		for n := range next {
			next[n] = make([]float64, (n+1)*m)
		}
		for n, here := range now {
			for s := range n + 1 {
				q := pull[n][s]
				for k, theta := range b.Theta {
					x := here[s*m+k]
					risky := x * q
					regret[k] += x*(gamma*math.Max(b.Safe, theta)-b.Safe) - risky*(theta-b.Safe)
					next[n][s*m+k] += x - risky
					next[n+1][(s+1)*m+k] += risky * theta
					next[n+1][s*m+k] += risky * (1 - theta)
				}
			}
		}
		now = next
	}
	worst := math.Inf(-1)
	for _, x := range regret {
		worst = math.Max(worst, x)
	}
	return worst, nil
}

// posterior mean of theta after n pulls with s successes, uniform prior. Means of 0 and 1 count as 1e-12 from the ends,
// so that every history is possible.
func (b *Bandit) posterior(n, s int) float64 {
	most := math.Inf(-1)
	logs := make([]float64, len(b.Theta))
	for k, t := range b.Theta {
		t = math.Min(math.Max(t, 1e-12), 1-1e-12)
		logs[k] = float64(s)*math.Log(t) + float64(n-s)*math.Log1p(-t)
		most = math.Max(most, logs[k])
	}
	sum, mean := 0.0, 0.0
	for k, l := range logs {
		w := portable.Exp(l - most)
		sum += w
		mean += w * b.Theta[k]
	}
	return mean / sum
}

// flat is the slope that counts as none. Where m is the safe mean the maximum has a flat piece, at whose ends regrets
// differ by a tenth: without a rule rounding would choose. The rule is the smallest minimiser.
const flat = 1e-9

// offset finds the smallest minimiser of the convex, piecewise linear maximum over theta by bisection on the sign of
// its slope.
func (b *Bandit) offset(mean, gamma, lambda float64) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		p := (low + high) / 2
		value, slope := math.Inf(-1), 0.0
		for k := range len(b.Theta) + 1 {
			t := mean
			if k < len(b.Theta) {
				t = b.Theta[k]
			}
			fall := (t - b.Safe) + lambda*(t-mean)*(t-mean)
			if v := gamma*math.Max(b.Safe, t) - b.Safe - p*fall; v > value {
				value, slope = v, -fall
			}
		}
		if slope < -flat {
			low = p
		} else {
			high = p
		}
	}
	return (low + high) / 2
}

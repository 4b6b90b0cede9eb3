// Package decision is the finite game behind the decision-estimation coefficient: T rounds of a bandit with one unknown
// arm, solved exactly. Its ideal, regret a round against the coefficient, is in meanfield/decision.
//
// In a round one plays the safe arm, whose mean is known, or the risky one, a Bernoulli arm of unknown mean theta out
// of a grid. The gamma-regret of a policy against theta is gamma T max(safe, theta) minus its expected reward: for
// gamma = 1 the usual regret. Source: Glasgow, Rakhlin, "Tight bounds for gamma-regret via the decision-estimation
// coefficient", arXiv:2303.03327. The algorithms here are derived in docs/decision.md.
package decision

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/internal/lp"
	"kac/internal/portable"
)

// MaxRounds bounds games: a pass over one takes rounds²/2 states.
const MaxRounds = 2000

// Bandit is a class of one-armed bandits.
type Bandit struct {
	Safe  float64   // mean of the safe arm
	Theta []float64 // possible means of the risky arm, in [0, 1]
}

// Grid is the class whose means are 0, spacing, 2 spacing, ..., 1; 1 is a multiple of the spacing.
func Grid(safe, spacing float64) (*Bandit, error) {
	n := math.Round(1 / spacing)
	if !(safe >= 0 && safe <= 1) {
		return nil, fmt.Errorf("a safe arm of mean %v; means are from 0 to 1", safe)
	}
	if !(spacing > 0 && n >= 1 && n <= 1000) || math.Abs(n*spacing-1) > 1e-9 {
		return nil, fmt.Errorf("a grid of spacing %v; it divides 1 into 1 to 1000 parts", spacing)
	}
	b := &Bandit{Safe: safe}
	for i := range int(n) + 1 {
		b.Theta = append(b.Theta, float64(i)/n)
	}
	return b, nil
}

// policy says, after n risky pulls with s successes, whether to pull again: once the safe arm is played nothing more is
// learned, so that it is played to the end. go[n][s].
type policy [][]bool

// benchmark is gamma T max(safe, theta).
func (b *Bandit) benchmark(rounds int, gamma float64) []float64 {
	list := make([]float64, len(b.Theta))
	for k, t := range b.Theta {
		list[k] = gamma * float64(rounds) * math.Max(b.Safe, t)
	}
	return list
}

// best is the policy of the largest expected reward under a prior, and that reward: dynamic programming over pulls and
// successes. States that the prior excludes are given the mean 0.
func (b *Bandit) best(rounds int, prior []float64) (float64, policy) {
	logs := make([]struct{ prior, hit, miss float64 }, 0, len(prior))
	theta := make([]float64, 0, len(prior))
	for k, p := range prior {
		if p > 0 {
			t := b.Theta[k]
			theta = append(theta, t)
			logs = append(logs, struct{ prior, hit, miss float64 }{math.Log(p), math.Log(t), math.Log1p(-t)}) // log 0 is -Inf
		}
	}
	value := make([]float64, rounds+1)
	pol := make(policy, rounds)
	weight := make([]float64, len(theta))
	for n := rounds - 1; n >= 0; n-- {
		pol[n] = make([]bool, n+1)
		stop := b.Safe * float64(rounds-n)
		for s := range n + 1 {
			most := math.Inf(-1)
			for k, l := range logs {
				x := l.prior
				if s > 0 { // 0 times -Inf is no number
					x += float64(s) * l.hit
				}
				if n > s {
					x += float64(n-s) * l.miss
				}
				weight[k] = x
				most = math.Max(most, x)
			}
			mean := 0.0
			if !math.IsInf(most, -1) {
				sum := 0.0
				for k, x := range weight {
					if x -= most; x > -745 {
						w := portable.Exp(x)
						sum += w
						mean += w * theta[k]
					}
				}
				mean /= sum
			}
			// value[s] is still that of n+1 pulls with s successes.
			again := mean*(1+value[s+1]) + (1-mean)*value[s]
			pol[n][s] = again > stop
			value[s] = math.Max(again, stop)
		}
	}
	return value[0], pol
}

// reward is the expected reward of a policy against every theta, by forward dynamic programming.
func (b *Bandit) reward(pol policy) []float64 {
	rounds, m := len(pol), len(b.Theta)
	total := make([]float64, m)
	p, q := make([]float64, (rounds+1)*m), make([]float64, (rounds+1)*m)
	for k := range m {
		p[k] = 1
	}
	for n := range rounds {
		clear(q[:(n+2)*m])
		for s := range n + 1 {
			here := p[s*m : (s+1)*m]
			if !pol[n][s] {
				for k, x := range here {
					total[k] += x * b.Safe * float64(rounds-n)
				}
				continue
			}
			for k, x := range here {
				t := b.Theta[k]
				total[k] += x * t
				q[(s+1)*m+k] += x * t
				q[s*m+k] += x * (1 - t)
			}
		}
		p, q = q, p
	}
	return total
}

// Value is the minimax gamma-regret of T rounds, between two certificates: no policy has less than Lower against its
// worst theta, and one has Upper.
type Value struct {
	Lower, Upper float64
	Steps        int
	Prior        []float64 // the least favourable one found, over Theta
}

// Minimax solves the game by double oracle. A prior gives the best policy against it, hence a lower bound; the linear
// program over all policies found so far gives the best mixture of them, hence an upper bound, and its prices are the
// next prior. It ends when the bounds are within 1e-10 T; where rounding keeps them apart, a policy comes back, and
// 1e-7 T is enough. Otherwise, and after 1000 steps, it is an error.
func (b *Bandit) Minimax(ctx context.Context, rounds int, gamma float64) (Value, error) {
	if err := b.check(rounds, gamma); err != nil {
		return Value{}, err
	}
	m := len(b.Theta)
	best := b.benchmark(rounds, gamma)
	v := Value{Lower: math.Inf(-1), Upper: math.Inf(1)}
	prior := make([]float64, m)
	for k := range prior {
		prior[k] = 1 / float64(m)
	}
	unit := float64(rounds) // regrets a round: numbers near 1 in the linear program
	var columns [][]float64
	for v.Steps < 1000 {
		if err := ctx.Err(); err != nil {
			return v, err
		}
		v.Steps++
		reward, pol := b.best(rounds, prior)
		low := -reward
		for k, p := range prior {
			low += p * best[k]
		}
		if low > v.Lower {
			v.Lower, v.Prior = low, append([]float64(nil), prior...)
		}
		column := b.reward(pol)
		for k := range column {
			column[k] = (best[k] - column[k]) / unit
		}
		columns = append(columns, column)
		s, err := mixture(columns)
		if err != nil {
			return v, fmt.Errorf("mixing %d policies of %d rounds: %w", len(columns), rounds, err)
		}
		// The mixture's regret, by its weights and not by the program's word.
		worst := math.Inf(-1)
		for k := range m {
			x := 0.0
			for j, c := range columns {
				x += s.X[j] * c[k]
			}
			worst = math.Max(worst, x)
		}
		v.Upper = math.Min(v.Upper, worst*unit)
		again := slices.ContainsFunc(columns[:len(columns)-1], func(c []float64) bool { return slices.Equal(c, column) })
		if gap := v.Upper - v.Lower; gap < 1e-10*unit || again && gap < 1e-7*unit {
			v.Lower = math.Min(v.Lower, v.Upper) // they may cross by rounding
			return v, nil
		}
		sum := 0.0
		for k := range prior {
			prior[k] = math.Max(-s.Y[k], 0)
			sum += prior[k]
		}
		for k := range prior {
			prior[k] /= sum
		}
	}
	return v, fmt.Errorf("after %d steps the value of %d rounds is between %v and %v only", v.Steps, rounds, v.Lower, v.Upper)
}

// mixture minimises over weights of the columns the largest row of their mixture. The weights are made to add up to 1.
func mixture(columns [][]float64) (lp.Solution, error) {
	j, m := len(columns), len(columns[0])
	p := lp.Problem{C: make([]float64, j+1), A: make([]float64, (m+1)*(j+1)), B: make([]float64, m+1), Rel: make([]lp.Relation, m+1), Free: []int{j}}
	p.C[j] = 1
	for k := range m {
		for i, c := range columns {
			p.A[k*(j+1)+i] = c[k]
		}
		p.A[k*(j+1)+j] = -1
	}
	for i := range j {
		p.A[m*(j+1)+i] = 1
	}
	p.B[m], p.Rel[m] = 1, lp.Equal
	s, err := lp.Solve(p)
	if err != nil {
		return s, err
	}
	sum := 0.0
	for _, x := range s.X[:j] {
		sum += x
	}
	for i := range j {
		s.X[i] /= sum
	}
	return s, nil
}

func (b *Bandit) check(rounds int, gamma float64) error {
	switch {
	case rounds < 1 || rounds > MaxRounds:
		return fmt.Errorf("%d rounds; allowed are 1 to %d", rounds, MaxRounds)
	case !(gamma > 0 && gamma <= 1):
		return fmt.Errorf("gamma %v; it is above 0 and at most 1", gamma)
	}
	return nil
}

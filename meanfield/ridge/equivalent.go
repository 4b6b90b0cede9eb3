package ridge

import (
	"math"

	"kac/internal/golden"
	"kac/internal/portable"
)

// Equivalent returns the deterministic equivalent of the population risk of kernel ridge regression with n samples (any
// n > 0), ridge >= 0 added to the kernel's diagonal, and label noise of the given standard deviation:
//
//	eta_k = kap_k/N_k,   kappa:  sum_k N_k L_k + ridge/kappa = n,   L_k = eta_k/(eta_k + kappa),
//	E = n (sum_k h_k^2 (1-L_k)^2 + noise^2) / (n - sum_k N_k L_k^2),
//	risk_k = h_k^2 (1-L_k)^2 + N_k L_k^2 E/n.
//
// Ridge 0 and n >= N, the kernel's rank: risk_k = N_k noise^2/(n-N), infinite at n = N. Without noise that is 0 from n
// = N on. Source: Bordelon, Canatar, Pehlevan, ICML 2020, eq. 10 and 11; Simon et al., TMLR 2023, eq. 5 to 8. Against
// exact means over q its error is .1 % at d = 16, n = 256, and 1.7 % at d = 10, n = 316
// (TestEquivalentsAgainstMeansOverTargets).
func (p *Problem) Equivalent(k Kernel, n, ridge, noise float64) Risk {
	parts := make([]float64, len(p.terms))
	rank := p.Rank(k)
	if ridge == 0 && n >= rank {
		disturbed := noise * noise
		for i, t := range p.terms {
			if k.Weights[i] == 0 { // never learned: it is noise to the others
				parts[i] = t.Target * t.Target
				disturbed += parts[i]
			}
		}
		for i, w := range k.Weights {
			if w > 0 && disturbed > 0 {
				parts[i] = p.mult[i] * disturbed / (n - rank)
			}
		}
		return riskOf(parts)
	}
	kappa := p.Kappa(k, n, ridge)
	bias, spare := noise*noise, ridge/kappa // spare = n - sum N_k L_k^2 without its cancellation
	learned := make([]float64, len(parts))
	for i, t := range p.terms {
		eta := k.Weights[i] / p.mult[i]
		learned[i] = eta / (eta + kappa)
		missing := kappa / (eta + kappa) // 1 - L_k
		parts[i] = t.Target * t.Target * missing * missing
		bias += parts[i]
		spare += p.mult[i] * learned[i] * missing
	}
	for i := range parts {
		parts[i] += p.mult[i] * learned[i] * learned[i] * bias / spare
	}
	return riskOf(parts)
}

// Kappa returns the root kappa of sum_k N_k L_k + ridge/kappa = n for n > 0, and n < N where ridge is 0, to a few units
// in the last place: Newton's method in log kappa within a bracket that bisection narrows. Brackets: L_k <= eta_k/kappa
// gives kappa <= (sum kap_k + ridge)/n, L_k >= 0 gives kappa >= ridge/n, and N - n <= N kappa/min eta_k the other lower
// end.
func (p *Problem) Kappa(k Kernel, n, ridge float64) float64 {
	trace, least, rank := 0.0, math.Inf(1), p.Rank(k)
	for i, w := range k.Weights {
		if w > 0 {
			trace += w
			least = min(least, w/p.mult[i])
		}
	}
	low := math.Log(max(ridge/n, (rank-n)/rank*least)) - 1e-12
	high := math.Log((trace+ridge)/n) + 1e-12
	u := high
	for range 200 {
		kappa := portable.Exp(u)
		value, slope := ridge/kappa, -ridge/kappa
		for i, w := range k.Weights {
			if w > 0 {
				eta := w / p.mult[i]
				l := eta / (eta + kappa)
				value += p.mult[i] * l
				slope -= p.mult[i] * l * (kappa / (eta + kappa))
			}
		}
		if value > n {
			low = u
		} else {
			high = u
		}
		next := u - (value-n)/slope
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-u) <= 1e-15*max(1, math.Abs(u)) {
			return portable.Exp(next)
		}
		u = next
	}
	return portable.Exp(u)
}

// ridgesTried spans all ridges that matter for kernels with K(x, x) near 1.
const ridgesTried = 121

// BestRidge returns the ridge of least equivalent risk, by a grid of ratio 10^.1 from 1e-9 to 1e3, then golden sections
// to six digits. Without noise it is 0: of what cannot be learned yet, the high degrees are a ridge for the low ones.
func (p *Problem) BestRidge(k Kernel, n, noise float64) float64 {
	at := func(log float64) float64 { return p.Equivalent(k, n, portable.Pow(10, log), noise).Total }
	best, where := math.Inf(1), 0.0
	for i := range ridgesTried {
		log := -9 + float64(i)/10
		if r := at(log); r < best {
			best, where = r, log
		}
	}
	log, least, _ := golden.Section(func(log float64) (float64, error) { return at(log), nil }, where-.1, where+.1, 1e-6, 0)
	if none := p.Equivalent(k, n, 0, noise).Total; none <= least {
		return 0
	}
	return portable.Pow(10, log)
}

// Crossing returns the least n at which risk(n) falls to level, to ten digits, by a search over n in ratios of 2^(1/8)
// from from to to and then bisection of log n; ok is false if it does not fall that far. It is from where the risk is
// there already.
func Crossing(risk func(n float64) float64, level, from, to float64) (n float64, ok bool) {
	if risk(from) <= level {
		return from, true
	}
	low := math.Log(from)
	for end := math.Log(to); low < end; low += math.Ln2 / 8 {
		high := min(low+math.Ln2/8, end)
		if !(risk(portable.Exp(high)) <= level) {
			continue
		}
		for a, b := low, high; ; {
			mid := (a + b) / 2
			if !(a < mid && mid < b) || b-a < 1e-11 {
				return portable.Exp(b), true
			}
			if risk(portable.Exp(mid)) <= level {
				b = mid
			} else {
				a = mid
			}
		}
	}
	return math.NaN(), false
}

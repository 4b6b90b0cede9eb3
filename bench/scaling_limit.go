package bench

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"kac/particles"
)

// limitTime is the asymptote of T(delta), the first paper time with risk <= delta^2, as d -> infinity with a target h_k learnt by
// h_k, k even; NaN for other problems. A particle that has not escaped has alpha = z/sqrt(d), z standard normal at t = 0, and to
// leading order only the coefficient of h_k(x_1) that is left, the share P(|Z| < z*) of those not escaped, drives it:
//
//	dz/dt = k d^{-(k-2)/2} z^{k-1} P(|Z| < z*(t))
//	T     ~ d^{(k-2)/2} int_{z*}^inf z^{1-k} / (k P(|Z| < z)) dz,      P(|Z| < z*) = delta
//
// The next order is the repulsion among particles that have not escaped: no force as long as their law is uniform, and towards the
// poles once the largest |z| are missing. For k = 6 it is 15/(d z^4) of the drive, for k = 4 it is 3/(d z^2), so that the
// asymptote is near only for d >> 15/z*^4 and 3/z*^2.
func limitTime(p *particles.Problem, delta float64) float64 {
	k := p.Activation().Degree()
	if k < 4 || k%2 == 1 || p.Rank() != 1 || !(delta > 0 && delta < 1) {
		return math.NaN()
	}
	for j := range k + 1 {
		want := 0.0
		if j == k {
			want = 1
		}
		if p.Activation().Coefficient(j) != want || p.Link().Coefficient(j) != want {
			return math.NaN()
		}
	}
	if p.Link().Degree() != k {
		return math.NaN()
	}
	from := distuv.UnitNormal.Quantile((1 + delta) / 2)
	// In log z the integrand is smooth and falls off like z^{2-k}.
	f := func(x float64) float64 {
		z := math.Exp(x)
		return math.Pow(z, float64(2-k)) / (float64(k) * math.Erf(z/math.Sqrt2))
	}
	return math.Pow(float64(p.Dim()), float64(k-2)/2) * quad.Fixed(f, math.Log(from), math.Log(from)+40/float64(k-2), 100, quad.Legendre{}, 0)
}

package theory

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"

	"kac/internal/portable"
	"kac/particles"
)

// limitTime is the asymptote of T(delta), the first paper time with risk <= delta^2, as d -> infinity with a target h_k
// learnt by h_k, k even; NaN for other problems. A particle that has not escaped has alpha = z/sqrt(d), z standard
// normal at t = 0, and to leading order only the coefficient of h_k(x_1) that is left, the share P(|Z| < z*) of those
// not escaped, drives it:
//
//	dz/dt = k d^{-(k-2)/2} z^{k-1} P(|Z| < z*(t))
//	T     ~ d^{(k-2)/2} int_{z*}^inf z^{1-k} / (k P(|Z| < z)) dz,      P(|Z| < z*) = delta
//
// The next order is in nextOrderTime; the asymptote is near only for d >> (k-1)!!/z*^(k-2).
func limitTime(p particles.Expectations, delta float64) float64 {
	k := matched(p)
	if k == 0 || !(delta > 0 && delta < 1) {
		return math.NaN()
	}
	from := distuv.UnitNormal.Quantile((1 + delta) / 2)
	// In log z the integrand is smooth and falls off like z^{2-k}.
	f := func(x float64) float64 {
		z := portable.Exp(x)
		return portable.Pow(z, float64(2-k)) / (float64(k) * portable.Erf(z/math.Sqrt2))
	}
	return portable.Pow(float64(p.Dim()), float64(k-2)/2) * quad.Fixed(f, math.Log(from), math.Log(from)+40/float64(k-2), 100, quad.Legendre{}, 0)
}

// matched is k for a target h_k learnt by h_k, k >= 4 even, and 0 for other problems.
func matched(p particles.Expectations) int {
	k := p.Activation().Degree()
	link, _ := p.Task().Link()
	if k < 4 || k%2 == 1 || p.Rank() != 1 || link.Degree() != k {
		return 0
	}
	for j := range k + 1 {
		want := 0.0
		if j == k {
			want = 1
		}
		if p.Activation().Coefficient(j) != want || link.Coefficient(j) != want {
			return 0
		}
	}
	return k
}

// Particles of nextOrderTime, and the share of the way to the pole beyond which they count as there.
const (
	nextOrderParticles = 600
	nextOrderEscaped   = 0.8
)

// nextOrderTime is T(delta) with the next orders in 1/d of limitTime's equation, for the same problems. Particles that
// have not escaped repel each other: as long as their law is uniform these forces cancel, and once the largest |z| are
// missing what is left is flattened and drives itself towards the poles. With P, M2, M4 the mass and the moments E z^2,
// E z^4 of those not escaped, alpha = z/sqrt(d),
//
//	d^{(k-2)/2} dz/dt = (1 - alpha^2) [k P z^{k-1} + (k (k-1)!!/d) z (P - M2) + (4 C(k,4) (k-5)!!/d^2) z^3 (3P - M4)]
//
// from the terms of K(alpha, alpha') with the fewest alpha alpha'. Where T's slope is not yet (k-2)/2, this tells
// whether the second and third term are why.
func nextOrderTime(p particles.Expectations, delta float64) float64 {
	k := matched(p)
	if k == 0 || !(delta > 0 && delta < 1) {
		return math.NaN()
	}
	d, power := float64(p.Dim()), float64(k-1)
	second := float64(k*oddFactorial(k-1)) / d
	third := float64(k*(k-1)*(k-2)*(k-3)/6*oddFactorial(k-5)) / (d * d)
	const n = nextOrderParticles
	z := make([]float64, n) // quantiles of |Z|, ascending: they keep their order, and escape from the end
	for i := range z {
		z[i] = math.Sqrt2 * math.Erfinv((float64(i)+.5)/n)
	}
	var rate [4][]float64
	for i := range rate {
		rate[i] = make([]float64, n)
	}
	moved := make([]float64, n)
	rates := func(x, out []float64) {
		mass, m2, m4 := float64(len(x))/n, 0.0, 0.0
		for _, v := range x {
			m2 += v * v / n
			m4 += v * v * v * v / n
		}
		for i, v := range x {
			out[i] = (1 - v*v/d) * (float64(k)*mass*portable.Pow(v, power) + second*v*(mass-m2) + third*v*v*v*(3*mass-m4))
		}
	}
	escaped := make([]float64, n)
	time, left := 0.0, n
	for left > 0 && (float64(left)+.5)/n > delta { // until the first particle below the quantile delta is gone
		x := z[:left]
		rates(x, rate[0][:left])
		fastest := 0.0
		for i, v := range x {
			fastest = math.Max(fastest, math.Abs(rate[0][i])/v)
		}
		h := .05 / fastest
		for s, c := range []float64{.5, .5, 1} {
			for i, v := range x {
				moved[i] = v + c*h*rate[s][i]
			}
			rates(moved[:left], rate[s+1][:left])
		}
		for i := range x {
			x[i] += h / 6 * (rate[0][i] + 2*rate[1][i] + 2*rate[2][i] + rate[3][i])
		}
		time += h
		for left > 0 && z[left-1] > nextOrderEscaped*math.Sqrt(d) {
			left--
			escaped[left] = time
		}
	}
	// The last to escape stands at the quantile (left+1/2)/n <= delta, the one before above.
	T := time
	if left+1 < n && escaped[left+1] > 0 {
		share := delta*n - (float64(left) + .5)
		T = portable.Exp((1-share)*math.Log(escaped[left]) + share*math.Log(escaped[left+1]))
	}
	return portable.Pow(d, float64(k-2)/2) * T
}

// oddFactorial is n!! for odd n, 1 for n < 1.
func oddFactorial(n int) int {
	product := 1
	for ; n > 1; n -= 2 {
		product *= n
	}
	return product
}

package main

import (
	"math"
	"math/big"
)

// Polynomials are fitted here, in 300-bit arithmetic, by interpolation at Chebyshev nodes: within a factor of about
// log(degree) of the best possible error, and the same on every machine.
const precision = 300

func bf(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func zero() *big.Float { return new(big.Float).SetPrec(precision) }

func mul(x, y *big.Float) *big.Float { return zero().Mul(x, y) }
func add(x, y *big.Float) *big.Float { return zero().Add(x, y) }
func sub(x, y *big.Float) *big.Float { return zero().Sub(x, y) }
func div(x, y *big.Float) *big.Float { return zero().Quo(x, y) }

// series sums term(0) + term(1) + ... until terms vanish.
func series(term func(k int) *big.Float) *big.Float {
	sum := zero()
	for k := 0; k < 2000; k++ {
		t := term(k)
		sum.Add(sum, t)
		if k > 10 && (t.Sign() == 0 || sum.Sign() != 0 && t.MantExp(nil) < sum.MantExp(nil)-precision) {
			break
		}
	}
	return sum
}

func bigExp(x *big.Float) *big.Float {
	if x.MantExp(nil) > 0 { // halve large arguments: e^x = (e^(x/2))^2
		h := bigExp(div(x, bf(2)))
		return mul(h, h)
	}
	t := bf(1)
	return series(func(k int) *big.Float {
		if k > 0 {
			t = div(mul(t, x), bf(float64(k)))
		}
		return t
	})
}

// bigLog2 is ln 2 = 2 atanh(1/3).
func bigLog2() *big.Float { return mul(bf(2), bigAtanh(div(bf(1), bf(3)))) }

func bigAtanh(x *big.Float) *big.Float {
	p, x2 := x, mul(x, x)
	return series(func(k int) *big.Float {
		if k > 0 {
			p = mul(p, x2)
		}
		return div(p, bf(float64(2*k+1)))
	})
}

func bigPi() *big.Float { // Machin: 16 atan(1/5) - 4 atan(1/239)
	atan := func(n float64) *big.Float {
		x := div(bf(1), bf(n))
		p, x2 := x, mul(x, x)
		return series(func(k int) *big.Float {
			if k > 0 {
				p = zero().Neg(mul(p, x2))
			}
			return div(p, bf(float64(2*k+1)))
		})
	}
	return sub(mul(bf(16), atan(5)), mul(bf(4), atan(239)))
}

// bigErf is 2/sqrt(pi) e^(-x^2) sum_k 2^k x^(2k+1)/(2k+1)!!, whose terms are all positive.
func bigErf(x *big.Float) *big.Float {
	x2 := mul(mul(x, x), bf(2))
	t := x
	s := series(func(k int) *big.Float {
		if k > 0 {
			t = div(mul(t, x2), bf(float64(2*k+1)))
		}
		return t
	})
	c := div(bf(2), zero().Sqrt(bigPi()))
	return mul(mul(c, bigExp(zero().Neg(mul(x, x)))), s)
}

// fit returns the polynomial of the given degree that interpolates f on [a, b], constant term first.
func fit(f func(x *big.Float) *big.Float, a, b float64, degree int) []float64 {
	n := degree + 1
	xs, ys := make([]*big.Float, n), make([]*big.Float, n)
	for i := range n {
		// A node need not be a Chebyshev node to more than float64.
		xs[i] = bf((a+b)/2 + (b-a)/2*math.Cos(math.Pi*(float64(i)+.5)/float64(n)))
		ys[i] = f(xs[i])
	}
	for k := 1; k < n; k++ { // divided differences
		for i := n - 1; i >= k; i-- {
			ys[i] = div(sub(ys[i], ys[i-1]), sub(xs[i], xs[i-k]))
		}
	}
	poly := []*big.Float{ys[n-1]}
	for k := n - 2; k >= 0; k-- { // poly = poly (x - x_k) + y_k
		next := make([]*big.Float, len(poly)+1)
		for i := range next {
			next[i] = zero()
		}
		for i, c := range poly {
			next[i+1].Add(next[i+1], c)
			next[i].Sub(next[i], mul(c, xs[k]))
		}
		next[0].Add(next[0], ys[k])
		poly = next
	}
	out := make([]float64, n)
	for i, c := range poly {
		out[i], _ = c.Float64()
	}
	return out
}

// bigAsin is sum_k C(2k,k) x^(2k+1)/(4^k (2k+1)), for |x| <= 1/2.
func bigAsin(x *big.Float) *big.Float {
	p, x2 := x, mul(x, x)
	return series(func(k int) *big.Float {
		if k > 0 {
			p = div(mul(mul(p, x2), bf(float64(2*k-1))), bf(float64(2*k)))
		}
		return div(p, bf(float64(2*k+1)))
	})
}

// asinFit approximates (asin(x)/x - 1)/x^2 in t = x^2, for |x| <= 1/2.
func asinFit(degree int) []float64 {
	return fit(func(t *big.Float) *big.Float {
		x := zero().Sqrt(t)
		return div(sub(div(bigAsin(x), x), bf(1)), t)
	}, 1e-9, .25, degree)
}

// expm1Fit approximates (e^r - 1 - r)/r^2 on |r| <= ln2/2 and a little more.
func expm1Fit(degree int) []float64 {
	return fit(func(r *big.Float) *big.Float {
		return div(sub(sub(bigExp(r), bf(1)), r), mul(r, r))
	}, -0.347, 0.347, degree)
}

// log1pFit approximates log(1+e)/e for e from 0 to 1, by log(1+e) = 2 atanh(e/(2+e)).
func log1pFit(degree int) []float64 {
	return fit(func(e *big.Float) *big.Float {
		return div(mul(bf(2), bigAtanh(div(e, add(bf(2), e)))), e)
	}, 0, 1, degree)
}

// atanhFit approximates (atanh(s)/s - 1)/s^2 in t = s^2, for |s| <= 1/3.
func atanhFit(degree int) []float64 {
	return fit(func(t *big.Float) *big.Float {
		s := zero().Sqrt(t)
		return div(sub(div(bigAtanh(s), s), bf(1)), t)
	}, 1e-9, 1./9, degree)
}

// tanhFit approximates (tanh(x)/x - 1)/x^2 in t = x^2, for |x| <= top.
func tanhFit(top float64, degree int) []float64 {
	return fit(func(t *big.Float) *big.Float {
		x := zero().Sqrt(t)
		e := bigExp(mul(bf(2), x))
		tanh := div(sub(e, bf(1)), add(e, bf(1)))
		return div(sub(div(tanh, x), bf(1)), t)
	}, 1e-9, top*top, degree)
}

// erfFit approximates erf(x)/x - 1 in t = x^2, for |x| <= 1.
func erfFit(degree int) []float64 {
	return fit(func(t *big.Float) *big.Float {
		x := zero().Sqrt(t)
		return sub(div(bigErf(x), x), bf(1))
	}, 1e-9, 1, degree)
}

// erfcxFit approximates e^(x^2) erfc(x) (x + 2) in v = (x - 2.5)/(x + 2), for x from lo to hi.
func erfcxFit(lo, hi float64, degree int) []float64 {
	v := func(x float64) float64 { return (x - erfcxCentre) / (x + erfcxShift) }
	return fit(func(v *big.Float) *big.Float {
		// x = (centre + shift v)/(1 - v)
		x := div(add(bf(erfcxCentre), mul(bf(erfcxShift), v)), sub(bf(1), v))
		erfc := sub(bf(1), bigErf(x))
		return mul(mul(bigExp(mul(x, x)), erfc), add(x, bf(erfcxShift)))
	}, v(lo), v(hi), degree)
}

const (
	erfcxCentre = 2.5
	erfcxShift  = 2
)

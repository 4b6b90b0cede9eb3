package main

import "math"

// wanted says which of the results a body shall compute.
type wanted struct{ v, d1, d2 bool }

// result registers of a body.
type result struct{ v, d1, d2 string }

// tanh: with e = e^(-2|z|) and N = 1 - e, |tanh| = N/(1 + e) and tanh' = e (1 + |tanh|)^2, both without cancellation:
// some 3 ULP.
func (m *vectorMath) tanh(z string, want wanted) result {
	x, p, s, t := m.reg(), m.reg(), m.reg(), m.reg()
	m.minusAbs(z, 2, x)
	m.expNegative(x, p, s)
	m.mov(s, x)
	m.fma231(s, p, x) // x = e = s + s p
	m.load(m.c(1), t)
	m.sub(s, t, t)     // t = 1 - s
	m.fnma213(t, s, p) // p = N = 1 - s - s p
	m.add(m.c(1), x, t)
	m.div(t, p, t) // |tanh|
	var out result
	if want.d1 || want.d2 {
		m.add(m.c(1), t, p)
		m.mul(p, p, p)
		m.mul(x, p, p)
		out.d1 = p
	}
	m.and(m.signMask(), z, s)
	m.or(s, t, t)
	out.v = t
	if want.d2 {
		m.mul(t, p, s)
		m.mul(m.c(-2), s, s)
		out.d2 = s
		m.done(x)
	} else {
		m.done(x, s)
	}
	return out
}

// tanhPrecise: an odd polynomial up to 0.55, beyond it 1 - 2e/(1+e), whose error is mostly that of the last
// subtraction.
func (m *vectorMath) tanhPrecise(z string) string {
	const small = .55
	x, p, s, t := m.reg(), m.reg(), m.reg(), m.reg()
	m.minusAbs(z, 2, x)
	m.expNegative(x, p, s)
	m.fma213(s, s, p) // e
	m.add(m.c(1), p, t)
	m.mul(m.c(-2), p, p)
	m.div(t, p, p)
	m.add(m.c(1), p, p)
	m.and(m.absMask(), z, x)
	m.load(m.c(small), t)
	m.minPassing(x, t, s)
	m.mul(s, s, s)
	degree := 11
	if m.typ.bytes == 4 {
		degree = 5
	}
	q := m.reg()
	m.poly(tanhFit(small, degree), s, q)
	m.mul(s, q, q)
	m.fma213(x, x, q)
	mask := s
	m.selectLess(x, t, q, p, mask)
	m.and(m.signMask(), z, t)
	m.or(t, p, p)
	m.done(x, s, t, q)
	return p
}

// sigmoid: with e = e^-|z|, q = 1/(1+e): sigma = q or e q by the sign of z, sigma' = e q^2, d2sigma = sigma' q (e-1)
// sign(z).
func (m *vectorMath) sigmoid(z string, want wanted) result {
	out, e := m.logistic(z, want)
	m.done(e)
	return out
}

// logistic is sigmoid, and e.
func (m *vectorMath) logistic(z string, want wanted) (out result, e string) {
	x, e, t := m.reg(), m.reg(), m.reg()
	m.minusAbs(z, 1, x)
	m.expNegative(x, e, t)
	m.fma213(t, t, e)
	m.add(m.c(1), e, x) // 1 + e
	q := t
	m.load(m.c(1), q)
	if !want.d1 && !want.d2 {
		m.selectNegative(z, e, q)
		m.div(x, q, q)
		m.done(x)
		return result{v: q}, e
	}
	m.div(x, q, q)
	m.mul(e, q, x) // e q
	d1 := m.reg()
	m.mul(x, q, d1)
	out.d1 = d1
	if want.d2 {
		d2 := m.reg()
		m.sub(m.c(1), e, d2) // e - 1
		m.mul(q, d2, d2)
		m.mul(d1, d2, d2)
		sign := m.reg()
		m.and(m.signMask(), z, sign)
		m.xor(sign, d2, d2)
		m.done(sign)
		out.d2 = d2
	}
	m.selectNegative(z, x, q)
	m.done(x)
	out.v = q
	return out, e
}

// softplus(z) = max(z, 0) + log(1 + e^-|u|)/temperature, u = temperature z; derivatives are the sigmoid's at u.
// Parameters: (AX) temperature, its inverse behind it.
func (m *vectorMath) softplus(z string, want wanted) result {
	u := m.reg()
	m.op("%s (AX), %s", m.typ.bcast, u)
	m.mul(z, u, u)
	out, e := m.logistic(u, wanted{d1: want.d2})
	if want.d2 {
		m.op("%s (AX), %s", m.typ.bcast, u)
		m.mul(u, out.d1, out.d1)
		out.d2 = out.d1
	}
	out.d1 = out.v
	if want.v {
		out.v = m.log1p(e)
		m.load(m.c(0), e)
		m.maxPassing(z, e, e)
		m.op("%s %d(AX), %s", m.typ.bcast, m.typ.bytes, u)
		m.fma213(e, u, out.v)
	}
	m.done(u, e)
	return out
}

// log1p is log(1+e) for e in [0, 1], with the relative accuracy of a small e: in float32 e times a polynomial; in
// float64, where that would be of degree 20, 2 atanh s, s = e/(2+e) up to 1/3. e is consumed.
func (m *vectorMath) log1p(e string) string {
	p := m.reg()
	if m.typ.bytes == 4 {
		m.poly(log1pFit(9), e, p)
		m.mul(e, p, p)
		return p
	}
	square := m.reg()
	m.add(m.c(2), e, p)
	m.div(p, e, e)
	m.mul(e, e, square)
	m.add(e, e, e)
	m.poly(atanhFit(9), square, p)
	m.mul(square, p, p)
	m.fma213(e, e, p)
	m.done(square)
	return p
}

// expMinusSquare sets to = e^(-z^2/h), h = 1 or 2, with the square's rounding error put back.
func (m *vectorMath) expMinusSquare(z string, half bool, to string) {
	sq, lo, x := m.reg(), m.reg(), m.reg()
	c := 1.0
	if half {
		c = .5
	}
	m.and(m.absMask(), z, x)
	m.load(m.c(m.widest()), lo)
	m.minPassing(x, lo, x) // squares stay finite, and e^-x^2 is 0 there
	m.mul(x, x, sq)
	m.mov(x, lo)
	m.fms213(sq, x, lo) // lo = x^2 - sq
	m.mul(m.c(-c), sq, sq)
	m.mul(m.c(-c), lo, lo)
	low := x
	m.load(m.c(m.floor()), low)
	m.maxPassing(sq, low, sq)
	m.expNegative(sq, to, x)
	m.fma213(x, x, to)
	m.fma213(to, lo, to) // e^sq (1 + lo)
	m.done(sq, lo, x)
}

func (m *vectorMath) widest() float64 {
	if m.typ.bytes == 8 {
		return 40
	}
	return 16
}

// erfOf sets v = erf(z) given e = e^(-z^2): a polynomial in z^2 up to 1, then 1 - e^(-z^2) R(z) with R = e^(z^2)
// erfc(z).
func (m *vectorMath) erfOf(z, e, v string) {
	small, large, hi, smallDegree := 1.0, 6.0, 20, 13
	if m.typ.bytes == 4 {
		large, hi, smallDegree = 4.0, 8, 6
	}
	x, t, p := m.reg(), m.reg(), m.reg()
	m.and(m.absMask(), z, x)
	m.load(m.c(large), t)
	m.minPassing(x, t, x)
	m.add(m.c(erfcxShift), x, t)
	m.sub(m.c(erfcxCentre), x, p)
	m.div(t, p, p) // the fit's variable
	r := m.reg()
	m.poly(erfcxFit(small, large, hi), p, r)
	m.div(t, r, r)
	m.load(m.c(1), p)
	m.fnma231(e, r, p) // 1 - e R
	m.mul(x, x, t)
	m.poly(erfFit(smallDegree), t, r)
	m.fma213(x, x, r) // x + x P
	m.load(m.c(small), t)
	mask := m.reg()
	m.selectLess(x, t, r, p, mask)
	m.and(m.signMask(), z, t)
	m.or(t, p, v)
	m.done(x, t, p, r, mask)
}

func (m *vectorMath) erf(z string, want wanted) result {
	e, v := m.reg(), m.reg()
	m.expMinusSquare(z, false, e)
	m.erfOf(z, e, v)
	out := result{v: v}
	if want.d1 || want.d2 {
		m.mul(m.c(2/math.SqrtPi), e, e)
		out.d1 = e
	} else {
		m.done(e)
	}
	if want.d2 {
		out.d2 = m.reg()
		m.boundedTimes(z, e, out.d2)
		m.mul(m.c(-2), out.d2, out.d2)
	}
	return out
}

// boundedTimes sets to = z e with |z| limited, so that an infinite z times an e of 0 is 0.
func (m *vectorMath) boundedTimes(z, e, to string) {
	b := m.reg()
	m.load(m.c(m.widest()), b)
	m.minPassing(z, b, to)
	m.load(m.c(-m.widest()), b)
	m.maxPassing(to, b, to)
	m.mul(e, to, to)
	m.done(b)
}

// gelu: Phi = (1 + erf(z/sqrt 2))/2, phi = e^(-z^2/2)/sqrt(2 pi): z Phi, Phi + z phi, phi (2 - z^2).
func (m *vectorMath) gelu(z string, want wanted) result {
	e, v, s := m.reg(), m.reg(), m.reg()
	m.expMinusSquare(z, true, e)
	m.mul(m.c(1/math.Sqrt2), z, s)
	m.erfOf(s, e, v)
	m.mul(m.c(.5), v, v)
	m.add(m.c(.5), v, v) // Phi
	m.mul(m.c(1/math.Sqrt(2*math.Pi)), e, e)
	m.boundedTimes(z, e, s) // z phi
	out := result{}
	if want.d2 {
		out.d2 = m.reg()
		t := m.reg()
		m.boundedTimes(z, s, t)
		m.add(e, e, out.d2)
		m.sub(t, out.d2, out.d2)
		m.done(t)
	}
	m.add(v, s, s)
	out.d1 = s
	// -infinity times a Phi of 0 is NaN where 0 is meant: a lower limit far in the zero range.
	low := m.reg()
	m.load(m.c(-m.widest()), low)
	m.maxPassing(z, low, low)
	m.mul(low, v, v)
	m.done(low, e)
	out.v = v
	return out
}

// exp is e^x over the whole range: 0 below, infinity above.
func (m *vectorMath) exp(z string) string {
	x, p := m.reg(), m.reg()
	m.load(m.c(m.lowest()), p)
	m.maxPassing(z, p, x)
	top := 710.0
	if m.typ.bytes == 4 {
		top = 89.0
	}
	m.load(m.c(top), p)
	m.minPassing(x, p, x)
	m.expParts(x, p)
	m.add(m.c(1), p, p)
	m.scale(p, x, p)
	m.done(x)
	return p
}

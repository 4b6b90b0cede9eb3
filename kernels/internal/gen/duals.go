package main

import "math"

// asin prepares asin and acos of a = |z| <= 1: r = asin(x), where x = a up to 1/2 and x = sqrt((1-a)/2) beyond, with
// acos(a) = 2 asin(sqrt((1-a)/2)) there. small is 1/2 in a register.
func (m *vectorMath) asin(a string) (r, small string) {
	t, x, mask := m.reg(), m.reg(), m.reg()
	r, small = m.reg(), m.reg()
	m.load(m.c(.5), small)
	m.load(m.c(1), t)
	m.sub(a, t, t)
	m.mul(small, t, t) // (1-a)/2
	m.sqrt(t, x)
	m.selectLess(a, small, a, x, mask)
	m.mul(x, x, r)
	m.selectLess(a, small, r, t, mask)
	degree := 12
	if m.typ.bytes == 4 {
		degree = 5
	}
	m.poly(asinFit(degree), t, r)
	m.mul(t, r, r)
	m.fma213(x, x, r) // x + x t P(t)
	m.done(t, x, mask)
	return r, small
}

// reluDual: with angle = pi - acos z, 2 pi q = sqrt(1-z^2) + z angle, 2 pi q' = angle, 2 pi d2q = 1/sqrt(1-z^2). z
// beyond an end is taken for the end, where d2q is 0.
func (m *vectorMath) reluDual(z string, want wanted) result {
	a, t := m.reg(), m.reg()
	m.load(m.c(1), t)
	m.and(m.absMask(), z, a)
	m.minPassing(a, t, a)
	root := m.reg()
	m.add(m.c(1), a, root)
	m.sub(a, t, t)
	m.mul(t, root, root)
	m.sqrt(root, root) // of (1-a)(1+a)
	r, small := m.asin(a)
	// angle = pi/2 + asin z up to 1/2; beyond, 2r for negative z and pi - 2r for others.
	angle, sign, mask := m.reg(), m.reg(), m.reg()
	m.and(m.signMask(), z, sign)
	m.load(m.c(math.Pi), angle)
	m.load(m.c(0), t)
	m.selectNegative(z, t, angle)
	m.add(r, r, t)
	m.xor(sign, t, t)
	m.sub(t, angle, angle)
	m.xor(sign, r, r)
	m.add(m.c(math.Pi/2), r, r)
	m.selectLess(a, small, r, angle, mask)
	m.done(r, small, mask)
	out := result{d1: angle}
	if want.v {
		m.xor(sign, a, sign) // z within its ends
		m.fma213(root, angle, sign)
		m.mul(m.c(1/(2*math.Pi)), sign, sign)
		out.v = sign
	}
	m.mul(m.c(1/(2*math.Pi)), angle, angle)
	if want.d2 {
		m.load(m.c(1/(2*math.Pi)), t)
		m.div(root, t, root)
		last := 1 - 1e-15
		if m.typ.bytes == 4 {
			last = 1 - 0x1p-24
		}
		m.load(m.c(last), t)
		zero, beyond := m.reg(), m.reg()
		m.load(m.c(0), zero)
		m.selectLess(t, a, zero, root, beyond)
		m.done(zero, beyond)
		out.d2 = root
	} else {
		m.done(root)
	}
	m.done(a, t)
	return out
}

// erfDual: with u = 2z/3, q = (2/pi) asin u, q' = 4/(3 pi sqrt(1-u^2)), d2q = 8u/(9 pi sqrt(1-u^2)^3).
func (m *vectorMath) erfDual(z string, want wanted) result {
	u, a, root, t := m.reg(), m.reg(), m.reg(), m.reg()
	m.load(m.c(3), t)
	m.add(z, z, u)
	m.div(t, u, u)
	m.and(m.absMask(), u, a)
	m.load(m.c(1), t)
	m.add(m.c(1), a, root)
	m.sub(a, t, t)
	m.mul(t, root, root)
	m.sqrt(root, root)
	var out result
	if want.v {
		r, small := m.asin(a)
		angle, mask := m.reg(), m.reg()
		m.add(r, r, t)
		m.load(m.c(math.Pi/2), angle)
		m.sub(t, angle, angle)
		m.selectLess(a, small, r, angle, mask)
		m.and(m.signMask(), u, t)
		m.or(t, angle, angle)
		m.mul(m.c(2/math.Pi), angle, angle)
		m.done(r, small, mask)
		out.v = angle
	}
	d1 := a
	m.load(m.c(4/(3*math.Pi)), d1)
	m.div(root, d1, d1)
	out.d1 = d1
	if want.d2 {
		m.mul(root, root, t)
		m.mul(d1, u, u)
		m.div(t, u, u)
		m.mul(m.c(2./3), u, u)
		out.d2 = u
		m.done(root, t)
	} else {
		m.done(u, root, t)
	}
	return out
}

func (m *vectorMath) sqrt(a, to string) { m.op("%s %s, %s", m.p("VSQRT"), a, to) }

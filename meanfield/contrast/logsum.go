package contrast

import (
	"math"

	"kac/internal/portable"
	"kac/kernels"
)

// logSum is F = E log(y + sum of m-1 z), y = exp(N(e, v)) and z = exp(N(0, s)) independent, with its derivatives by e,
// v and s:
//
//	F = int (exp(-t) - f(t; e, v) f(t; 0, s)^(m-1)) dt/t
//
// by the trapezoid in log t, whose integrand is analytic in a strip of half-width pi/2. By the heat equation of f the
// derivatives by v and s are half the second ones by log t.
type logSum struct {
	y, z     lognormal
	ofY, ofZ laws
}

// rowsOf is how many rows of t are computed at a time.
const rowsOf = 12

func newLogSum(ws *kernels.Workspace[float64]) *logSum {
	return &logSum{y: lognormal{ws: ws}, z: lognormal{ws: ws}}
}

// eval needs m >= 2.
func (l *logSum) eval(g *grid, e, v, s, m float64) (f, fe, fv, fs float64) {
	l.y.set(g, e, v)
	l.z.set(g, 0, s)
	first, f, fe, fv, fs := l.start(g, m)
	a, b := &l.ofY, &l.ofZ
	for row := first; row+rowsOf <= len(g.instant); row += rowsOf {
		instant := g.instant[row : row+rowsOf]
		l.y.rows(a, instant)
		l.z.rows(b, instant)
		last := 0.0
		for i, t := range instant {
			y, z := a.f[i], b.f[i]
			logZ := math.Log(z)
			if b.lacks[i] < .5 {
				logZ = math.Log1p(-b.lacks[i])
			}
			power := 0.0 // z^(m-2)
			if z > 0 {
				power = portable.Exp((m - 2) * logZ)
			}
			tail := portable.Exp(-t)
			if (m-1)*b.lacks[i]+a.lacks[i] < .1 && t < .1 { // two numbers near 1
				f += math.Expm1(-t) - math.Expm1((m-1)*logZ+math.Log1p(-a.lacks[i]))
			} else {
				f += tail - y*z*power
			}
			// d/d log t of f is -f1, and the second derivative f2 - f1.
			fe += a.f1[i] * z * power
			fv += (a.f2[i] - a.f1[i]) * z * power
			fs += (m - 1) * y * (b.f2[i] - b.f1[i]) * power
			last = max(tail, (y+a.f1[i]+a.f2[i])*power*(1+m*(b.f1[i]+b.f2[i])))
		}
		if last < g.nothing {
			break
		}
	}
	return g.step * f, g.step * fe, -g.step * fv / 2, -g.step * fs / 2
}

// start is the first row to be summed, and the sums of all before it: there the integrands are polynomials of second
// degree in t to the grid's accuracy, and their sums geometric.
func (l *logSum) start(g *grid, m float64) (first int, f, fe, fv, fs float64) {
	y, y2, y3 := l.y.moments()
	z, z2, z3 := l.z.moments()
	k1, k2 := y+(m-1)*z, y2-y*y+(m-1)*(z2-z*z) // the cumulants of y + sum of z
	// What is left out is near t³ third/6.
	third := y3 + m*z3 + k1*k1*k1 + 3*k1*(k2+k1*k1)
	if math.IsInf(third, 0) || math.IsNaN(third) { // large weights: the rows begin where nothing is left
		return 0, 0, 0, 0, 0
	}
	first = int(math.Floor((-g.digits-math.Log(third))/(3*g.step))) + g.zero
	first = min(max(first, 0), len(g.instant)-rowsOf)
	t := g.instant[first]
	one, two := t/math.Expm1(g.step), t*t/math.Expm1(2*g.step)
	f = one*(k1-1) + two*(1-k2-k1*k1)/2
	fe = one*y - two*(y2+(m-1)*y*z)
	fv = -one*y + two*(2*y2+(m-1)*y*z)
	fs = (m - 1) * (-one*z + two*(2*z2+(m-2)*z*z+y*z))
	return first, f, fe, fv, fs
}

// moments are E y, E y², E y³ of the nodes.
func (l *lognormal) moments() (one, two, three float64) {
	y := l.largest
	return y * l.moment[1], 2 * y * y * l.moment[2], 6 * y * y * y * l.moment[3]
}

package xor

import (
	"math"

	"kac/internal/portable"
)

// rest is the law of one coordinate of x_3..x_d, uniform on the sphere of radius sqrt(D), D = d-2, that u_perp sees:
// S = c s with s sqrt(D) times a coordinate of S^(D-1).
//
//	g(b) = P(|s| < b sqrt D) = I_(b^2)(1/2, (D-1)/2)
//	T(b) = E[s; s > b sqrt D] = sqrt(D) K (1-b^2)^((D-1)/2)/(D-1),   K = Gamma(D/2)/(sqrt(pi) Gamma((D-1)/2))
//
// both tabulated, with their derivatives, for cubic Hermite interpolation: error below 1e-14, but for D < 8 near b = 1.
// For D = 2 and 3 they have a corner there and are in closed form: g = 2 asin(b)/pi, b; T = sqrt(2(1-b^2))/pi,
// sqrt(3) (1-b^2)/4.
type rest struct {
	dim, root float64 // D, its root
	slope     float64 // K/sqrt(D): the rate at which p of a new neuron grows
	scale     float64 // cells over b
	cells     []cell
}

// cell holds a cubic in the place within the cell: g, then T.
type cell struct{ g0, g1, g2, g3, t0, t1, t2, t3 float64 }

const restCells = 1 << 14

func newRest(dim int) *rest {
	d := float64(dim - 2)
	a, _ := math.Lgamma(d / 2)
	b, _ := math.Lgamma((d - 1) / 2)
	k := portable.Exp(a-b) / math.Sqrt(math.Pi)
	reach := math.Min(1, 12/math.Sqrt(d)) // beyond, g = 1 but for 1e-31
	r := &rest{dim: d, root: math.Sqrt(d), slope: k / math.Sqrt(d), scale: restCells / reach, cells: make([]cell, restCells)}
	h := reach / restCells
	x, w := gaussLegendre(5)
	at := func(b float64) (dg, t, dt float64) {
		left := math.Max((1-b)*(1+b), 0)
		power := portable.Pow(left, (d-3)/2)
		return 2 * k * power, r.root * k / (d - 1) * left * power, -r.root * k * b * power
	}
	g := 0.0
	dg, t, dt := at(0)
	low := 0.0 // angle
	for i := range r.cells {
		high := math.Asin(math.Min(float64(i+1)*h, 1))
		part := 0.0
		for j, z := range x {
			part += w[j] * portable.Pow(math.Cos((low+high)/2+(high-low)/2*z), d-2)
		}
		g1 := g + k*(high-low)*part
		low = high
		dg1, t1, dt1 := at(float64(i+1) * h)
		c := &r.cells[i]
		c.g0, c.g1, c.g2, c.g3 = hermite(g, g1, h*dg, h*dg1)
		c.t0, c.t1, c.t2, c.t3 = hermite(t, t1, h*dt, h*dt1)
		g, dg, t, dt = g1, dg1, t1, dt1
	}
	return r
}

// hermite is the cubic with values y0, y1 and slopes s0, s1 at 0 and 1.
func hermite(y0, y1, s0, s1 float64) (a, b, c, d float64) {
	return y0, s0, 3*(y1-y0) - 2*s0 - s1, 2*(y0-y1) + s0 + s1
}

// at returns g and T at b >= 0.
func (r *rest) at(b float64) (g, t float64) {
	u := b * r.scale
	if !(u < restCells) {
		return 1, 0
	}
	switch r.dim {
	case 2:
		return 2 / math.Pi * math.Asin(b), math.Sqrt(2*(1-b)*(1+b)) / math.Pi
	case 3:
		return b, math.Sqrt(3) * (1 - b) * (1 + b) / 4
	}
	i := int(u)
	c := &r.cells[i]
	u -= float64(i)
	return c.g0 + u*(c.g1+u*(c.g2+u*c.g3)), c.t0 + u*(c.t1+u*(c.t2+u*c.t3))
}

// quarter is sqrt(2)/4, the growth of a neuron on its own diagonal.
const quarter = math.Sqrt2 / 4

// gradient returns the derivatives of Psi in p, q and c, and Psi itself.
//
//	Psi_p = sqrt2/4 g(B_p),  Psi_q = -sqrt2/4 g(B_q),  Psi_c = (T(B_p) - T(B_q))/2,  B_p = sqrt2 p/(c sqrt D)
func (r *rest) gradient(p, q, c float64) (gp, gq, gc, psi float64) {
	k := math.Sqrt2 / (c * r.root)
	g1, t1 := r.at(p * k)
	g2, t2 := r.at(q * k)
	gp, gq, gc = quarter*g1, -quarter*g2, (t1-t2)/2
	return gp, gq, gc, p*gp + q*gq + c*gc
}

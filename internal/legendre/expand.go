package legendre

import (
	"math"

	"kac/internal/portable"
)

// Radii is a law of |x| by nodes and weights that sum to 1, for x in R^d whose law is invariant under rotations.
type Radii struct {
	Dim     int
	R, Mass []float64
}

// SphereRadii is x uniform on the sphere of radius sqrt d.
func SphereRadii(d int) Radii { return Radii{d, []float64{math.Sqrt(float64(d))}, []float64{1}} }

// GaussianRadii is x ~ N(0, I_d): |x| has density r^{d-1} e^{-r^2/2}, which the trapezoidal rule in log r integrates to
// rounding, its Fourier transform there being Gamma((d+iw)/2), and so it does its products with polynomials up to
// degree 64, whatever the scale on which functions of <w,x> vary: singularities at imaginary arguments are as far away
// as they can be.
func GaussianRadii(d int) Radii {
	const small = 42 // e^-42 of the largest weight is none
	n := float64(d)
	height := func(u float64) float64 { return n*u - portable.Exp(2*u)/2 }
	mode := math.Log(n) / 2
	step := math.Min(0.05, 0.65/math.Sqrt(2*(n+64)))
	first, last := mode, math.Log(math.Sqrt(n+64)+9)
	for height(mode)-height(first) < small {
		first -= step
	}
	g := Radii{Dim: d}
	total := 0.0
	for u := first; u <= last; u += step {
		w := portable.Exp(height(u) - height(mode))
		g.R, g.Mass, total = append(g.R, portable.Exp(u)), append(g.Mass, w), total+w
	}
	for i := range g.Mass {
		g.Mass[i] /= total
	}
	return g
}

// Expansion is a function of <w, x>, for unit w and x of the law of Radii, by its coefficients on spheres:
//
//	f(r z) = sum_l B[i][l] Pbar_l(z),   r = R[i],   Pbar_l = sqrt(N(d,l)) P_l
//
// orthonormal for z = <w, x>/|x|. For two functions f, g and unit w, w'
//
//	E f(<w,x>) g(<w',x>) = sum_l (sum_i Mass[i] B_f[i][l] B_g[i][l]) P_l(<w,w'>)
type Expansion struct {
	B      [][]float64
	Square float64 // E f(<w,x>)^2
}

// Expand returns the coefficients up to degree. Each is exact to some units of 1e-16 of the root of E f^2.
func (g Radii) Expand(p *Profile, degree int) *Expansion {
	e := &Expansion{B: make([][]float64, len(g.R))}
	ladder := newLadder(g.Dim, degree)
	for i, r := range g.R {
		square := 0.0
		e.B[i], square = ladder.expand(p, r)
		e.Square += float64(g.Mass[i] * square)
	}
	return e
}

// Product returns sum_i Mass[i] B_f[i][l] B_g[i][l] for every l.
func (g Radii) Product(f, h *Expansion) []float64 {
	out := make([]float64, len(f.B[0]))
	for i, m := range g.Mass {
		for l := range out {
			out[l] += float64(float64(m*f.B[i][l]) * h.B[i][l])
		}
	}
	return out
}

// ladder holds the recurrence of the orthonormal polynomials, z Pbar_l = a_{l+1} Pbar_{l+1} + a_l Pbar_{l-1},
// a_l^2 = l (l+d-3) / ((2l+d-2)(2l+d-4)).
type ladder struct {
	dim, degree int
	a, inverse  []float64
}

func newLadder(d, degree int) *ladder {
	l := &ladder{dim: d, degree: degree, a: make([]float64, degree+2), inverse: make([]float64, degree+2)}
	for k := 1; k < len(l.a); k++ {
		// For k = 1, d = 3 and on the factor 2k+d-4 is d-2 > 0.
		l.a[k] = math.Sqrt(float64(k) * float64(k+d-3) / (float64(2*k+d-2) * float64(2*k+d-4)))
		l.inverse[k] = 1 / l.a[k]
	}
	return l
}

// expand integrates over theta, z = sin theta, on the profile's intervals cut so finely that 16 nodes follow every
// Pbar_l and the weight.
func (l *ladder) expand(p *Profile, r float64) (b []float64, square float64) {
	b = make([]float64, l.degree+1)
	width := 12 / (float64(l.degree) + 15*math.Sqrt(float64(l.dim)) + 8)
	mass := 0.0
	z, u, v := make([]float64, 0, 4096), make([]float64, 0, 4096), make([]float64, 0, 4096)
	for i := 1; i < len(p.edges); i++ {
		lo, hi := math.Max(p.edges[i-1], -r), math.Min(p.edges[i], r)
		if !(lo < hi) {
			continue
		}
		from, to := math.Asin(lo/r), math.Asin(hi/r)
		parts := max(1, int(math.Ceil((to-from)/width)))
		for k := range parts {
			left, right := from+(to-from)*float64(k)/float64(parts), from+(to-from)*float64(k+1)/float64(parts)
			for n, x := range rule.x {
				s, c := math.Sincos((left+right)/2 + (right-left)/2*x)
				w := (right - left) / 2 * rule.w[n] * portable.Exp(float64(l.dim-2)*math.Log(c))
				mass += w
				f := p.f(r * s)
				square += float64(w * f * f)
				root := math.Sqrt(w)
				z, u, v = append(z, s), append(u, root), append(v, root*f)
			}
		}
	}
	l.sums(b, z, u, v)
	for k := range b {
		b[k] /= mass
	}
	return b, square / mass
}

// sums adds to b[l] the sums of v u Pbar_l(z), of a multiple of four points, whose chains of operations run side by
// side.
func (l *ladder) sums(b, z, u, v []float64) {
	down, inverse := l.a[:len(b)], l.inverse[1:len(b)+1]
	for i := 0; i+4 <= len(z); i += 4 {
		z0, z1, z2, z3 := z[i], z[i+1], z[i+2], z[i+3]
		v0, v1, v2, v3 := v[i], v[i+1], v[i+2], v[i+3]
		p0, p1, p2, p3 := u[i], u[i+1], u[i+2], u[i+3]
		var q0, q1, q2, q3 float64
		for k := range b {
			b[k] += float64(v0*p0) + float64(v1*p1) + (float64(v2*p2) + float64(v3*p3))
			d, x := down[k], inverse[k]
			p0, q0 = float64(float64(z0*p0)-float64(d*q0))*x, p0
			p1, q1 = float64(float64(z1*p1)-float64(d*q1))*x, p1
			p2, q2 = float64(float64(z2*p2)-float64(d*q2))*x, p2
			p3, q3 = float64(float64(z3*p3)-float64(d*q3))*x, p3
		}
	}
}

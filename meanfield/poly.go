package meanfield

import (
	"math"

	"kac/internal/portable"
	"kac/particles"
)

// polySize holds the coefficients of either part of a poly, up to the degree
// of F for the largest series and one more (the derivative of the odd part
// keeps its degree in z).
const polySize = particles.MaxDegree/2 + 2

// poly is a polynomial in a,
//
//	sum_{i<=n} even_i z^{n-i} e^i  +  a sum_{i<=o} odd_i z^{o-i} e^i,   z = a^2, e = 1 - z;
//
// n or o = -1 for a part that is missing.
type poly struct {
	n, o      int
	even, odd [polySize]float64
}

// eval sums both parts; z and e are given apart because 1 - z loses e's
// precision near the poles.
func (f *poly) eval(a, z, e float64) float64 {
	return bernstein(f.even[:f.n+1], z, e) + a*bernstein(f.odd[:f.o+1], z, e)
}

// bernstein is sum_i b_i z^{n-i} e^i in Horner's way, n+1 = len(b).
func bernstein(b []float64, z, e float64) float64 {
	if len(b) == 0 {
		return 0
	}
	v, p := b[0], 1.0
	for _, c := range b[1:] {
		p *= e
		v = v*z + c*p
	}
	return v
}

// derivative sets f = d src/da. For a part P(z), dP/dz has the coefficients
// (n-i) b_i - (i+1) b_{i+1} one degree lower; dP/da = 2a dP/dz, and
// d(aR)/da = R + 2z dR/dz.
func (f *poly) derivative(src *poly) {
	f.o = max(src.n-1, -1)
	for i := 0; i <= f.o; i++ {
		f.odd[i] = 2 * (float64(src.n-i)*src.even[i] - float64(i+1)*src.even[i+1])
	}
	f.n = src.o
	for i := 0; i <= f.n; i++ {
		d := 0.0
		if i < src.o {
			d = float64(src.o-i)*src.odd[i] - float64(i+1)*src.odd[i+1]
		}
		f.even[i] = src.odd[i] + 2*d
	}
}

// field holds the profiles of one time.
type field struct {
	kernel *kernel
	u      curve // U_t
	f      curve // F = G - U_t
	slope  curve // F'
	second curve // d2F
}

// set computes U, F and F' for the moments m.
func (fl *field) set(m []float64) {
	if fl.kernel.spectral != nil {
		fl.kernel.spectral.set(fl, m)
		return
	}
	fl.kernel.potential(&fl.u.poly, m)
	fl.kernel.drive(&fl.f.poly, &fl.u.poly)
	fl.slope.derivative(&fl.f.poly)
}

// curvature computes d2F too; set comes first.
func (fl *field) curvature() {
	if fl.kernel.spectral != nil {
		fl.kernel.spectral.curvature(fl)
		return
	}
	fl.second.derivative(&fl.slope.poly)
}

// position returns a = tanh(tau) and e = c^2 = sech(tau)^2, each to a few units
// in its own last place for every tau.
func position(tau float64) (a, e float64) {
	x := math.Abs(tau)
	if x < 0.625 {
		a = portable.Tanh(tau) // a short rational function in this range
		return a, (1 - a) * (1 + a)
	}
	y := portable.Exp(-2 * x)
	w := 1 / (1 + y)
	return math.Copysign((1-y)*w, tau), 4 * y * w * w
}

package meanfield

import (
	"kac/internal/ode"
	"kac/internal/portable"
	"kac/kernels"
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

// evalAll writes eval at all a.
func (f *poly) evalAll(out, a, e []float64) {
	out, e = out[:len(a)], e[:len(a)]
	if f.n < 0 && f.o == 1 { // the slope of a series of fourth degree
		b, c := f.odd[0], f.odd[1]
		for j, x := range a {
			out[j] = x * (float64(b*float64(x*x)) + float64(c*e[j]))
		}
		return
	}
	for j, x := range a {
		out[j] = f.eval(x, x*x, e[j])
	}
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

// position returns a = tanh(tau) and e = c^2 = sech(tau)^2, each to a few units in its own last place; e is 0 beyond
// |tau| = 354.
func position(tau float64) (a, e float64) { return portable.TanhSech(tau) }

// oneWorker is what positions and stages of one integration are computed with: kernels.TanhSech and Combine, whose bits
// are those of position and of package ode's own loop.
func oneWorker() *kernels.Workspace[float64] { return kernels.NewWorkspace[float64](1) }

// combineOn makes an integrator's stages with ws.
func combineOn(ws *kernels.Workspace[float64], o ode.Options) ode.Options {
	o.Combine = func(dst, y []float64, h float64, coef []float64, k [][]float64) {
		kernels.Combine(dst, y, h, coef, k, ws)
	}
	return o
}

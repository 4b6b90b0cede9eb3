package meanfield

import (
	"kac/internal/sphere"
	"kac/particles"
)

// kernel is the reduced interaction. With z = a^2, e = c^2 = 1 - z,
//
//	K(a, a') = sum_k c_k^2 sum_{j even} C(k,j) E[s^{k-j} on S^{r-1}] E[s^j on S^{d-r-1}] (a a')^{k-j} (c c')^j
//
// (docs/mathematics.md (3.2); for r = 1, a carries its sign and the first moment is 1)
// is a polynomial in a and in a', of low rank. In the basis
//
//	b(a) = (z^{n-i} e^i, i = 0..n; a z^{o-i} e^i, i = 0..o),
//
// Bernstein polynomials up to scale, which is stable on [0, 1] and in which all
// degrees of one parity share their entries (z + e = 1 raises a degree), it is
// K = b(a)^T Q b(a'). So everything about the law that matters is the vector of
// moments m = int b d mu_t, and the potential is U_t(a) = b(a)^T Q m.
type kernel struct {
	n, o    int       // degrees in z of the two parts; o = -1: no odd part
	rank    int       // n+1 + o+1
	q       []float64 // Q, rank x rank
	overlap []float64 // G = b^T overlap
	norm2   float64   // ||f*||^2

	spectral *spectral // in Legendre polynomials instead; then only rank and norm2 of the above are set
	endless  bool      // it is the beginning of an expansion that goes on
}

func newKernel(p particles.Expectations) *kernel {
	k := &kernel{n: 0, o: -1, norm2: p.TargetNorm2()}
	r, d := p.Rank(), p.Dim()
	dual := p.Dual().Coefficients()
	// The law of a stays symmetric without odd overlap: then odd moments vanish.
	keepOdd := r == 1 && !symmetric(p)
	for deg, c2 := range dual {
		switch {
		case c2 == 0:
		case deg%2 == 0:
			k.n = max(k.n, deg/2)
		case keepOdd:
			k.o = max(k.o, deg/2)
		}
	}
	k.rank = k.n + 1 + k.o + 1
	k.q = make([]float64, k.rank*k.rank)
	k.overlap = make([]float64, k.rank)
	v := make([]float64, k.rank)
	for deg, c2 := range dual {
		if c2 == 0 || deg%2 == 1 && !keepOdd {
			continue
		}
		for i := 0; 2*i <= deg; i++ {
			w := c2 * sphere.Binomial(deg, 2*i) * sphere.Moment(d-r, 2*i)
			if r > 1 {
				w *= sphere.Moment(r, deg-2*i)
			}
			k.raise(v, deg, i)
			for a, va := range v {
				for b, vb := range v {
					k.q[a*k.rank+b] += w * va * vb
				}
			}
		}
	}
	for deg, g := range radial(p) {
		if g == 0 || deg%2 == 1 && !keepOdd {
			continue
		}
		k.raise(v, deg, 0)
		for i := range v {
			k.overlap[i] += g * v[i]
		}
	}
	return k
}

// raise writes a^{deg-2i} e^i as coefficients in the basis:
// z^p e^i = z^p e^i (z+e)^s = sum_j C(s,j) z^{p+s-j} e^{i+j}.
func (k *kernel) raise(v []float64, deg, i int) {
	clear(v)
	part, top := v[:k.n+1], k.n
	if deg%2 == 1 {
		part, top = v[k.n+1:], k.o
	}
	s := top - deg/2
	for j := 0; j <= s; j++ {
		part[i+j] = sphere.Binomial(s, j)
	}
}

// symmetric says whether the law of <w, e_1> stays symmetric: r = 1 and an even overlap.
func symmetric(p particles.Expectations) bool {
	if o, is := p.Overlap().(*particles.AxisOverlap); is {
		return evenSpectrum(o.Spectrum)
	}
	if p.Rank() > 1 {
		return false
	}
	for k, g := range radial(p) {
		if k%2 == 1 && g != 0 {
			return false
		}
	}
	return true
}

// risk is ||f_MF - f*||^2 = ||f*||^2 - 2 int G d mu + int int K d mu d mu.
func (k *kernel) risk(m []float64) float64 {
	return k.norm2 - 2*k.targetOverlap(m) + k.selfEnergy(m)
}

// targetOverlap is int G d mu.
func (k *kernel) targetOverlap(m []float64) float64 {
	if k.spectral != nil {
		return k.spectral.targetOverlap(m)
	}
	s := 0.0
	for i, g := range k.overlap {
		s += g * m[i]
	}
	return s
}

// selfEnergy is int int K d mu d mu.
func (k *kernel) selfEnergy(m []float64) float64 {
	if k.spectral != nil {
		return k.spectral.selfEnergy(m)
	}
	s := 0.0
	for a := range k.rank {
		row := 0.0
		for b, q := range k.q[a*k.rank : (a+1)*k.rank] {
			row += q * m[b]
		}
		s += m[a] * row
	}
	return s
}

// potential sets u to the coefficients of U_t for the moments m.
func (k *kernel) potential(u *poly, m []float64) {
	u.n, u.o = k.n, k.o
	for a := range k.rank {
		s := 0.0
		for b, q := range k.q[a*k.rank : (a+1)*k.rank] {
			s += q * m[b]
		}
		if a <= k.n {
			u.even[a] = s
		} else {
			u.odd[a-k.n-1] = s
		}
	}
}

// drive sets f to F = G - U, given U.
func (k *kernel) drive(f, u *poly) {
	f.n, f.o = k.n, k.o
	for i := 0; i <= k.n; i++ {
		f.even[i] = k.overlap[i] - u.even[i]
	}
	for i := 0; i <= k.o; i++ {
		f.odd[i] = k.overlap[k.n+1+i] - u.odd[i]
	}
}

// radial returns the coefficients g_k of G, which Solve has seen to be radial.
func radial(p particles.Expectations) []float64 {
	if o, is := p.Overlap().(*particles.RadialOverlap); is {
		return o.Coefficients
	}
	return nil
}

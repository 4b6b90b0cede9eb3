// Package legendre has the Legendre polynomials P_l of dimension d and series in them. They are the Gegenbauer
// polynomials of index (d-2)/2 with P_l(1) = 1, so that |P_l| <= 1 on [-1, 1]:
//
//	P_0 = 1,   P_1 = s,   (l+d-2) P_{l+1} = (2l+d-2) s P_l - l P_{l-1}
//
// They are orthogonal under the law of the first coordinate s of a uniform point of S^{d-1}, E P_l^2 = 1/N(d,l) with
// N(d,l) the number of harmonics of degree l (C. Mueller, Spherical Harmonics, 1966).
package legendre

import "math"

// step returns the factors of P_{l+1} = up s P_l - down P_{l-1} in dimension d.
func step(d, l int) (up, down float64) {
	n := float64(l + d - 2)
	return float64(2*l+d-2) / n, float64(l) / n
}

// FromPowers returns the coefficients p_0, ..., p_degree of sum_k coef[k] s^k in Legendre polynomials of dimension d >=
// 3, by
//
//	s P_l = ((l+d-2) P_{l+1} + l P_{l-1}) / (2l+d-2)
//
// and the sum of those beyond. All factors are positive, so coefficients of one sign lose no digits, to any degree.
func FromPowers(d int, coef []float64, degree int) (p []float64, beyond float64) {
	p = make([]float64, degree+1)
	n := len(coef)
	a, next := make([]float64, n+1), make([]float64, n+1) // s^k in Legendre polynomials
	a[0] = 1
	for k, c := range coef {
		if k > 0 {
			clear(next)
			for l := (k - 1) % 2; l < k; l += 2 {
				x := a[l] / float64(2*l+d-2)
				next[l+1] += float64(float64(l+d-2) * x)
				if l > 0 {
					next[l-1] += float64(float64(l) * x)
				}
			}
			a, next = next, a
		}
		if c == 0 {
			continue
		}
		for l := k % 2; l <= k; l += 2 {
			if l <= degree {
				p[l] += float64(c * a[l])
			} else {
				beyond += float64(c * a[l])
			}
		}
	}
	return p, beyond
}

// LogHarmonics is log N(d,l), the number of harmonics of degree l in R^d, d >= 3:
//
//	N(d,l) = (2l+d-2)/(d-2) C(l+d-3, l)
func LogHarmonics(d, l int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x)); return v }
	return math.Log(float64(2*l+d-2)/float64(d-2)) + lg(l+d-2) - lg(l+1) - lg(d-2)
}

// Harmonics is N(d,l), +Inf where no float64 holds it; exact below 2^53.
func Harmonics(d, l int) float64 {
	n := 1.0
	for i := 1; i <= l; i++ {
		n = n * float64(d-3+i) / float64(i) // C(i+d-3, i)
	}
	n *= float64(2*l + d - 2)
	if n /= float64(d - 2); n < 1<<53 {
		return math.Round(n)
	}
	return n
}

// Series is sum_l Coef[l] P_l in dimension Dim.
type Series struct {
	Dim  int
	Coef []float64
}

// Derivative sets s to the derivative of src, a series in two dimensions more, by
//
//	P_l^{(d)}' = l(l+d-2)/(d-1) P_{l-1}^{(d+2)}
//
// It keeps the storage of s.Coef, which must not be that of src.
func (s *Series) Derivative(src *Series) {
	d := src.Dim
	s.Dim = d + 2
	s.Coef = s.Coef[:0]
	for l := 1; l < len(src.Coef); l++ {
		s.Coef = append(s.Coef, src.Coef[l]*(float64(l)*float64(l+d-2)/float64(d-1)))
	}
}

// Eval returns the value at x in [-1, 1], by Clenshaw's recurrence. Its error is a few units in the last place of sum_l
// |Coef[l]|.
func (s *Series) Eval(x float64) float64 {
	b1, b2 := 0.0, 0.0 // b_{l+1}, b_{l+2}
	for l := len(s.Coef) - 1; l >= 0; l-- {
		up, _ := step(s.Dim, l)
		_, down := step(s.Dim, l+1)
		b1, b2 = s.Coef[l]+float64(float64(up*x)*b1)-float64(down*b2), b1
	}
	return b1
}

// Powers returns sum_l s[l] Pbar_l(z/sqrt d), Pbar_l = sqrt(N(d,l)) P_l, by powers of z, constant term first.
func Powers(d int, s []float64) []float64 {
	out := make([]float64, len(s))
	before, p := []float64(nil), []float64{1}
	root := math.Sqrt(float64(d))
	for l, c := range s {
		scale := c * math.Sqrt(Harmonics(d, l))
		for i, x := range p {
			out[i] += float64(scale * x)
		}
		up, down := step(d, l)
		next := make([]float64, len(p)+1)
		for i, x := range p {
			next[i+1] = up * x / root
		}
		for i, x := range before {
			next[i] -= float64(down * x)
		}
		before, p = p, next
	}
	return out
}

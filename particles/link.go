package particles

import (
	"fmt"
	"math"
	"strings"

	"kac/internal/sphere"
	"kac/kernels"
)

// Link is the target of a Hermite series of the first Rank coordinates,
//
//	rank 1:   f*(x) = link(x_1)                                 single index
//	rank r:   f*(x) = E_v link(<v, (x_1, ..., x_r)>)            v uniform on S^{r-1}
//
// It is a ClosedTarget. Immutable.
type Link struct {
	series  Series
	rank    int
	moments []float64 // E[s^k], s the first coordinate of Uniform(S^{r-1}); r = 1: all 1
}

// NewLink returns the target of a link and a rank r >= 1.
func NewLink(link Series, rank int) (*Link, error) {
	switch {
	case rank < 1:
		return nil, fmt.Errorf("rank %d is not positive", rank)
	case link.Norm2() == 0:
		return nil, fmt.Errorf("the link of the target is zero")
	}
	l := &Link{series: link, rank: rank, moments: make([]float64, MaxDegree+1)}
	for k := range l.moments {
		l.moments[k] = 1
		if rank > 1 {
			l.moments[k] = sphere.Moment(rank, k)
		}
	}
	return l, nil
}

// Series returns the link, sum_k a_k h_k.
func (l *Link) Series() Series { return l.series }

// Rank returns r.
func (l *Link) Rank() int { return l.rank }

// String writes the target as a formula.
func (l *Link) String() string {
	if l.rank > 1 {
		return fmt.Sprintf("E_v %s, v uniform on S^%d", bracketed(l.series.formula("<v, x>")), l.rank-1)
	}
	return l.series.formula("x_1")
}

// Value returns f*(x).
//
// For r >= 2 the average of h_k(<v, x>) over directions v is a radial Hermite
// polynomial: with rho^2 = x_1^2 + ... + x_r^2, n = k/2 and alpha = r/2 - 1,
//
//	E_v h_{2n}(<v, x>) = h_{2n}(0) L_n^alpha(rho^2/2) / L_n^alpha(0)
//
// (both sides are the radial eigenfunction of degree 2n of the
// Ornstein-Uhlenbeck generator, and agree at 0), zero for odd k; L_n^alpha are
// the Laguerre polynomials of DLMF 18.3, evaluated by their recurrence 18.9.1.
func (l *Link) Value(x []float64) float64 {
	if l.rank == 1 {
		v, _, _ := l.series.Eval(x[0])
		return v
	}
	t := 0.0
	for _, z := range x[:l.rank] {
		t += float64(z * z)
	}
	t /= 2
	alpha := float64(l.rank)/2 - 1
	sum, origin := 0.0, 1.0   // origin: h_{2n}(0)
	ratio, before := 1.0, 0.0 // L_n(t)/L_n(0) and the one before it
	for n := 0; 2*n <= l.series.Degree(); n++ {
		sum += float64(l.series.Coefficient(2*n) * origin * ratio)
		x := float64(n)
		ratio, before = (float64((2*x+1+alpha-t)*ratio)-float64(x*before))/(x+1+alpha), ratio
		origin *= -math.Sqrt((2*x + 1) / (2*x + 2))
	}
	return sum
}

// Norm2 returns ||f*||^2 = E f*(x)^2 = sum_k a_k^2 E[s^k], s = <v, v'> for
// independent directions v, v' of the target; sum_k a_k^2 for r = 1.
func (l *Link) Norm2() float64 {
	sum := 0.0
	for k, a := range l.series.coef {
		sum += float64(a * a * l.moments[k])
	}
	return sum
}

// Overlap returns the *RadialOverlap with
//
//	r = 1:   g_k = a_k c_k
//	r >= 2:  g_k = a_k c_k E[s^k],   s the first coordinate of Uniform(S^{r-1})
//
// It refuses a link that shares no degree >= 1 with the activation: then every
// velocity vanishes in the mean and nothing is ever learned.
func (l *Link) Overlap(sigma Series) (Overlap, error) {
	g := make([]float64, min(sigma.Degree(), l.series.Degree())+1)
	for k := range g {
		g[k] = l.series.Coefficient(k) * sigma.Coefficient(k) * l.moments[k]
	}
	o := newRadialOverlap(l.rank, g)
	if o.Exponent() == 0 {
		note := ""
		if l.rank > 1 {
			note = "; odd degrees vanish in the average over directions"
		}
		return nil, &NothingLearnedError{fmt.Sprintf("information exponent is infinite: activation and target share no degree above 0 (activation %s, link %s%s)",
			sigma, l.series, note)}
	}
	return o, nil
}

// Dual returns sum_k c_k^2 s^k, which is E s(<w, x>) s(<w', x>) for unit w, w'
// with <w, w'> = s and Gaussian x.
func (s Series) Dual() kernels.Dual {
	c := s.Coefficients()
	for k := range c {
		c[k] *= c[k]
	}
	return kernels.PolynomialDual(c)
}

// bracketed puts a formula of several terms in brackets.
func bracketed(f string) string {
	if strings.Contains(f, " + ") || strings.Contains(f, " - ") {
		return "[" + f + "]"
	}
	return f
}

package particles

import (
	"fmt"
	"kac/kernels"
	"math"
	"sync"

	"kac/internal/legendre"
)

// MaxTerms is the largest number of Legendre polynomials of a Spectrum.
const MaxTerms = 1024

// Spectrum is a task's expansion in the Legendre polynomials P_l of dimension d (P_l(1) = 1). Where the law of x is
// invariant under rotations, and f*(x) = g(<w*,x>), these diagonalise everything: for unit w, w'
//
//	E sigma(<w,x>) sigma(<w',x>) = sum_l Q[l] P_l(<w,w'>),   E f*(x) sigma(<w,x>) = sum_l G[l] P_l(<w,w*>)
//
// (docs/mathematics.md (2.8)). Q[l] >= 0. Immutable.
type Spectrum struct {
	Dim  int
	Q, G []float64 // of one length
	// Tail is sum_l Q[l] over the degrees that are left out, OverlapTail the same of |G[l]|, or bounds of them. An
	// expansion that ends, or has decayed to rounding, has none.
	Tail, OverlapTail float64
	DualAtOne         float64 // E sigma(<w,x>)^2, every degree included
	Norm2             float64 // E f*(x)^2
}

// Exponent returns the smallest l >= 1 with G[l] != 0, the information exponent; 0 if there is none.
func (s *Spectrum) Exponent() int {
	for l, g := range s.G {
		if l > 0 && g != 0 {
			return l
		}
	}
	return 0
}

// Degree returns the smallest n >= 2 beyond which degrees hold at most a hundredth of E sigma^2: what stands for the
// degree of an activation that is no polynomial.
func (s *Spectrum) Degree() int {
	rest, n := s.Tail, len(s.Q)-1
	for ; n > 2 && rest+s.Q[n] <= 0.01*s.DualAtOne; n-- {
		rest += s.Q[n]
	}
	return max(n, 2)
}

// Spectrum returns the task's expansion. It exists for Gaussian inputs and those on a sphere, a target of one
// coordinate and a second layer of ones, in dimensions from 3 on; other tasks get a *ClosedFormError that says why, and
// one whose activation and target share no degree above 0 a *NothingLearnedError.
//
// Legendre series and Hermite series over Gaussian inputs have theirs by finite sums, ReLU with a ReLU link in closed
// form, all others by quadrature on spheres and over their radii, exact to rounding: 1e-15 of the roots of E sigma^2
// and E f*^2.
func (t *Task) Spectrum() (*Spectrum, error) {
	t.spectrum.once.Do(func() { t.spectrum.value, t.spectrum.err = t.expand() })
	return t.spectrum.value, t.spectrum.err
}

func (t *Task) expand() (*Spectrum, error) {
	lacks := func(format string, args ...any) (*Spectrum, error) {
		return nil, &ClosedFormError{Task: t.name, Reason: fmt.Sprintf(format, args...)}
	}
	link, known := linkOf(t.target)
	switch {
	case t.law != Gaussian && t.law != Sphere:
		return lacks("inputs are %v; their law must be invariant under rotations", t.law)
	case t.scale != 0:
		return lacks("its second layer is not 1")
	case t.loss != kernels.SquareLoss():
		return lacks("its loss is %s, not the square", t.loss)
	case !known:
		return lacks("its target is no function of one coordinate")
	case t.dim < 3:
		return lacks("dimension %d leaves no sphere beside the target's coordinate; at least 3 is needed", t.dim)
	}
	s, err := remembered(t.law, t.dim, t.activation, link)
	if err != nil {
		return nil, err
	}
	if s.Exponent() == 0 {
		return nil, &NothingLearnedError{fmt.Sprintf("information exponent is infinite: activation and target share no degree above 0 (activation %s, link %s)", t.activation, link)}
	}
	return s, nil
}

// found holds the spectra found before: a command asks for the same one several times.
var found struct {
	sync.Mutex
	of map[spectrumKey]*Spectrum
}

type spectrumKey struct {
	law              Law
	dim              int
	activation, link string
}

const mostRemembered = 256

func remembered(law Law, d int, sigma, link Activation) (*Spectrum, error) {
	key := spectrumKey{law, d, sigma.name, link.name}
	found.Lock()
	defer found.Unlock()
	if s, is := found.of[key]; is {
		return s, nil
	}
	s, err := expandPair(law, d, sigma, link)
	if err == nil {
		if found.of == nil || len(found.of) >= mostRemembered {
			found.of = map[spectrumKey]*Spectrum{}
		}
		found.of[key] = s
	}
	return s, err
}

// linkOf returns the function of x_1 that a target is.
func linkOf(target Target) (Activation, bool) {
	switch f := target.(type) {
	case *Link:
		return NewActivation(f.series), f.rank == 1
	case *SingleIndex:
		return f.link, true
	}
	return Activation{}, false
}

// expandPair returns the spectrum of an activation and a link.
func expandPair(law Law, d int, sigma, link Activation) (*Spectrum, error) {
	a, hermite := sigma.Series()
	b, both := link.Series()
	switch {
	case law == Gaussian && hermite && both:
		return hermiteSpectrum(d, a, b), nil
	case law == Sphere && sigma.legendre == d && link.legendre == d:
		return legendreSpectrum(d, sigma.inLegendre, link.inLegendre), nil
	case sigma.name == "relu" && link.name == "relu":
		return reluSpectrum(d), nil
	}
	return integratedSpectrum(law, d, sigma, link)
}

// hermiteSpectrum is that of sigma = sum_k c_k h_k and f* = sum_k a_k h_k over Gaussian x: q(s) = sum_k c_k^2 s^k, G(s)
// = sum_k a_k c_k s^k.
func hermiteSpectrum(d int, sigma, link Series) *Spectrum {
	q, g := make([]float64, sigma.Degree()+1), make([]float64, sigma.Degree()+1)
	for k, c := range sigma.coef {
		q[k], g[k] = c*c, c*link.Coefficient(k)
	}
	s := &Spectrum{Dim: d, DualAtOne: sigma.Norm2(), Norm2: link.Norm2()}
	s.Q, _ = legendre.FromPowers(d, q, sigma.Degree())
	s.G, _ = legendre.FromPowers(d, g, sigma.Degree())
	return s
}

// legendreSpectrum is that of sigma = sum_l s_l Pbar_l and f* = sum_l h_l Pbar_l on the sphere: Q = s_l^2, G = s_l h_l.
func legendreSpectrum(d int, sigma, link Series) *Spectrum {
	n := sigma.Degree() + 1
	s := &Spectrum{Dim: d, Q: make([]float64, n), G: make([]float64, n), DualAtOne: sigma.Norm2(), Norm2: link.Norm2()}
	for l, c := range sigma.coef {
		s.Q[l], s.G[l] = c*c, c*link.Coefficient(l)
	}
	return s
}

// reluSpectrum is that of ReLU with itself, the same for both laws since E |x|^2 = d: Q[l] = N(d,l) d I_l^2, I_l = E
// z_+ P_l(z), for which two integrations by parts and P_l' = l(l+d-2)/(d-1) P_{l-1}^{(d+2)} give
//
//	I_0 = C/(d-1),  I_1 = 1/(2d),  I_l = C P_{l-2}^{(d+4)}(0)/(d^2-1) for even l,   C = Gamma(d/2)/(sqrt(pi) Gamma((d-1)/2))
//
// and I_l = 0 for the other odd l, whence the ratio of one Q[l] to the next. (F. Bach, JMLR 18 (2017) 19, appendix D.2,
// has the eigenvalues of the kernel.)
func reluSpectrum(d int) *Spectrum {
	n := float64(d)
	c := 1 / math.Pi // of d = 2
	if d%2 == 1 {
		c = 0.5 // of d = 3
	}
	for k := 2 + d%2; k < d; k += 2 {
		c *= float64(k) / float64(k-1)
	}
	s := &Spectrum{Dim: d, Q: make([]float64, MaxTerms), DualAtOne: 0.5, Norm2: 0.5}
	s.Q[0], s.Q[1] = n*(c/(n-1))*(c/(n-1)), 0.25
	i := c / (n*n - 1)
	x := (n + 2) * (n - 1) / 2 * n * i * i
	const far = 1 << 16
	for l := 2; l < far; l += 2 {
		if l < MaxTerms {
			s.Q[l] = x
		} else {
			s.Tail += x
		}
		k := float64(l)
		ratio := (k - 1) / (k + n + 1)
		x *= (2*k + n + 2) / (2*k + n - 2) * ((k + n - 1) / (k + 2)) * ((k + n - 2) / (k + 1)) * ratio * ratio
	}
	s.Tail += x * far // Q[l] falls like l^-4 from far on, so less than a third of this
	s.G, s.OverlapTail = s.Q, s.Tail
	return s
}

// Degrees that integratedSpectrum tries; what an expansion of smooth functions leaves out beyond the last quarter is no
// more than the quarter.
var triedDegrees = []int{63, 127, 255, 511, MaxTerms - 1}

const noTail = 1e-16 // relative to the squares

// integratedSpectrum expands both functions on spheres.
func integratedSpectrum(law Law, d int, sigma, link Activation) (*Spectrum, error) {
	p, err := sigma.profile()
	if err != nil {
		return nil, &ParseError{"activation", sigma.name, err}
	}
	q, err := link.profile()
	if err != nil {
		return nil, &ParseError{"link", link.name, err}
	}
	radii := legendre.GaussianRadii(d)
	if law == Sphere {
		radii = legendre.SphereRadii(d)
	}
	for _, degree := range triedDegrees {
		a, b := radii.Expand(p, degree), radii.Expand(q, degree)
		s := &Spectrum{Dim: d, Q: radii.Product(a, a), G: radii.Product(a, b), DualAtOne: a.Square, Norm2: b.Square}
		s.clean(radii.Product(b, b))
		if sigma.name == "relu" {
			exact := reluSpectrum(d)
			s.Q, s.Tail, s.DualAtOne = exact.Q, exact.Tail, exact.DualAtOne
			s.G = append(s.G, make([]float64, len(s.Q)-len(s.G))...)
		} else {
			s.Tail = quarter(s.Q)
		}
		s.OverlapTail = quarter(s.G[:degree+1])
		enough := s.OverlapTail <= noTail*math.Sqrt(s.DualAtOne*s.Norm2)
		switch ended := enough && s.Tail <= noTail*s.DualAtOne; {
		case ended:
			s.trim()
			return s, nil
		case degree == MaxTerms-1, enough && sigma.name == "relu":
			return s, nil
		}
	}
	panic("particles: triedDegrees does not end with MaxTerms-1")
}

// clean removes what is rounding, such as the degrees that a symmetry forbids: every coefficient on a sphere is off by
// some 1e-16 of the function's size, and a mean over radii that is 0 comes out as some 1e-16 of what it could be. links
// are the squares of the link.
func (s *Spectrum) clean(links []float64) {
	const rounding = 5e-16
	for l := range s.Q {
		if s.Q[l] < rounding*rounding*s.DualAtOne {
			s.Q[l], s.G[l] = 0, 0
		}
		if links[l] < rounding*rounding*s.Norm2 || math.Abs(s.G[l]) < 4*rounding*math.Sqrt(s.Q[l]*links[l]) {
			s.G[l] = 0
		}
	}
}

// quarter is the sum of |x| over the last quarter of degrees.
func quarter(x []float64) (sum float64) {
	for _, y := range x[len(x)*3/4:] {
		sum += math.Abs(y)
	}
	return sum
}

// trim leaves out the last degrees, whose sums are rounding.
func (s *Spectrum) trim() {
	q, g := s.Tail, s.OverlapTail
	limit, both := noTail*s.DualAtOne, noTail*math.Sqrt(s.DualAtOne*s.Norm2)
	n := len(s.Q)
	for n > 1 && q+s.Q[n-1] <= limit && g+math.Abs(s.G[n-1]) <= both {
		n--
		q, g = q+s.Q[n], g+math.Abs(s.G[n])
	}
	s.Q, s.G, s.Tail, s.OverlapTail = s.Q[:n], s.G[:n], 0, 0
}

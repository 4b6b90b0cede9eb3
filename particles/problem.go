package particles

import (
	"errors"
	"fmt"
	"strings"

	"kac/internal/sphere"
	"kac/kernels"
)

// Spec describes a Problem: Gaussian inputs x ~ N(0, I_d), a network
// f_m(x) = (1/m) sum_i activation(<w_i, x>) and a target that depends on the
// first Rank coordinates of x,
//
//	Rank 1:   f*(x) = link(x_1)                                 single index
//	Rank r:   f*(x) = E_v link(<v, (x_1, ..., x_r)>)            v uniform on S^{r-1}
type Spec struct {
	Name       string // "" becomes "custom"
	Dim        int    // d, at least Rank + 2
	Activation Series
	Link       Series
	Rank       int // r; 0 means 1
}

// Problem is a law of inputs, an activation and a target. It is immutable and
// may be shared between goroutines.
type Problem struct {
	name       string
	dim, rank  int
	activation Series
	link       Series
	moments    []float64 // E[s^k], s the first coordinate of Uniform(S^{r-1}); r = 1: all 1
	exponent   int
}

// NewProblem checks a Spec and returns its Problem. It refuses dimensions
// below Rank + 2 (the reduction of the infinite network needs a sphere of
// positive dimension beside the target's coordinates), zero series, and
// targets that share no degree >= 1 with the activation: then every velocity
// vanishes in the mean and nothing is ever learned.
func NewProblem(spec Spec) (*Problem, error) {
	p := &Problem{
		name: spec.Name, dim: spec.Dim, rank: spec.Rank,
		activation: spec.Activation, link: spec.Link,
	}
	if p.name == "" {
		p.name = "custom"
	}
	if p.rank == 0 {
		p.rank = 1
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("problem %q: %w", p.name, err)
	}
	return p, nil
}

// check validates p and fills in what is derived.
func (p *Problem) check() error {
	if p.rank < 1 {
		return fmt.Errorf("rank %d is not positive", p.rank)
	}
	if p.dim < p.rank+2 {
		return fmt.Errorf("dimension %d is too small: a target of rank %d needs at least %d", p.dim, p.rank, p.rank+2)
	}
	if p.activation.Norm2() == 0 {
		return errors.New("the activation is zero")
	}
	if p.link.Norm2() == 0 {
		return errors.New("the link of the target is zero")
	}
	p.moments = make([]float64, MaxDegree+1)
	for k := range p.moments {
		p.moments[k] = 1
		if p.rank > 1 {
			p.moments[k] = sphere.Moment(p.rank, k)
		}
	}
	for k, g := range p.Overlap() {
		if k >= 1 && g != 0 {
			p.exponent = k
			return nil
		}
	}
	note := ""
	if p.rank > 1 {
		note = "; odd degrees vanish in the average over directions"
	}
	return fmt.Errorf("information exponent is infinite: activation and target share no degree above 0 (activation %s, link %s%s)",
		p.activation, p.link, note)
}

// Name returns the name of the problem, "custom" if it was given none.
func (p *Problem) Name() string { return p.name }

// Dim returns d, the dimension of the inputs and of the particles.
func (p *Problem) Dim() int { return p.dim }

// Rank returns r, the number of coordinates the target depends on.
func (p *Problem) Rank() int { return p.rank }

// Activation returns sigma = sum_k c_k h_k.
func (p *Problem) Activation() Series { return p.activation }

// Link returns the link of the target, sum_k a_k h_k.
func (p *Problem) Link() Series { return p.link }

// Dual returns q, q(<w, w'>) = E sigma(<w, x>) sigma(<w', x>) for unit w, w':
// the polynomial sum_k c_k^2 s^k.
func (p *Problem) Dual() kernels.Dual {
	c := p.activation.Coefficients()
	for k := range c {
		c[k] *= c[k]
	}
	return kernels.PolynomialDual(c)
}

// Overlap returns the coefficients g_0, g_1, ... of the polynomial G with
//
//	E f*(x) sigma(<w, x>) = G(a) = sum_k g_k a^k   for unit w,
//	r = 1:   a = <w, e_1>, signed,         g_k = a_k c_k
//	r >= 2:  a = |(w_1, ..., w_r)| >= 0,   g_k = a_k c_k E[s^k]
//
// s the first coordinate of Uniform(S^{r-1}), so that odd degrees vanish for
// r >= 2. The last coefficient may be zero.
func (p *Problem) Overlap() []float64 {
	g := make([]float64, min(p.activation.Degree(), p.link.Degree())+1)
	for k := range g {
		g[k] = p.link.Coefficient(k) * p.activation.Coefficient(k) * p.moments[k]
	}
	return g
}

// TargetNorm2 returns ||f*||^2 = E f*(x)^2 = sum_k a_k^2 E[s^k], s = <v, v'>
// for independent directions v, v' of the target; sum_k a_k^2 for r = 1.
func (p *Problem) TargetNorm2() float64 {
	sum := 0.0
	for k, a := range p.link.coef {
		sum += float64(a * a * p.moments[k])
	}
	return sum
}

// InformationExponent returns the smallest k >= 1 that contributes to the
// Overlap: from a small overlap a, da/dt grows like a^{k-1}.
func (p *Problem) InformationExponent() int { return p.exponent }

// String describes the problem in a formula.
func (p *Problem) String() string {
	return fmt.Sprintf("%s: %s, x ~ N(0, I_%d)", p.name, formula(p.activation, p.link, p.rank), p.dim)
}

// formula writes target and network for people.
func formula(activation, link Series, rank int) string {
	target := link.formula("x_1")
	if rank > 1 {
		target = fmt.Sprintf("E_v %s, v uniform on S^%d", bracketed(link.formula("<v, x>")), rank-1)
	}
	return fmt.Sprintf("target %s, network (1/m) sum_i %s", target, bracketed(activation.formula("<w_i, x>")))
}

// bracketed puts a formula of several terms in brackets.
func bracketed(f string) string {
	if strings.Contains(f, " + ") || strings.Contains(f, " - ") {
		return "[" + f + "]"
	}
	return f
}

package meanfield

import (
	"math"

	"kac/internal/legendre"
	"kac/internal/portable"
	"kac/particles"
)

// sectorSeries are the functions of a sector of degree l for a kernel sum_n q_n P_n, one for every n >= l with q_n > 0:
//
//	phi_n(a) = sqrt(q_n) nu_n c^l P_{n-l}^{(d+2l)}(a),   nu_n^2 = N(d+2l, n-l) / (N(d,n) prod_{i<l} (d-1+2i)/(d+2i))
//
// by the addition theorem of one coordinate, P_n(a a' + c c' s) = sum_l N(d-1,l) phi_n(a) phi_n(a') P_l^{(d-1)}(s) /
// q_n (docs/mathematics.md (4.10)).
type sectorSeries struct {
	degree int
	dim    int       // d + 2l
	scale  []float64 // sqrt(q_n) nu_n by n - l; 0 where there is no function
}

// sectorsOf lists the sectors of the terms up to degree most of a spectrum.
func sectorsOf(s *particles.Spectrum, most int) []sector {
	d := s.Dim
	most = min(most, len(s.Q)-1)
	var out []sector
	logMoment := 0.0 // of c^{2l}
	for l := 0; l <= most; l++ {
		sec := sector{degree: l, count: harmonics(d-1, l), lambda: float64(l * (l + d - 3)),
			series: &sectorSeries{degree: l, dim: d + 2*l, scale: make([]float64, most-l+1)}}
		for n := l; n <= most; n++ {
			if s.Q[n] > 0 {
				nu2 := legendre.LogHarmonics(d+2*l, n-l) - legendre.LogHarmonics(d, n) - logMoment
				sec.series.scale[n-l] = math.Sqrt(s.Q[n] * portable.Exp(nu2))
				sec.functions++
			}
		}
		if sec.functions > 0 && sec.count > 0 {
			out = append(out, sec)
		}
		logMoment += math.Log(float64(d-1+2*l) / float64(d+2*l))
	}
	return out
}

// at writes phi and d phi/da of all functions; c = sqrt(1-a^2) > 0.
func (s *sectorSeries) at(a, c float64, phi, slope []float64) {
	front := intPow(c, s.degree)
	// d(c^l)/da = -l a c^{l-2}
	bend := -float64(s.degree) * a * front / (c * c)
	p, d := 1.0, 0.0                // P_k and its derivative
	before, dBefore := 0.0, 0.0     // of k-1
	n := float64(s.dim)             //
	f := 0                          // function
	for k, scale := range s.scale { // k = n - l
		if scale != 0 {
			phi[f], slope[f] = scale*front*p, scale*(front*d+bend*p)
			f++
		}
		x := float64(k)
		up, down := (2*x+n-2)/(x+n-2), x/(x+n-2)
		p, before, d, dBefore = up*a*p-down*before, p, up*(p+a*d)-down*dBefore, d
	}
}

// What of a spectrum takes part in the 1/m constants: so many degrees that those beyond hold less than this share of
// q(1), within limits that keep the cost, which grows with the cube, to seconds. Beyond them the noise of initial
// neurons is taken to stay as it is, and how much that leaves out is seen by taking fewer.
const (
	sectorShare = 1e-7
	mostSectors = 32
	fewerShare  = 0.75
)

// spectrum returns that of a problem by Legendre polynomials, nil for others.
func (r *Reference) spectrum() *particles.Spectrum {
	if o, is := r.problem.Overlap().(*particles.AxisOverlap); is {
		return o.Spectrum
	}
	return nil
}

// sectorDegree is the largest degree in the sectors of a grid.
func sectorDegree(s *particles.Spectrum, grid int) int {
	rest, n := s.Tail, len(s.Q)-1
	for ; n > 1 && rest+s.Q[n] <= sectorShare*s.DualAtOne; n-- {
		rest += s.Q[n]
	}
	whole := rest == 0
	if n > mostSectors {
		n, whole = mostSectors, false
	}
	if grid == 0 && !whole {
		n = int(fewerShare * float64(n))
	}
	return n
}

// sectors lists the sectors on which the kernel acts.
func (r *Reference) sectors(grid int) []sector {
	if s := r.spectrum(); s != nil {
		return sectorsOf(s, sectorDegree(s, grid))
	}
	return sectors(r.problem)
}

// addBeyond adds to C(t) what the degrees beyond the sectors have: the variance sum_n q_n (1 - m_n^2) of independent
// neurons.
func (r *Reference) addBeyond(out *Fluctuation, grid int) error {
	s := r.spectrum()
	if s == nil {
		return nil
	}
	p := r.pathOf(grid)
	m := make([]float64, p.dim)
	for i, t := range out.Times {
		if err := p.at(math.Min(t, p.end()), m); err != nil {
			return err
		}
		sum := s.Tail
		for n := sectorDegree(s, grid) + 1; n < len(s.Q); n++ {
			mean := 0.0
			if n < len(m) && !(r.law.half && n%2 == 1) {
				mean = m[n]
			}
			sum += s.Q[n] * (1 - mean*mean)
		}
		out.Constant[i] += sum
	}
	return nil
}

// evenActivation reports whether the activation is even: no sector's functions need the other half of the positions.
func evenActivation(p particles.Expectations) bool {
	o, is := p.Overlap().(*particles.AxisOverlap)
	if !is {
		return p.Activation().Even()
	}
	for l := 1; l < len(o.Spectrum.Q); l += 2 {
		if o.Spectrum.Q[l] != 0 {
			return false
		}
	}
	return true
}

// degreeOf is k of the bounds: the activation's degree.
func degreeOf(p particles.Expectations) int {
	if o, is := p.Overlap().(*particles.AxisOverlap); is {
		return o.Spectrum.Degree()
	}
	return p.Activation().Degree()
}

// What of a spectrum the sampling error takes in.
const (
	samplingShare = 1e-10
	mostSampled   = 48
)

// samplingDegree is the degree of the polynomials that stand for q'^2 (1-s^2) of a grid.
func (r *Reference) samplingDegree(grid int) int {
	s := r.spectrum()
	if s == nil {
		return r.problem.Activation().Degree()
	}
	rest, n := s.Tail, len(s.Q)-1
	for ; n > 1 && rest+s.Q[n] <= samplingShare*s.DualAtOne; n-- {
		rest += s.Q[n]
	}
	if n > mostSampled {
		n, rest = mostSampled, 1
	}
	if grid == 0 && rest > 0 {
		n = max(1, int(fewerShare*float64(n)))
	}
	return n
}

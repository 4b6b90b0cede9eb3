package meanfield

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// stencil is the number of step ends that an interpolant meets.
const stencil = 8

// path is a vector function of time, known with its derivative at the ends of
// the steps of an integration. Between them it is the polynomial of degree 15
// that meets both at the eight ends around: its error, of order 16 in the step,
// lies below the integration's own, at no further evaluations.
type path struct {
	kernel  *kernel // whose moments they are
	dim     int
	times   []float64
	value   []float64 // len(times) x dim
	derived []float64 // d/dt, likewise
	horizon float64   // the last time that is asked for, once the integration is over; 0: the last step's end

	// newton holds the coefficients of the interpolants on the ends from 0, 1,
	// ... on, as far as they are known.
	newton []float64
}

const newtonTerms = 2 * stencil

func newPath(k *kernel) *path { return &path{kernel: k, dim: k.rank} }

func (p *path) record(t float64, value, derivative []float64) {
	p.times = append(p.times, t)
	p.value = append(p.value, value...)
	p.derived = append(p.derived, derivative...)
	if first := len(p.times) - stencil; first >= 0 {
		n := len(p.newton)
		p.newton = append(p.newton, make([]float64, newtonTerms*p.dim)...)
		p.divide(first, stencil, p.newton[n:])
	}
}

// unit is the reciprocal of the time in which differences on these ends are
// formed: 1, or a power of two that keeps the powers of a very short span
// within the range of numbers. Being a power of two, it costs no digit.
func (p *path) unit(first, ends int) float64 {
	const short = 0x1p-30
	span := p.times[first+ends-1] - p.times[first]
	if !(span < short) || span == 0 {
		return 1
	}
	_, exponent := math.Frexp(span)
	return math.Ldexp(1, min(-exponent, 1000))
}

// divide forms the confluent divided differences on ends step ends from first
// on, each taken twice: the coefficients of Newton's form, term by term.
func (p *path) divide(first, ends int, coef []float64) {
	terms, unit := 2*ends, p.unit(first, ends)
	for j := range terms {
		i := first + j/2
		copy(coef[j*p.dim:(j+1)*p.dim], p.value[i*p.dim:(i+1)*p.dim])
	}
	for order := 1; order < terms; order++ {
		for j := terms - 1; j >= order; j-- {
			d := coef[j*p.dim : (j+1)*p.dim]
			i := first + j/2
			if order == 1 && j%2 == 1 {
				for f, x := range p.derived[i*p.dim : (i+1)*p.dim] {
					d[f] = x / unit
				}
				continue
			}
			before := coef[(j-1)*p.dim : j*p.dim]
			dt := (p.times[i] - p.times[first+(j-order)/2]) * unit
			for f := range d {
				d[f] = (d[f] - before[f]) / dt
			}
		}
	}
}

// steps counts those up to the one that holds the horizon.
func (p *path) steps() int {
	if p.horizon > 0 {
		return sort.SearchFloat64s(p.times, p.horizon)
	}
	return max(len(p.times)-1, 0)
}

// end is the last time that may be asked for.
func (p *path) end() float64 {
	if p.horizon > 0 {
		return p.horizon
	}
	return p.last()
}

// last is the time of the last step's end.
func (p *path) last() float64 { return p.times[len(p.times)-1] }

// covers reports whether the interpolant of all times up to t is the one that any longer integration gives: it meets
// as many ends behind t as before.
func (p *path) covers(t float64) bool {
	i := sort.SearchFloat64s(p.times, t)
	return len(p.times) >= max(stencil, i+stencil/2)
}

// step returns the index of the step that holds t.
func (p *path) step(t float64) int {
	i, _ := slices.BinarySearch(p.times, t)
	return min(max(i-1, 0), max(p.steps()-1, 0))
}

// typical is the median length of a step, infinite without steps.
func (p *path) typical() float64 {
	if p.steps() == 0 {
		return math.Inf(1)
	}
	h := make([]float64, p.steps())
	for i := range h {
		h[i] = p.times[i+1] - p.times[i]
	}
	sort.Float64s(h)
	return h[len(h)/2]
}

// at writes the value at t, which must lie in [0, end].
func (p *path) at(t float64, out []float64) error {
	if !(t >= 0) || t > p.end()*(1+1e-12) {
		return fmt.Errorf("meanfield: time %g is outside the reference's [0, %g]", t, p.end())
	}
	first := max(0, min(p.step(t)-(stencil/2-1), len(p.times)-stencil))
	out = out[:p.dim]
	var coef []float64
	ends := stencil
	if size := newtonTerms * p.dim; (first+1)*size <= len(p.newton) {
		coef = p.newton[first*size : (first+1)*size]
	} else { // fewer ends than the stencil wants
		ends = len(p.times)
		coef = make([]float64, 2*ends*p.dim)
		p.divide(first, ends, coef)
	}
	// Horner's scheme in Newton's form.
	unit := p.unit(first, ends)
	clear(out)
	for i := ends - 1; i >= 0; i-- {
		d := (t - p.times[first+i]) * unit
		newton(out, coef[2*i*p.dim:2*(i+1)*p.dim], d, i == ends-1)
	}
	return nil
}

// newton takes the sums out through two terms that share the factor d; of the last two there is none above.
func newton(out, coef []float64, d float64, last bool) {
	low, high := coef[:len(out)], coef[len(out):2*len(out)]
	if last {
		for f, x := range low {
			out[f] = high[f]*d + x
		}
		return
	}
	for f, x := range low {
		out[f] = (out[f]*d+high[f])*d + x
	}
}

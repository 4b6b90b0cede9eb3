package xor

import (
	"math"
)

// cube is the law of the cube itself: Psi of (2) in docs/xor.md at any direction u = (p, q, u_3..u_d), with z_p = sqrt2
// p, S = sum u_i xi_i over fair signs xi:
//
//	Psi_p = sqrt2/4 E sign(z_p + S),  Psi_q = -sqrt2/4 E sign(z_q + S),  Psi_i = E (sign(z_p+S) - sign(z_q+S)) xi_i / 4
//
// exactly for up to mostEnumerated coordinates of S, by sums over halves of them that are sorted; beyond by the Fourier
// series of |z| as a triangle wave, cut sharply: ripples of few atoms leave 3e-6 of Psi at d = 24. Not for concurrent
// use.
type cube struct {
	rest   int // D
	halves [2]half
	scratch
}

// mostEnumerated: 2^11 sums a half cost about as much as the series, which needs many atoms to be smooth.
const mostEnumerated = 21

// half is a list of all signed sums of some coordinates, increasing, with the signs as bits.
type half struct {
	n     int
	sum   []float64
	signs []uint16
	more  []float64 // while they are merged
	bits  []uint16
	count []float64 // by bits: sums of signs over the other half
}

type scratch struct{ cos, sin, cos2, sin2, grad []float64 }

func newCube(dim int) *cube {
	c := &cube{rest: dim - 2}
	if c.rest > mostEnumerated {
		for _, list := range []*[]float64{&c.cos, &c.sin, &c.cos2, &c.sin2, &c.grad} {
			*list = make([]float64, c.rest)
		}
		return c
	}
	for i, n := range []int{c.rest / 2, c.rest - c.rest/2} {
		size := 1 << n
		c.halves[i] = half{n, make([]float64, 0, size), make([]uint16, 0, size), make([]float64, 0, size), make([]uint16, 0, size), make([]float64, size)}
	}
	return c
}

// gradient writes the derivatives of Psi in (p, q, u_3..u_d) to g, for p, q >= 0, and returns Psi = <u, grad Psi>.
func (c *cube) gradient(g, u []float64) (psi float64) {
	if c.rest > mostEnumerated {
		c.series(g, u)
	} else {
		c.enumerate(g, u)
	}
	for i, x := range u[:c.rest+2] {
		psi += x * g[i]
	}
	return psi
}

// list makes the sorted sums of coordinates u.
func (h *half) list(u []float64) {
	h.sum, h.signs = append(h.sum[:0], 0), append(h.signs[:0], 0)
	for i, x := range u {
		flip := uint16(0) // bit i is set where xi_i = -1
		if x < 0 {
			x, flip = -x, 1<<i
		}
		h.more, h.bits = h.more[:0], h.bits[:0]
		// Sums less x and sums plus x are both increasing.
		low, high, n := 0, 0, len(h.sum)
		for low < n || high < n {
			if high == n || low < n && h.sum[low]-x <= h.sum[high]+x {
				h.more, h.bits = append(h.more, h.sum[low]-x), append(h.bits, h.signs[low]|(1<<i)^flip)
				low++
			} else {
				h.more, h.bits = append(h.more, h.sum[high]+x), append(h.bits, h.signs[high]|flip)
				high++
			}
		}
		h.sum, h.more = h.more, h.sum
		h.signs, h.bits = h.bits, h.signs
	}
	for i := range h.count {
		h.count[i] = 0
	}
}

// add adds weight times the sum of sign(z + a + b) over all b of the other half to the count of every a, and returns
// the sum of all signs.
func (h *half) add(other *half, z, weight float64) (all float64) {
	above, n := 0, len(other.sum) // b above the threshold -(z + a), which falls as a grows
	for i, a := range h.sum {
		for above < n && other.sum[n-1-above] > -(z+a) {
			above++
		}
		signs := float64(2*above - n)
		h.count[h.signs[i]] += weight * signs
		all += signs
	}
	return all
}

// project writes the sums of count times xi_i.
func (h *half) project(g []float64, over float64) {
	m := len(h.count)
	for i := h.n - 1; i >= 0; i-- {
		m /= 2
		s := 0.0
		for b := range m {
			s += h.count[b] - h.count[b+m]
			h.count[b] += h.count[b+m]
		}
		g[i] = s * over
	}
}

func (c *cube) enumerate(g, u []float64) {
	n := c.halves[0].n
	a, b := &c.halves[0], &c.halves[1]
	a.list(u[2 : 2+n])
	b.list(u[2+n : 2+c.rest])
	z1, z2 := math.Sqrt2*u[0], math.Sqrt2*u[1]
	over := 1 / float64(uint64(1)<<c.rest)
	g[0] = quarter * over * a.add(b, z1, 1)
	g[1] = -quarter * over * a.add(b, z2, -1)
	b.add(a, z1, 1)
	b.add(a, z2, -1)
	a.project(g[2:2+n], over/4)
	b.project(g[2+n:2+c.rest], over/4)
}

// seriesCut is where terms cos(k pi u_i/L) have a product of about e^(-cut^2/2).
const seriesCut = 14

// series: |z| is a triangle wave of period 2L on |z| <= L = sum |u_i| + max z, so that
//
//	E|z+S| = L/2 - (4L/pi^2) sum over odd k of cos(k pi z/L) prod_i cos(k pi u_i/L)/k^2
//
// and where z exceeds sum |u_i| it is z.
func (c *cube) series(g, u []float64) {
	p, q, v := u[0], u[1], u[2:c.rest+2]
	z1, z2 := math.Sqrt2*p, math.Sqrt2*q
	reach, square := 0.0, 0.0
	for _, x := range v {
		reach += math.Abs(x)
		square += x * x
	}
	in1, in2 := z1 < reach, z2 < reach
	for i := range g[:c.rest+2] {
		g[i] = 0
	}
	if !in1 {
		g[0] = quarter
	}
	if !in2 {
		g[1] = -quarter
	}
	if !in1 && !in2 || square == 0 {
		return
	}
	most := 0.0
	if in1 {
		most = z1
	}
	if in2 {
		most = math.Max(most, z2)
	}
	alpha := math.Pi / (reach + most)
	terms := int(math.Ceil((seriesCut/(math.Sqrt(square)*alpha)+1)/2)) + 1
	for i, x := range v {
		s, co := math.Sincos(alpha * x)
		c.cos[i], c.sin[i] = co, s
		c.cos2[i], c.sin2[i] = 1-2*s*s, 2*s*co
		c.grad[i] = 0
	}
	for k := range terms {
		odd := float64(2*k + 1)
		product := 1.0
		for _, x := range c.cos {
			product *= x
		}
		weight := 0.0
		if in1 {
			s, co := math.Sincos(odd * alpha * z1)
			weight += co
			g[0] += math.Sqrt2 / math.Pi * s * product / odd
		}
		if in2 {
			s, co := math.Sincos(odd * alpha * z2)
			weight -= co
			g[1] -= math.Sqrt2 / math.Pi * s * product / odd
		}
		weight *= product / (math.Pi * odd)
		for i, co := range c.cos {
			s := c.sin[i]
			c.grad[i] += weight * s / co
			c.cos[i], c.sin[i] = co*c.cos2[i]-s*c.sin2[i], s*c.cos2[i]+co*c.sin2[i]
		}
	}
	copy(g[2:], c.grad)
}

// flight is a neuron's direction (p, q, u_3..u_d) and L on the cube, with what its steps need. Not for concurrent use.
type flight struct {
	cube  *cube
	y     []float64 // d + 1
	gone  bool
	k     [4][]float64
	trial []float64
}

// flightStep is the greatest step of the classical Runge-Kutta method in the clock; neurons whose c is below
// leastFlight are called extinct.
const (
	flightStep  = .1
	leastFlight = .2 * flightStep
)

func newFlight(dim int) *flight {
	f := &flight{cube: newCube(dim), y: make([]float64, dim+1), trial: make([]float64, dim+1)}
	for i := range f.k {
		f.k[i] = make([]float64, dim+1)
	}
	return f
}

// begin starts at a unit direction, p, q >= 0.
func (f *flight) begin(u []float64) {
	copy(f.y, u)
	f.y[len(u)] = 0
	f.gone = false
}

// slope writes the derivative at y, whose p and q may have crossed 0 within a step, and returns Psi.
func (f *flight) slope(k, y []float64) float64 {
	d := len(y) - 1
	p, q := y[0], y[1]
	y[0], y[1] = math.Abs(p), math.Abs(q)
	psi := f.cube.gradient(k, y)
	y[0], y[1] = p, q
	if p < 0 {
		k[0] = -k[0]
	}
	if q < 0 {
		k[1] = -k[1]
	}
	for i := range d {
		k[i] -= psi * y[i]
	}
	k[d] = psi
	return psi
}

// advance moves the neuron over a length of the clock.
func (f *flight) advance(length float64) {
	d := len(f.y) - 1
	steps := int(math.Ceil(length/flightStep - 1e-9))
	for s := range steps {
		h := length / float64(steps)
		if f.gone {
			f.y[d] += float64(steps-s) * h * quarter
			return
		}
		f.slope(f.k[0], f.y)
		for stage, part := range [...]float64{h / 2, h / 2, h} {
			for i := range f.y {
				f.trial[i] = f.y[i] + part*f.k[stage][i]
			}
			f.slope(f.k[stage+1], f.trial)
		}
		norm, c := 0.0, 0.0
		for i := range f.y {
			f.y[i] += h / 6 * (f.k[0][i] + 2*f.k[1][i] + 2*f.k[2][i] + f.k[3][i])
			if i < d {
				norm += f.y[i] * f.y[i]
			}
			if i >= 2 && i < d {
				c += f.y[i] * f.y[i]
			}
		}
		norm = 1 / math.Sqrt(norm)
		for i := range d {
			f.y[i] *= norm
		}
		f.y[0], f.y[1] = math.Abs(f.y[0]), math.Abs(f.y[1])
		if math.Sqrt(c)*norm < leastFlight && f.y[0] > f.y[1] {
			clear(f.y[:d])
			f.y[0], f.gone = 1, true
		}
	}
}

// psi of the neuron.
func (f *flight) psi() float64 {
	if f.gone {
		return quarter
	}
	return f.cube.gradient(f.k[0], f.y)
}

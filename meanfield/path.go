package meanfield

import (
	"fmt"
	"math"
	"sort"

	"kac/internal/ode"
)

// pathNodes is the number of Chebyshev-Lobatto times of a step at which a path
// keeps its values; their interpolant has the order of DOP853's dense output
// plus one.
const pathNodes = 9

// lobatto are those times in [0, 1] and the weights of the barycentric formula
// (J.-P. Berrut, L. N. Trefethen, SIAM Rev. 46 (2004) 501-517, eq. 5.4).
var lobatto = func() (r struct{ s, w [pathNodes]float64 }) {
	for j := range pathNodes {
		r.s[j] = (1 - math.Cos(math.Pi*float64(j)/(pathNodes-1))) / 2
		r.w[j] = 1 - 2*float64(j%2)
	}
	r.s[0], r.s[pathNodes-1] = 0, 1
	r.w[0] /= 2
	r.w[pathNodes-1] /= 2
	return r
}()

// path is a vector function of time, piecewise polynomial on the steps of the
// integration that made it.
type path struct {
	dim   int
	times []float64 // ends of steps, times[0] = 0
	value []float64 // per step pathNodes x dim; before the first step, the value at 0
}

func newPath(initial []float64) *path {
	return &path{dim: len(initial), times: []float64{0}, value: append([]float64(nil), initial...)}
}

// record appends the last step of in: the moments at the Lobatto times.
func (p *path) record(f *flow, in *ode.Integrator, tau []float64) error {
	from, _ := in.LastStep()
	to := in.Time()
	for j := range pathNodes {
		y := in.Y()
		if j < pathNodes-1 {
			if err := in.Dense(from+(to-from)*lobatto.s[j], tau); err != nil {
				return err
			}
			y = tau
		}
		f.moments(y)
		p.value = append(p.value, f.m...)
	}
	p.times = append(p.times, to)
	return nil
}

func (p *path) steps() int { return len(p.times) - 1 }

func (p *path) end() float64 { return p.times[len(p.times)-1] }

// step returns the index of the step that holds t.
func (p *path) step(t float64) int {
	i := sort.SearchFloat64s(p.times, t) - 1
	return min(max(i, 0), max(p.steps()-1, 0))
}

// at writes the value at t, which must lie in [0, end].
func (p *path) at(t float64, out []float64) error {
	if !(t >= 0) || t > p.end()*(1+1e-12) {
		return fmt.Errorf("meanfield: time %g is outside the reference's [0, %g]", t, p.end())
	}
	if p.steps() == 0 || t == 0 {
		copy(out, p.value[:p.dim])
		return nil
	}
	i := p.step(t)
	block := p.value[p.dim*(1+i*pathNodes) : p.dim*(1+(i+1)*pathNodes)]
	s := (t - p.times[i]) / (p.times[i+1] - p.times[i])
	var c [pathNodes]float64
	sum := 0.0
	for j := range pathNodes {
		d := s - lobatto.s[j]
		if d == 0 {
			copy(out, block[j*p.dim:(j+1)*p.dim])
			return nil
		}
		c[j] = lobatto.w[j] / d
		sum += c[j]
	}
	clear(out)
	for j := range pathNodes {
		cj := c[j] / sum
		for f, v := range block[j*p.dim : (j+1)*p.dim] {
			out[f] += cj * v
		}
	}
	return nil
}

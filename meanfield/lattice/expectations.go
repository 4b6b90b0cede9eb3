package lattice

import (
	"math"

	"kac/particles"
)

// Expectations returns the task's closed forms with an Overlap that is summed
// by the reduction's monomials: a finite network of many teachers costs one
// table of monomials a particle, and its risk is that of the reduction to the
// last bit. The Overlap holds scratch and is not for concurrent use.
func (f *Reduction) Expectations() particles.Expectations {
	n := len(f.drive)
	return &expectations{f.task, &overlap{
		Overlap: f.task.Overlap(), f: f,
		value: make([]float64, n), bar: make([]float64, n), gradient: make([]float64, f.rank),
	}}
}

type expectations struct {
	particles.Expectations
	overlap *overlap
}

func (e *expectations) Overlap() particles.Overlap { return e.overlap }

// overlap leaves Hessians to the task's own.
type overlap struct {
	particles.Overlap
	f                    *Reduction
	value, bar, gradient []float64
}

func (o *overlap) Value(w []float64) float64 {
	o.f.table.eval(o.value, w[:o.f.rank])
	sum := 0.0
	for k, g := range o.f.drive {
		sum += g * o.value[k]
	}
	return sum
}

func (o *overlap) MinusGradient(g, w []float64) {
	for a := range g {
		g[a] = -g[a]
	}
	at := w[:o.f.rank]
	o.f.table.eval(o.value, at)
	copy(o.bar, o.f.drive)
	o.f.table.gradient(o.gradient, o.bar, o.value, at)
	for a, x := range o.gradient {
		g[a] += x
	}
}

// norm returns |x|.
func norm(x []float64) float64 {
	s := 0.0
	for _, z := range x {
		s += float64(z * z)
	}
	return math.Sqrt(s)
}

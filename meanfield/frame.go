package meanfield

import (
	"fmt"
	"math"

	"kac/internal/sphere"
)

// Frame keeps what never moves in the limit: the direction u_i in S^{d-r-1} of
// the part of particle i that the target does not see. With it a reduced point
// (a, c) is the particle (a, c u_i) of R^d.
type Frame struct {
	rank, dim int
	u         []float64 // n x (d-r)
}

// Reduce writes the points (w_1, ..., w_r, |(w_{r+1}, ..., w_d)|) of m particles w (m x d) to z (m x (r+1)).
func Reduce(z, w []float64, m, d, r int) {
	for i := range m {
		row := w[i*d : (i+1)*d]
		copy(z[i*(r+1):], row[:r])
		z[i*(r+1)+r] = sphere.Norm(row[r:])
	}
}

// NewFrame keeps the directions of the particles w (n x d), whose points are z (n x (r+1)). Errors: lengths that do not
// fit.
func NewFrame(w, z []float64, n, d, r int) (*Frame, error) {
	if r < 1 || r >= d || len(w) != n*d || len(z) != n*(r+1) {
		return nil, fmt.Errorf("meanfield: a frame of %d particles of dimension %d and rank %d from %d coordinates and %d of points", n, d, r, len(w), len(z))
	}
	f := &Frame{rank: r, dim: d, u: make([]float64, n*(d-r))}
	for i := range n {
		sphere.Scale(f.Direction(i), w[i*d+r:(i+1)*d], z[i*(r+1)+r])
	}
	return f, nil
}

// Direction is u_i (d-r).
func (f *Frame) Direction(i int) []float64 {
	return f.u[i*(f.dim-f.rank) : (i+1)*(f.dim-f.rank)]
}

// Lift writes particle i at the point z (r+1) to w (d).
func (f *Frame) Lift(w, z []float64, i int) {
	copy(w, z[:f.rank])
	for k, u := range f.Direction(i) {
		w[f.rank+k] = z[f.rank] * u
	}
}

// Displacements writes |Delta_i|, Delta_i = w_i - (a_i, c_i u_i), of the first len(out) particles w (m x d) from the
// points z (m x (r+1)) of their twins: the coupling error of each.
func (f *Frame) Displacements(out, w, z []float64) {
	d, twin := f.dim, make([]float64, f.dim)
	for i := range out {
		f.Lift(twin, z[i*(f.rank+1):(i+1)*(f.rank+1)], i)
		sum := 0.0
		for k, x := range w[i*d : (i+1)*d] {
			delta := x - twin[k]
			sum += float64(delta * delta)
		}
		out[i] = math.Sqrt(sum)
	}
}

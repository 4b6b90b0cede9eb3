package explore

import (
	"context"
	"math"

	"kac/bench/gap"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/particles/hessian"
)

// Frame is what one time shows. The slices have one number for each of the m particles.
type Frame struct {
	gap.Row
	// Alpha is <w, e_1> of a target in one coordinate, |(w_1, ..., w_r)| of one in r >= 2; Rest is w_{r+1}, one of the
	// d-r coordinates that the target does not see.
	Alpha, Rest []float64
	Top         []float64 // top eigenvalue of the local Hessian
	// TwinAlpha and TwinRest are those of the particle's infinite-width twin.
	TwinAlpha, TwinRest []float64
}

// clouds are the slices of a frame, in the order in which they are written.
const clouds = 5

func (f *Frame) clouds() [clouds][]float64 {
	return [clouds][]float64{f.Alpha, f.Rest, f.Top, f.TwinAlpha, f.TwinRest}
}

// CloudNames are the names of the slices in files.
var CloudNames = [clouds]string{"alpha", "rest", "top", "twin-alpha", "twin-rest"}

// camera makes frames of one network.
type camera struct {
	own       bool // the network's local Hessians, not the limit's
	delta, at []float64
	second    *hessian.Population
	hessians  []float64
	scratch   []float64
}

// take sees the network at time t; o has just seen it, too.
func (c *camera) take(ctx context.Context, o *gap.Observer, t float64, w []float64) (*Frame, error) {
	m, d, r := o.M, o.D, o.Limit.Rank()
	if c.at == nil {
		c.delta, c.at, c.scratch = make([]float64, m*d), make([]float64, m*d), make([]float64, m)
	}
	if err := o.Displacements(ctx, t, w, c.delta, c.at); err != nil {
		return nil, err
	}
	f := &Frame{Row: o.Row(), Top: make([]float64, m)}
	f.Alpha, f.Rest = place(w, m, d, r)
	f.TwinAlpha, f.TwinRest = place(c.at, m, d, r)
	if !c.own {
		for i, a := range f.Alpha {
			par, perp, turn := o.Limit.Field().Eigenvalues(a)
			if f.Top[i] = max(par, perp); r > 1 {
				f.Top[i] = max(f.Top[i], turn)
			}
		}
		return f, nil
	}
	if c.hessians == nil {
		c.second, c.hessians = hessian.NewPopulation(o.Field), make([]float64, m*kernels.PackedLen(d))
	}
	if err := c.second.LocalHessians(ctx, c.hessians, w, m); err != nil {
		return nil, err
	}
	return f, c.second.Spectra(ctx, f.Top, c.scratch, c.hessians, w, m)
}

// close releases what the network's local Hessians hold.
func (c *camera) close() {
	if c.second != nil {
		c.second.Close()
	}
}

// place returns alpha and w_{r+1} of m particles w (m x d).
func place(w []float64, m, d, r int) (alpha, rest []float64) {
	alpha, rest = make([]float64, m), make([]float64, m)
	for i := range m {
		row := w[i*d : (i+1)*d]
		if alpha[i] = row[0]; r > 1 {
			alpha[i] = sphere.Norm(row[:r])
		}
		rest[i] = row[r]
	}
	return alpha, rest
}

// finite is x, or null in JSON.
type finite float64

func (x finite) MarshalJSON() ([]byte, error) {
	if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return appendNumber(nil, float64(x)), nil
}

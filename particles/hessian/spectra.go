package hessian

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

// spectrumTolerance is the residual of eigenvalues, relative to the matrix: a
// simple eigenvalue is then exact to rounding, its error being the square.
const spectrumTolerance = 1e-10

// Spectra writes the largest eigenvalue on the tangent space and the trace of
// the packed matrices D (m x d(d+1)/2) of LocalHessians at the particles w
// (m x d) to top and trace (m each). A positive top eigenvalue says that the
// loss is not convex where the particle stands. Errors: lengths that do not
// fit, a matrix that is not finite, a cancelled context.
func (h *Population) Spectra(ctx context.Context, top, trace, D, w []float64, m int) error {
	d := h.dim
	size := kernels.PackedLen(d)
	if len(top) != m || len(trace) != m || len(w) != m*d || len(D) != m*size {
		return fmt.Errorf("spectra of local Hessians: lengths %d, %d, %d and %d for %d particles of dimension %d", len(top), len(trace), len(D), len(w), m, d)
	}
	h.ws.StopWhen(ctx.Done())
	defer h.ws.StopWhen(nil)
	if err := topEigen(ctx, top, make([]float64, m*d), D, w, m, d, h.ws); err != nil {
		return err
	}
	traces(trace, D, m, d)
	return nil
}

// topEigen finds the largest eigenvalues with their unit vectors (m x d).
func topEigen(ctx context.Context, top, vectors, D, w []float64, m, d int, ws *kernels.Workspace[float64]) error {
	r := kernels.TopEigen(top, vectors, D, w, m, d, spectrumTolerance, ws)
	if err := stopped(ctx, "spectra of local Hessians"); err != nil {
		return err
	}
	if !(r <= spectrumTolerance) {
		return fmt.Errorf("spectra of local Hessians: an eigenvalue has the relative residual %g (%g allowed): a matrix is not finite, or too ill-conditioned", r, spectrumTolerance)
	}
	return nil
}

// traces writes those of m packed matrices.
func traces(trace, D []float64, m, d int) {
	size := kernels.PackedLen(d)
	for j := range m {
		trace[j] = 0
		for a := range d {
			trace[j] += D[j*size+kernels.PackedIndex(d, a, a)]
		}
	}
}

// LocalSpectra are the extreme eigenvalues on the tangent space, and the traces, of local Hessians, one entry for each
// particle. A residual is |D v - lambda v| of the unit vector v that was found: an eigenvalue is within it.
type LocalSpectra struct {
	Top, TopResidual           []float64 // largest; positive: the loss is not convex where the particle stands
	Smallest, SmallestResidual []float64
	Trace                      []float64
}

// SpectraOf returns the spectra of the packed matrices D (m x d(d+1)/2, as LocalHessians of a Population or a Curvature
// writes them) at the particles w (m x d). workers <= 0 means one per processor. Errors: lengths that do not fit, a
// matrix that is not finite, a cancelled context. D is changed and set back.
func SpectraOf(ctx context.Context, D, w []float64, m, d, workers int) (*LocalSpectra, error) {
	size := kernels.PackedLen(d)
	if m < 1 || len(w) != m*d || len(D) != m*size {
		return nil, fmt.Errorf("spectra of local Hessians: lengths %d and %d for %d particles of dimension %d", len(w), len(D), m, d)
	}
	ws := kernels.NewWorkspace[float64](workers)
	defer ws.Close()
	ws.StopWhen(ctx.Done())
	s := &LocalSpectra{Trace: make([]float64, m)}
	vectors := make([]float64, m*d)
	extreme := func() (value, residual []float64, err error) {
		value, residual = make([]float64, m), make([]float64, m)
		if err := topEigen(ctx, value, vectors, D, w, m, d, ws); err != nil {
			return nil, nil, err
		}
		for j := range m {
			residual[j] = packedResidual(D[j*size:(j+1)*size], vectors[j*d:(j+1)*d], value[j])
		}
		return value, residual, nil
	}
	negate := func() {
		for i, x := range D {
			D[i] = -x
		}
	}
	var err error
	if s.Top, s.TopResidual, err = extreme(); err != nil {
		return nil, err
	}
	negate()
	s.Smallest, s.SmallestResidual, err = extreme()
	negate()
	if err != nil {
		return nil, err
	}
	for j := range m {
		s.Smallest[j] = -s.Smallest[j]
	}
	traces(s.Trace, D, m, d)
	return s, nil
}

// packedResidual is |D v - lambda v| for a packed symmetric matrix.
func packedResidual(D, v []float64, lambda float64) float64 {
	d := len(v)
	u := make([]float64, d)
	k := 0
	for a := range d {
		for b := a; b < d; b++ {
			u[a] += float64(D[k] * v[b])
			if b > a {
				u[b] += float64(D[k] * v[a])
			}
			k++
		}
	}
	sum := 0.0
	for a, x := range v {
		r := u[a] - float64(lambda*x)
		sum += float64(r * r)
	}
	return math.Sqrt(sum)
}

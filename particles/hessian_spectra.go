package particles

import (
	"context"
	"fmt"
	"math"

	"kac/kernels"
)

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
		worst := kernels.TopEigen(value, vectors, D, w, m, d, spectrumTolerance, ws)
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("spectra of local Hessians: %w", err)
		}
		if !(worst <= spectrumTolerance) {
			return nil, nil, fmt.Errorf("spectra of local Hessians: an eigenvalue has the relative residual %g (%g allowed): a matrix is not finite, or too ill-conditioned", worst, spectrumTolerance)
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
		for a := range d {
			s.Trace[j] += D[j*size+kernels.PackedIndex(d, a, a)]
		}
	}
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

// StopWhen makes LocalHessians and the like end early, with undefined results, once done is closed; nil: never.
func (c *Curvature) StopWhen(done <-chan struct{}) { c.ws.StopWhen(done) }

// Close releases the workers.
func (c *Curvature) Close() { c.ws.Close() }

// StopWhen makes LocalHessians and the like end early, with undefined results, once done is closed; nil: never.
func (f *Population) StopWhen(done <-chan struct{}) { f.stopWhen(done) }

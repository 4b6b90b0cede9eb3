package particles

import (
	"fmt"

	"kac/kernels"
)

// LocalHessians writes the symmetric part of the local Hessian (Def. 2 of the
// paper) of all m particles w (m x d), packed, m x d(d+1)/2 as
// kernels.PackedIndex says:
//
//	D_j = P_j [Hess G(w_j) - (1/m) sum_i q''(<w_j, w_i>) w_i w_i^T] P_j - <w_j, g_j> P_j
//
// LocalHessian's last term, -w_j nu_j^T, maps tangent vectors to the normal and
// has no part in eigenvalues on the tangent space. m^2 d (d+3) flops through
// the kernels. Errors: lengths that do not fit.
func (f *Population) LocalHessians(D, w []float64, m int) error {
	d := f.Dim()
	form, err := f.prepare(w, m)
	if err != nil {
		return fmt.Errorf("population local Hessians: %w", err)
	}
	size := kernels.PackedLen(d)
	if len(D) != m*size {
		return fmt.Errorf("population local Hessians: %d numbers for %d packed matrices of dimension %d", len(D), m, d)
	}
	// PopulationHessian needs D apart from w; g is the unprojected velocity.
	g := make([]float64, m*d)
	if form == MomentForm {
		kernels.Moment(g, w, m, d, f.q, f.ws)
	} else {
		kernels.Pairwise(g, w, m, d, f.q, f.ws)
	}
	kernels.PopulationHessian(D, w, m, d, f.q, f.ws)
	radial := make([]float64, m)
	for j := range m {
		at, gj := w[j*d:(j+1)*d], g[j*d:(j+1)*d]
		f.target.MinusGradient(gj, at)
		radial[j] = kernels.Dot(gj, at)
		f.target.MinusPacked(D[j*size:(j+1)*size], at)
	}
	kernels.ProjectHessian(D, radial, w, m, d, f.ws)
	return nil
}

// spectrumTolerance is the residual of eigenvalues, relative to the matrix: a
// simple eigenvalue is then exact to rounding, its error being the square.
const spectrumTolerance = 1e-10

// Spectra writes the largest eigenvalue on the tangent space and the trace of
// the packed matrices D (m x d(d+1)/2) of LocalHessians at the particles w
// (m x d) to top and trace (m each). A positive top eigenvalue says that the
// loss is not convex where the particle stands. Errors: lengths that do not
// fit, a matrix that is not finite.
func (f *Population) Spectra(top, trace, D, w []float64, m int) error {
	return spectra(top, trace, D, w, m, f.Dim(), f.ws)
}

func spectra(top, trace, D, w []float64, m, d int, ws *kernels.Workspace[float64]) error {
	size := kernels.PackedLen(d)
	if len(top) != m || len(trace) != m || len(w) != m*d || len(D) != m*size {
		return fmt.Errorf("spectra of local Hessians: lengths %d, %d, %d and %d for %d particles of dimension %d", len(top), len(trace), len(D), len(w), m, d)
	}
	vectors := make([]float64, m*d)
	if r := kernels.TopEigen(top, vectors, D, w, m, d, spectrumTolerance, ws); !(r <= spectrumTolerance) {
		return fmt.Errorf("spectra of local Hessians: an eigenvalue has the relative residual %g (%g allowed): a matrix is not finite, or too ill-conditioned", r, spectrumTolerance)
	}
	for j := range m {
		h := D[j*size : (j+1)*size]
		trace[j] = 0
		for a := range d {
			trace[j] += h[kernels.PackedIndex(d, a, a)]
		}
	}
	return nil
}

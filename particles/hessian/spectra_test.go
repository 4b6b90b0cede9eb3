package hessian

import (
	"math"
	"testing"

	"kac/kernels"
	"kac/particles"
)

// Extreme eigenvalues against power iteration, residuals against the definition, and D as it was.
func TestSpectraOf(t *testing.T) {
	const m = 7
	for _, p := range problems(t) {
		_, second := field(t, p, particles.Auto, 2)
		d := p.Dim()
		e, size := particles.NewUniform(m, d, 5), kernels.PackedLen(d)
		D := make([]float64, m*size)
		if err := second.LocalHessians(t.Context(), D, e.W, m); err != nil {
			t.Fatal(err)
		}
		before := append([]float64(nil), D...)
		s, err := SpectraOf(t.Context(), D, e.W, m, d, 2)
		if err != nil {
			t.Fatal(err)
		}
		full := make([]float64, d*d)
		for j := range m {
			scale, trace := 1.0, 0.0
			for a := range d {
				for b := range d {
					full[a*d+b] = D[j*size+kernels.PackedIndex(d, a, b)]
					scale = math.Max(scale, math.Abs(full[a*d+b]))
				}
				trace += full[a*d+a]
			}
			top := topTangent(full, e.Row(j))
			for k := range full {
				full[k] = -full[k]
			}
			small := -topTangent(full, e.Row(j))
			if math.Abs(s.Top[j]-top) > 1e-9*scale || math.Abs(s.Smallest[j]-small) > 1e-9*scale || math.Abs(s.Trace[j]-trace) > 1e-13*scale*float64(d) {
				t.Errorf("%v, particle %d: %v, %v and trace %v; want %v, %v, %v", p, j, s.Top[j], s.Smallest[j], s.Trace[j], top, small, trace)
			}
			if r := math.Max(s.TopResidual[j], s.SmallestResidual[j]); !(r >= 0 && r < 1e-9*scale*float64(d)) {
				t.Errorf("%v, particle %d: residual %v", p, j, r)
			}
		}
		for i, x := range D {
			if x != before[i] {
				t.Fatalf("%v: D[%d] is %v, was %v", p, i, x, before[i])
			}
		}
	}
	if r := packedResidual([]float64{1, 2, 5}, []float64{1, 0}, 0.25); math.Abs(r-math.Hypot(0.75, 2)) > 1e-15 {
		t.Errorf("the residual of (1 2; 2 5) at e_1 and 1/4 is %v", r)
	}
}

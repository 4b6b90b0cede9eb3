package meanfield_test

import (
	"math"
	"testing"

	"kac/meanfield"
	"kac/particles"
)

// Particles are their points lifted along their own directions; what is moved by a known vector is displaced by its
// length.
func TestFrame(t *testing.T) {
	const m, d = 17, 6
	for r := 1; r < d; r++ {
		w := particles.NewUniform(m, d, 3).W
		z := make([]float64, m*(r+1))
		meanfield.Reduce(z, w, m, d, r)
		f, err := meanfield.NewFrame(w, z, m, d, r)
		if err != nil {
			t.Fatal(err)
		}
		back, out := make([]float64, d), make([]float64, m)
		for i := range m {
			f.Lift(back, z[i*(r+1):(i+1)*(r+1)], i)
			for k, x := range back {
				if math.Abs(x-w[i*d+k]) > 1e-15 {
					t.Errorf("rank %d: particle %d comes back as %v", r, i, back)
					break
				}
			}
			w[i*d] += 3e-3
			w[i*d+d-1] -= 4e-3 * float64(i)
		}
		f.Displacements(out, w, z)
		for i, got := range out {
			if want := 1e-3 * math.Hypot(3, 4*float64(i)); math.Abs(got-want) > 1e-15 {
				t.Errorf("rank %d: |Delta_%d| = %v, want %v", r, i, got, want)
			}
		}
	}
	for _, r := range []int{0, d, d + 1} {
		if _, err := meanfield.NewFrame(make([]float64, d), make([]float64, r+1), 1, d, r); err == nil {
			t.Errorf("a frame of rank %d in dimension %d", r, d)
		}
	}
}

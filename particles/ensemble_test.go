package particles

import (
	"math"
	"testing"

	"kac/internal/montecarlo"
	"kac/internal/rng"
	"kac/internal/sphere"
)

func TestNewUniformRowsAreUnitAndNest(t *testing.T) {
	for _, d := range []int{1, 2, 3, 16, 129} {
		wide := NewUniform(67, d, 42)
		for _, m := range []int{0, 1, 5, 66} {
			narrow := NewUniform(m, d, 42)
			for i, x := range narrow.W {
				if x != wide.W[i] {
					t.Fatalf("d = %d: coordinate %d of %d particles differs from that of 67", d, i, m)
				}
			}
		}
		for i := range wide.M {
			norm2 := 0.0
			for _, x := range wide.Row(i) {
				norm2 += x * x
			}
			if math.Abs(norm2-1) > 1e-15*float64(d+4) {
				t.Errorf("d = %d: |w_%d|^2 = %.17g", d, i, norm2)
			}
		}
		if d > 1 && NewUniform(1, d, 43).W[0] == wide.W[0] {
			t.Errorf("d = %d: seeds 42 and 43 agree", d)
		}
	}
	// Row i is a function of (seed, i) alone.
	e, row := NewUniform(9, 5, 7), make([]float64, 5)
	rng.Normal(7, rng.Initial, 8, row)
	normalize(row)
	for a, x := range e.Row(8) {
		if x != row[a] {
			t.Errorf("row 8, coordinate %d: %g, want %g", a, x, row[a])
		}
	}
}

// Moments of the first coordinate, sphere.Moment, and of <w_i, w_j>, which has
// the same law, within 5 standard errors.
func TestNewUniformMoments(t *testing.T) {
	for _, d := range []int{2, 3, 8} {
		e := NewUniform(1<<16, d, 3)
		var first, inner [9]montecarlo.Estimate
		for i := 0; i < e.M; i += 2 {
			s := 0.0
			for a, x := range e.Row(i) {
				s += x * e.Row(i + 1)[a]
			}
			for k := range first {
				first[k].Add(math.Pow(e.Row(i)[0], float64(k)))
				inner[k].Add(math.Pow(s, float64(k)))
			}
		}
		for k := range first {
			want := sphere.Moment(d, k)
			if off := first[k].Off(want); math.Abs(off) > 5 {
				t.Errorf("d = %d: E w_1^%d off by %.1f standard errors", d, k, off)
			}
			if off := inner[k].Off(want); math.Abs(off) > 5 {
				t.Errorf("d = %d: E <w,w'>^%d off by %.1f standard errors", d, k, off)
			}
		}
	}
}

func TestCloneIsIndependent(t *testing.T) {
	e := NewUniform(3, 4, 1)
	e.Time = 2.5
	c := e.Clone()
	c.W[0], c.Time = 9, 3
	if e.W[0] == 9 || e.Time != 2.5 || c.M != 3 || c.D != 4 {
		t.Error("the clone shares state with the original")
	}
}

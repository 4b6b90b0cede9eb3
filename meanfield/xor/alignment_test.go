package xor

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"kac/internal/rng"
)

// At the start alignments are those of a uniform direction, by the incomplete beta function; later those of drawn
// neurons, moved one by one; and the estimated errors hold.
func TestAlignments(t *testing.T) {
	for _, dim := range []int{4, 24} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) { alignments(t, dim) })
	}
	if _, err := Alignments(t.Context(), 3, 10, []float64{1}, 1); err == nil {
		t.Error("dimension 3 is taken")
	}
}

func alignments(t *testing.T, dim int) {
	const bins, draws = 10, 3000
	clocks := []float64{0, 3, 5.5}
	got, err := Alignments(t.Context(), dim, bins, clocks, 2)
	if err != nil {
		t.Fatal(err)
	}
	most := 1e-4
	if dim < 6 { // densities with corners
		most = 1e-3
	}
	below := func(p float64) float64 { return mathext.RegIncBeta(.5, float64(dim-1)/2, p*p) }
	for b := range bins {
		want := below(float64(b+1)/bins) - below(float64(b)/bins)
		if off := math.Abs(got[0].Counted[b] - want); off > got[0].Error || off > most || math.Abs(got[0].Weighted[b]-got[0].Counted[b]) > 1e-12 {
			t.Errorf("bin %d at the start: %v and %v +- %.2g, want %v", b, got[0].Counted[b], got[0].Weighted[b], got[0].Error, want)
		}
	}
	m := &mover{rest: newRest(dim), tol: 1e-8}
	for k := 1; k < len(clocks); k++ {
		count, mass, squares, all := make([]float64, bins), make([]float64, bins), make([]float64, bins), 0.0
		u := make([]float64, dim)
		for i := range uint64(draws) {
			s := rng.New(11, rng.Quadrature, i)
			s.FillNormal(u)
			y, _ := unit(u)
			m.begin()
			m.advance(&y, 0, clocks[k], nil)
			b, e := min(int(y[0]*bins), bins-1), math.Exp(2*y[3])
			count[b]++
			mass[b] += e
			squares[b] += e * e
			all += e
		}
		for b := range bins {
			p := count[b] / draws
			if se := math.Sqrt(p*(1-p)/draws) + 3e-4; math.Abs(got[k].Counted[b]-p) > 4*se {
				t.Errorf("clock %v, bin %d: %v, drawn %v +- %.2g", clocks[k], b, got[k].Counted[b], p, se)
			}
			if se := math.Sqrt(squares[b])/all + 3e-4; math.Abs(got[k].Weighted[b]-mass[b]/all) > 4*se {
				t.Errorf("clock %v, bin %d: weighted %v, drawn %v +- %.2g", clocks[k], b, got[k].Weighted[b], mass[b]/all, se)
			}
		}
		if got[k].Error > 10*most {
			t.Errorf("clock %v: estimated error %v", clocks[k], got[k].Error)
		}
	}
}

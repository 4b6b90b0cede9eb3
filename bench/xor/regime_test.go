package xor

import (
	"math"
	"testing"

	"kac/internal/rng"
)

// The smallest widths of gaps c/m + c'/m^2 are outside where c' shows, and the exponent without them is nearer to -1.
func TestRegime(t *testing.T) {
	widths := []int{16, 32, 64, 128, 256, 512, 1024}
	draw := func(second float64) [][]float64 {
		s := rng.New(7, rng.Quadrature, 0)
		gaps := make([][]float64, len(widths))
		z := make([]float64, 48)
		for i, m := range widths {
			s.FillNormal(z)
			for _, x := range z {
				gaps[i] = append(gaps[i], (2/float64(m)+second/float64(m*m))*(1+.5*x*x)/1.5)
			}
		}
		return gaps
	}
	r, err := regime(widths, draw(0))
	if err != nil || len(r.Outside) != 0 || r.Within != nil || !r.All.Contains(-1) {
		t.Errorf("c/m: %+v, error %v", r, err)
	}
	r, err = regime(widths, draw(30))
	if err != nil || len(r.Outside) == 0 || len(r.Outside) > 3 || r.Outside[0].Width != 16 || r.Within == nil {
		t.Fatalf("c/m + c'/m^2: %+v, error %v", r, err)
	}
	if away := 30. / 16; math.Abs(r.Outside[0].By.Value/away-1) > .4 {
		t.Errorf("m = 16 is off by %v, want about %v", r.Outside[0].By, away)
	}
	if r.All.Contains(-1) || math.Abs(r.Within.Value+1) > .6*math.Abs(r.All.Value+1) {
		t.Errorf("exponents %+v and %+v", r.All, r.Within)
	}
	if _, err := regime([]int{16}, [][]float64{{1, 2}}); err == nil {
		t.Error("one width has an exponent")
	}
}

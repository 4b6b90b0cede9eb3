package contrast

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestYThousand(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	low, skipped := math.Inf(1), 0
	for i := range 1000 {
		r2 := []float64{.05 + 2.9*r.Float64(), .05 + 2.9*r.Float64()}
		c := []float64{.97 * r.Float64() * r2[0], .97 * r.Float64() * r2[1]}
		beta := .95 * r.Float64()
		m := []float64{2, 8, 64}[r.IntN(3)]
		plain, wrong1, err1 := Loss(t.Context(), c, r2, m, 1e-6)
		noised, wrong2, err2 := Loss(t.Context(), []float64{beta * c[0], c[1]}, r2, m, 1e-6)
		_ = err1
		_ = err2
		d := noised.Coupling[1] - plain.Coupling[1]
		if d < 3*(wrong1+wrong2) {
			skipped++
			t.Logf("%d c %v r2 %v m %v beta %v: %v wrong %v %v", i, c, r2, m, beta, d, wrong1, wrong2)
		}
		low = math.Min(low, d/((1-beta)*c[0]*plain.Coupling[1]))
	}
	t.Logf("least relative rise %v, unsure or not %d", low, skipped)
}

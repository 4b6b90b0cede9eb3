package compare

import (
	"math"
	"testing"

	"kac/meanfield/ridge"
)

// TestLimit: risks of two independent solvers, which agree to 1e-12, at t = 1, 2, 4, 8, 12; the estimate covers what is left.
func TestLimit(t *testing.T) {
	times := []float64{0, 1, 2, 4, 8, 12}
	for d, want := range map[int][]float64{
		10:  {.152846340564, .033454208934, .004240698274, .000971893073, .000318661572},
		16:  {.202877712416, .039823337622, .003532566816, .000969357828, .000435675348},
		32:  {.294427311890, .058071145120, .003416441727, .000925294787, .000511685441},
		64:  {.391297756363, .091021433391, .004052006392, .000918158003, .000553713262},
		128: {.468051237868, .145279734958, .005443001760, .000931666668, .000584180006},
	} {
		problem, err := ridge.NewProblem(d, ridge.Quartic())
		if err != nil {
			t.Fatal(err)
		}
		l, err := limitOf(t.Context(), problem, times)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(l.Risk[0]-.5625) > 1e-12 || math.Abs(l.Lazy[0]-.5625) > 1e-12 {
			t.Errorf("d = %d: at the start %g and %g", d, l.Risk[0], l.Lazy[0])
		}
		for i, x := range want {
			if off := math.Abs(l.Risk[i+1] - x); off > 2e-12 || l.Error[i+1] > 1e-8 {
				t.Errorf("d = %d, t = %g: %.13f +- %.1e, want %.12f", d, times[i+1], l.Risk[i+1], l.Error[i+1], x)
			}
		}
		if d == 32 && math.Abs(l.Lazy[5]-.2097) > 5e-5 {
			t.Errorf("lazy network at t = 12: %g, want .2097", l.Lazy[5])
		}
	}
}

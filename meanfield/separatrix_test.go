package meanfield

import (
	"context"
	"math"
	"testing"
)

// Behind a second separatrix (particles that miss the target for ever start
// beyond it) the errors of what stability matrices enter bound the distance to a
// solve whose panels, steps and limits are finer throughout.
func TestErrorsBehindASecondSeparatrix(t *testing.T) {
	p := custom(t, "3:.7,4:.5", "3:.6,4:.8", 1, 14)
	times := []float64{0, 8, 20}
	loose, tight := solve(t, p, 20, 1e-5), solve(t, p, 20, 1e-8)
	f, g := fluctuate(t, loose, times...), fluctuate(t, tight, times...)
	squares := func(r *Reference) (value, wrong []float64) {
		var grid []float64
		for i := range 41 {
			grid = append(grid, 20*math.Pow(float64(i)/40, 2))
		}
		value, wrong, err := r.SquareJ(context.Background(), grid)
		if err != nil {
			t.Fatal(err)
		}
		return value[40:], wrong[40:]
	}
	suprema := func(r *Reference) (value, wrong []float64) {
		value, wrong, err := r.WorstJ(context.Background(), times[1:])
		if err != nil {
			t.Fatal(err)
		}
		return value, wrong
	}
	square, squareError := squares(loose)
	squareTight, _ := squares(tight)
	worst, worstError := suprema(loose)
	worstTight, _ := suprema(tight)
	for _, c := range []struct {
		name                string
		value, wrong, tight []float64
		most                float64 // of the relative error, or it says nothing
	}{
		{"C", f.Constant, f.ConstantError, g.Constant, 1e-2},
		{"coupling", f.Coupling, f.CouplingError, g.Coupling, 1e-1},
		{"sup E||J||^2", square, squareError, squareTight, 1e-1},
		{"log sup ||J||", worst, worstError, worstTight, 1e-2},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, x := range c.value {
				if d := math.Abs(x - c.tight[i]); d > c.wrong[i] || c.wrong[i] > c.most*(1+math.Abs(x)) {
					t.Errorf("%s: %.9g +- %.1e, the tight solve gives %.9g", c.name, x, c.wrong[i], c.tight[i])
				}
			}
		})
	}
	if x := math.Exp(worstTight[1]); math.Abs(x-357.737) > .01 || math.Abs(g.Coupling[2]-9.58104) > 1e-4 {
		t.Errorf("at t = 20 sup ||J|| = %.9g, coupling %.9g", x, g.Coupling[2])
	}
}

package compare

import (
	"math"
	"testing"
)

// TestLimits: risks of two independent solvers, which agree to 1e-12, and the linearised network's; .00051 and .2097 at
// d = 32, t = 12.
func TestLimits(t *testing.T) {
	p := small(t, func(p *Parameters) { p.Dims, p.Horizon, p.Points = []int{10, 32}, 12, 13 })
	limits, err := p.Limits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[int]float64{
		{0: .5625, 1: .152846340564, 4: .004240698274, 12: .000318661572},
		{0: .5625, 1: .294427311890, 4: .003416441727, 12: .000511685441},
	} {
		for at, risk := range want {
			if l := limits[i]; math.Abs(l.Risk[at]-risk) > 2e-10 || !(l.Error[at] < 1e-9) {
				t.Errorf("d = %d, t = %d: %.12f +- %.1e, want %.12f", l.Dim, at, l.Risk[at], l.Error[at], risk)
			}
		}
	}
	if l := limits[1].Lazy; math.Abs(l[0]-.5625) > 1e-12 || math.Abs(l[12]-.2097) > 5e-5 {
		t.Errorf("lazy network: %g at the start, want .5625, %g at t = 12, want .2097", l[0], l[12])
	}
}

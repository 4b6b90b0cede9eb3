package theory

import (
	"context"
	"fmt"
	"math"
	"testing"

	"kac/bench/gap"
)

// The potential along a network is the integral of its slope, and eq. (8) with the least constant is
// an inequality that a smaller constant breaks.
func TestPotentialWatch(t *testing.T) {
	p := smallTheory()
	p.Seeds, p.Widths = 2, []int{24}
	problem, err := p.Check()
	if err != nil {
		t.Fatal(err)
	}
	g, err := gap.Solve(context.Background(), p.gapParameters(), nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Times = graded(p.horizon())
	watch := &potentialWatch{traces: map[[2]uint64]*potentialTrace{}, energy: g.Times[:1]}
	g.Watch = watch.observe
	if !hasPotential(problem) {
		t.Fatal("he4 has no potential")
	}
	if err := g.Run(context.Background(), gap.RunOptions{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	if len(watch.traces) != 2 {
		t.Fatalf("%d traces", len(watch.traces))
	}
	for key, trace := range watch.traces {
		if trace.phi[0] != 0 || trace.energy[0] != 0 || !math.IsNaN(trace.energy[1]) {
			t.Errorf("%v: Phi starts at %g, energies %g, %g", key, trace.phi[0], trace.energy[0], trace.energy[1])
		}
		sum := 0.0
		for i := 1; i < len(g.Times); i++ {
			sum += (g.Times[i] - g.Times[i-1]) * (trace.slope[i] + trace.slope[i-1]) / 2
			if math.Abs(sum-trace.phi[i]) > 0.01*trace.phi[i]+1e-5 {
				t.Errorf("%v, t = %g: Phi = %g, the integral of its slope is %g", key, g.Times[i], trace.phi[i], sum)
			}
		}
	}
	for _, c := range []struct{ slope, fall, growth float64 }{{1, 0, 2}, {-1, 3, .5}, {2, 1, 1}} {
		t.Run(fmt.Sprint(c.slope, c.fall, c.growth), func(t *testing.T) {
			least := leastConstant(c.slope, c.fall, c.growth)
			if study := -c.fall/least + least*c.growth - c.slope; math.Abs(study) > 1e-12 {
				t.Errorf("%+v: C = %g misses equality by %g", c, least, study)
			}
		})
	}
	if leastConstant(-1, 0, 2) != 0 || leastConstant(-1, 0, 0) != 0 || !math.IsInf(leastConstant(1, 0, 0), 1) {
		t.Error("leastConstant at its ends")
	}
}

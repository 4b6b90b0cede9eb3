package meanfield

import (
	"context"
	"math"
	"testing"

	"kac/particles"
)

// J by the variational equation in R^d against the closed form, in every
// direction of the frame, from 0 and from a later time; and its composition.
func TestVariationalAgainstClosedForm(t *testing.T) {
	ctx := context.Background()
	worst := 0.0
	for _, c := range []struct {
		p  particles.Expectations
		a0 []float64
	}{
		{preset(t, "he4", 16), []float64{-0.15, 0.3, 0.42}},
		{preset(t, "misspecified", 8), []float64{0.25, 0.5}},
		{preset(t, "he3", 9), []float64{-0.4, 0.2}},
		{preset(t, "circle", 9), []float64{0.35, 0.6}},
	} {
		t.Run(c.p.Name(), func(t *testing.T) {
			p, d, rank := c.p, c.p.Dim(), c.p.Rank()
			r := solve(t, p, 10, 1e-12)
			times := []float64{0, 4, 10}
			st, err := r.StabilityOf(ctx, c.a0, times)
			if err != nil {
				t.Fatal(err)
			}
			for node, a0 := range c.a0 {
				c0 := math.Sqrt(1 - a0*a0)
				start := make([]float64, d) // v along e_1, u = (.6, .8) in the first two coordinates after r
				start[0], start[rank], start[rank+1] = a0, 0.6*c0, 0.8*c0
				var ws, Js [][]float64
				keep := func(_ float64, w, J []float64) error {
					ws, Js = append(ws, append([]float64(nil), w...)), append(Js, append([]float64(nil), J...))
					return nil
				}
				if err := r.Jacobian(ctx, start, 0, times, 1e-13, keep); err != nil {
					t.Fatal(err)
				}
				if err := r.Jacobian(ctx, ws[1], times[1], times[2:], 1e-13, keep); err != nil {
					t.Fatal(err)
				}
				// Js: J_{0,0}, J_{4,0}, J_{10,0}, J_{10,4}
				for _, pair := range []struct{ J, to, from int }{{1, 1, 0}, {2, 2, 0}, {3, 2, 1}} {
					jPar, jPerp, jTurn := st.J(pair.to, pair.from, node)
					for k, want := range []float64{jPar, jPerp, jTurn} {
						if k == turn && rank == 1 {
							if !math.IsNaN(want) {
								t.Errorf("%s: J_turn = %g for r = 1", p.Name(), want)
							}
							continue
						}
						from, to := frame(st.Position(pair.from, node), k, d, rank), frame(st.Position(pair.to, node), k, d, rank)
						for i := range d {
							got := 0.0
							for j := range d {
								got += Js[pair.J][i*d+j] * from[j]
							}
							diff := math.Abs(got-want*to[i]) / math.Max(1, want)
							worst = math.Max(worst, diff)
							if !(diff < 1e-8) {
								t.Errorf("%s, a_0 = %g, J_{%g,%g}, direction %d: component %d is %.12g, want %.12g",
									p.Name(), a0, times[pair.to], times[pair.from], k, i, got, want*to[i])
							}
						}
					}
				}
				for i := range d {
					for j := range d {
						got := 0.0
						for k := range d {
							got += Js[3][i*d+k] * Js[1][k*d+j]
						}
						if !(math.Abs(got-Js[2][i*d+j]) < 1e-8*math.Max(1, math.Abs(Js[2][i*d+j]))) {
							t.Errorf("%s: J_{10,4} J_{4,0} [%d,%d] = %.12g, J_{10,0} %.12g", p.Name(), i, j, got, Js[2][i*d+j])
						}
					}
				}
			}
		})
	}
	t.Logf("largest distance of the two, relative to J: %.2g", worst)
}

// frame is a unit tangent vector at w = a v + c u, v = e_1, u = .6 e_{r+1} + .8
// e_{r+2}, of kind par, perp or turn.
func frame(a float64, kind, d, r int) []float64 {
	x, c := make([]float64, d), math.Sqrt(1-a*a)
	switch kind {
	case par:
		x[0], x[r], x[r+1] = c, -0.6*a, -0.8*a
	case perp:
		x[r], x[r+1] = 0.8, -0.6
	case turn:
		x[1] = 1
	}
	return x
}

// d a_t/d a_0 against differences of twins, and suprema that converge: finer
// grids of times and positions change J_max and E ||J||^2 less and less.
func TestStabilitySuprema(t *testing.T) {
	ctx := context.Background()
	const horizon = 30
	r := solve(t, preset(t, "he4", 16), horizon, 1e-8)
	const a0, h = 0.05, 1e-4
	st, err := r.StabilityOf(ctx, []float64{a0 - 2*h, a0 - h, a0, a0 + h, a0 + 2*h}, []float64{0, horizon})
	if err != nil {
		t.Fatal(err)
	}
	a := func(i int) float64 { return st.Position(1, i) }
	c := func(a float64) float64 { return math.Sqrt(1 - a*a) }
	want := (8*(a(3)-a(1)) - (a(4) - a(0))) / (12 * h) * c(a0) / c(a(2))
	if jPar, _, _ := st.J(1, 0, 2); !(math.Abs(jPar-want) < 1e-7*want) {
		t.Errorf("J_par = %.10g, differences %.10g", jPar, want)
	}
	if x := st.MeanSquare()[1]; !math.IsNaN(x) {
		t.Errorf("E ||J||^2 = %g of particles without a law", x)
	}

	suprema := func(points int) (worst, square float64) {
		times := make([]float64, points)
		for i := range times {
			times[i] = horizon * float64(i) / float64(points-1)
		}
		st, err := r.Stability(ctx, times)
		if err != nil {
			t.Fatal(err)
		}
		w, s := st.Worst(), st.MeanSquare()
		for i := 1; i < points; i++ {
			if w[i] < w[i-1] || s[i] < s[i-1] {
				t.Errorf("a supremum falls: %g after %g, %g after %g", w[i], w[i-1], s[i], s[i-1])
			}
		}
		return w[points-1], s[points-1]
	}
	w1, s1 := suprema(16)
	w2, s2 := suprema(31)
	w4, s4 := suprema(61)
	t.Logf("J_max %.5g %.5g %.5g; E J^2 %.5g %.5g %.5g", w1, w2, w4, s1, s2, s4)
	const rounding = 1 + 1e-9
	if !(w1 <= w2*rounding && w2 <= w4*rounding && s1 <= s2*rounding && s2 <= s4*rounding) {
		t.Error("a supremum falls on a finer grid that contains the coarser")
	}
	if !(w4 < 1.01*w2 && s4 < 1.01*s2) {
		t.Error("suprema differ by more than 1 % from 31 to 61 times")
	}
	// Particles between the nodes do not exceed the supremum by more.
	var between []float64
	for x := 0.01; x < 0.99; x *= 1.01 {
		between = append(between, x)
	}
	times := make([]float64, 61)
	for i := range times {
		times[i] = horizon * float64(i) / 60
	}
	other, err := r.StabilityOf(ctx, between, times)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := r.StabilityOf(ctx, between[other.WorstNode():other.WorstNode()+1], times)
	if err != nil {
		t.Fatal(err)
	}
	if x, y := alone.Worst()[60], other.Worst()[60]; math.Abs(x-y) > 1e-9*y {
		t.Errorf("the worst node alone has %g, all have %g", x, y)
	}
	if x := other.Worst()[60]; x > 1.005*w4 {
		t.Errorf("J_max is %g on other positions, %g on the nodes", x, w4)
	}
}

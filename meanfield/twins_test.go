package meanfield

import (
	"context"
	"math"
	"testing"

	"kac/internal/rng"
	"kac/particles"
)

// position0 is the reduced coordinate of a particle: <w, e_1> or |(w_1..w_r)|.
func position0(w []float64, rank int) float64 {
	if rank == 1 {
		return w[0]
	}
	s := 0.0
	for _, x := range w[:rank] {
		s += x * x
	}
	return math.Sqrt(s)
}

// TestTwinsMoveInTheField: a twin's finite-difference velocity is the field's,
// and its Jacobian grows as the local Hessian says (docs/mathematics.md (3.7)):
// d/dt log(d a_t/d a_0) = par - a v/(1-a^2), d/dt log c_t = perp.
func TestTwinsMoveInTheField(t *testing.T) {
	ctx := context.Background()
	for _, p := range []particles.Expectations{preset(t, "he4", 16), preset(t, "he3", 10), preset(t, "circle", 16)} {
		r := solve(t, p, 12, 1e-12)
		const da = 1e-5
		base := []float64{0.1, 0.2, 0.25, 0.3}
		var a0 []float64
		for _, a := range base {
			a0 = append(a0, a-da, a, a+da)
		}
		tw, err := r.NewTwins(a0)
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-3
		times := []float64{5 - 2*h, 5 - h, 5, 5 + h, 5 + 2*h}
		var as, cs [][]float64
		for _, at := range times {
			if err := tw.Advance(ctx, at); err != nil {
				t.Fatal(err)
			}
			a, c := tw.Positions()
			as, cs = append(as, append([]float64(nil), a...)), append(cs, append([]float64(nil), c...))
		}
		diff := func(f func(s int) float64) float64 { return (8*(f(3)-f(1)) - (f(4) - f(0))) / (12 * h) }
		fl, err := r.At(5)
		if err != nil {
			t.Fatal(err)
		}
		for b := range base {
			i := 3*b + 1
			a := as[2][i]
			v := fl.Velocity(a)
			if got := diff(func(s int) float64 { return as[s][i] }); math.Abs(got-v) > 1e-9 {
				t.Errorf("%s, a_0 = %g: velocity %.12g, the field says %.12g", p.Name(), base[b], got, v)
			}
			par, perp, turn := fl.Eigenvalues(a)
			// da_t/c_t = c_t d tau_t, and tau = asinh(a/c) has no cancellation.
			tau := func(s, i int) float64 { return math.Asinh(as[s][i] / cs[s][i]) }
			if got := diff(func(s int) float64 { return math.Log(tau(s, i+1)-tau(s, i-1)) + math.Log(cs[s][i]) }); math.Abs(got-par) > 1e-4*(1+math.Abs(par)) {
				t.Errorf("%s, a_0 = %g: d/dt log J_par = %.9g, eigenvalue %.9g", p.Name(), base[b], got, par)
			}
			if got := diff(func(s int) float64 { return math.Log(cs[s][i]) }); math.Abs(got-perp) > 1e-9 {
				t.Errorf("%s, a_0 = %g: d/dt log c = %.12g, eigenvalue %.12g", p.Name(), base[b], got, perp)
			}
			if p.Rank() > 1 {
				if got := diff(func(s int) float64 { return math.Log(as[s][i]) }); math.Abs(got-turn) > 1e-9 {
					t.Errorf("%s, a_0 = %g: d/dt log a = %.12g, eigenvalue %.12g", p.Name(), base[b], got, turn)
				}
			} else if !math.IsNaN(turn) {
				t.Errorf("%s: turn = %g for r = 1", p.Name(), turn)
			}
		}
	}
}

// TestTwinsDoNotDependOnCompany: a twin's path is its own, up to the tolerance.
func TestTwinsDoNotDependOnCompany(t *testing.T) {
	r := solve(t, preset(t, "he4", 32), 30, 1e-11)
	all := []float64{-0.5, -0.1, 1e-3, 0.05, 0.2, 0.9}
	together, err := r.NewTwins(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := together.Advance(context.Background(), 30); err != nil {
		t.Fatal(err)
	}
	a, _ := together.Positions()
	for i, a0 := range all {
		alone, err := r.NewTwins([]float64{a0})
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []float64{0.1, 7, 13, 30} {
			if err := alone.Advance(context.Background(), at); err != nil {
				t.Fatal(err)
			}
		}
		if b, _ := alone.Positions(); math.Abs(a[i]-b[0]) > 1e-10 {
			t.Errorf("a_0 = %g: %.15g in company, %.15g alone", a0, a[i], b[0])
		}
	}
}

func TestTwinsRefuse(t *testing.T) {
	r := solve(t, preset(t, "he4", 16), 5, 0)
	for _, a0 := range []float64{-1, 1, 1.5, math.NaN()} {
		if _, err := r.NewTwins([]float64{0.1, a0}); err == nil {
			t.Errorf("a twin at a_0 = %g", a0)
		}
	}
	circle := solve(t, preset(t, "circle", 16), 5, 0)
	if _, err := circle.NewTwins([]float64{-0.1}); err == nil {
		t.Error("a twin at radius -0.1")
	}
	tw, err := r.NewTwins([]float64{0.3})
	if err != nil {
		t.Fatal(err)
	}
	if err := tw.Advance(context.Background(), 6); err == nil {
		t.Error("a twin past the horizon")
	}
	if err := tw.Advance(context.Background(), 3); err != nil {
		t.Fatal(err)
	}
	if err := tw.Advance(context.Background(), 2); err == nil {
		t.Error("a twin back in time")
	}
}

// TestWideNetwork: the reference against finite networks, which know nothing of
// the reduction. Over seeds, E risk_m - risk is of order 1/m.
func TestWideNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("integrates networks of 4096 neurons")
	}
	const m, seeds = 4096, 4
	times := []float64{0, 2, 5, 10}
	for _, p := range []particles.Expectations{preset(t, "he4", 8), preset(t, "he3", 8), preset(t, "circle", 8)} {
		r := solve(t, p, times[len(times)-1], 0)
		field := particles.NewPopulation(p, particles.Auto, 0)
		risks := make([][]float64, len(times))
		for seed := range uint64(seeds) {
			e := particles.NewUniform(m, p.Dim(), 100+seed)
			n := 0
			_, err := particles.Flow(context.Background(), e, field, particles.Tolerances{Relative: 1e-7, Absolute: 1e-7}, times, func(_ float64, w []float64) error {
				x, err := field.Risk(t.Context(), w, m)
				risks[n] = append(risks[n], x)
				n++
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		q1 := 0.0
		for _, c2 := range p.Dual().Coefficients() {
			q1 += c2
		}
		for i, at := range times {
			mean, ss := 0.0, 0.0
			for _, x := range risks[i] {
				mean += x / seeds
			}
			for _, x := range risks[i] {
				ss += (x - mean) * (x - mean)
			}
			se := math.Sqrt(ss / (seeds - 1) / seeds)
			// The finite width's own offset is at most a few q(1)/m.
			bound := 4*se + 4*q1/m
			t.Logf("%-6s t = %4g: risk %.6f, %d networks of %d neurons %.6f +- %.6f", p.Name(), at, r.Risk(at), seeds, m, mean, se)
			if math.Abs(mean-r.Risk(at)) > bound {
				t.Errorf("%s, t = %g: risk %.6f, wide networks %.6f +- %.6f", p.Name(), at, r.Risk(at), mean, se)
			}
		}
	}
}

// TestWidePotential: U_t and the twins against one wide network at its own
// initial positions.
func TestWidePotential(t *testing.T) {
	p := preset(t, "he4", 8)
	r := solve(t, p, 6, 0)
	const m = 3000
	e := particles.NewUniform(m, p.Dim(), 7)
	a0 := make([]float64, m)
	for i := range a0 {
		a0[i] = position0(e.Row(i), 1)
	}
	tw, err := r.NewTwins(a0)
	if err != nil {
		t.Fatal(err)
	}
	if err := tw.Advance(context.Background(), 6); err != nil {
		t.Fatal(err)
	}
	field := particles.NewPopulation(p, particles.Auto, 0)
	if _, err := particles.Flow(context.Background(), e, field, particles.Tolerances{}, []float64{6}, nil); err != nil {
		t.Fatal(err)
	}
	a, _ := tw.Positions()
	mean := 0.0
	for i := range a {
		mean += math.Abs(position0(e.Row(i), 1)-a[i]) / m
	}
	if mean > 5/math.Sqrt(m) {
		t.Errorf("mean distance of %d particles to their twins in a is %.3g", m, mean)
	}
	fl, err := r.At(6)
	if err != nil {
		t.Fatal(err)
	}
	var u [8]float64
	rng.Normal(3, rng.Probe, 0, u[:])
	for _, at := range []float64{0, 0.3, 0.8, 1} {
		// A probe at overlap at; E f_m(x) sigma(<w, x>) = (1/m) sum q(<w, w_i>).
		w := append([]float64(nil), u[:]...)
		w[0] = 0
		n := 0.0
		for _, x := range w {
			n += x * x
		}
		for j := range w {
			w[j] *= math.Sqrt((1 - at*at) / n)
		}
		w[0] = at
		sum := 0.0
		for i := range m {
			s := 0.0
			for j, x := range e.Row(i) {
				s += x * w[j]
			}
			sum += s * s * s * s / m
		}
		if got := fl.Potential(at); math.Abs(got-sum) > 5/math.Sqrt(m) {
			t.Errorf("U(%g) = %.5f, a network of %d neurons has %.5f", at, got, m, sum)
		}
	}
}

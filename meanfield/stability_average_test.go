package meanfield

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"kac/internal/rng"
	"kac/internal/sphere"
	"kac/particles"
)

// Moments of the rule are those of the sphere's first coordinate.
func TestSphereRule(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 31} {
		x, w := sphereRule(n, 8)
		for k := range 15 {
			got := 0.0
			for i := range x {
				got += w[i] * math.Pow(x[i], float64(k))
			}
			if want := sphere.Moment(n, k); math.Abs(got-want) > 1e-14 {
				t.Errorf("S^%d: moment %d = %.16g, want %.16g", n-1, k, got, want)
			}
		}
	}
}

// The mean behind J_avg against Monte Carlo in R^d, with J and H as matrices of
// their definitions applied to v.
func TestAverageAgainstMonteCarlo(t *testing.T) {
	const d, tau = 7, 0.3
	r := solve(t, preset(t, "he4", d), 6, 1e-8)
	st, err := r.Stability(context.Background(), []float64{0, 1, 6})
	if err != nil {
		t.Fatal(err)
	}
	const from, to, position, angle = 1, 2, 0.7, 0.6
	av := newAverager(st, tau)
	rule := av.rule(ruleSize{along: 40, across: 20})
	along, over := make([]float64, 800), make([]float64, 800)
	want, outer := 0.0, av.outside(to)
	for _, node := range av.nodes {
		if outer[node] != 0 {
			av.source(rule, from, node, position, angle, along, over)
			want += outer[node] * av.mean(rule, to, from, node, along, over)
		}
	}
	ap, cp := math.Sincos(position)
	sin, cos := math.Sincos(angle)
	wp, v := make([]float64, d), make([]float64, d)
	wp[0], wp[1] = ap, cp
	v[0], v[1], v[2] = cos*cp, -cos*ap, sin
	q := r.problem.Dual()
	// Initial positions by their law through the nodes: node i with its weight,
	// u sampled.
	var sum, sum2 float64
	const samples = 400
	for s := range samples {
		one := 0.0
		g := rng.New(5, rng.Quadrature, uint64(s))
		u := make([]float64, d)
		g.FillNormal(u)
		u[0] = 0
		norm := 0.0
		for _, x := range u {
			norm += x * x
		}
		for i := range u {
			u[i] /= math.Sqrt(norm)
		}
		for _, node := range av.nodes {
			if outer[node] == 0 {
				continue
			}
			a := st.a[from][node]
			c := math.Sqrt(1 - a*a)
			w, p := make([]float64, d), make([]float64, d)
			var s, wv float64
			for i := range w {
				w[i], p[i] = c*u[i], -a*u[i]
				if i == 0 {
					w[i], p[i] = a, c
				}
				s += w[i] * wp[i]
				wv += w[i] * v[i]
			}
			_, d1, d2 := q.Eval(s)
			h, radial, along, whole := make([]float64, d), 0.0, 0.0, 0.0
			for i := range h {
				h[i] = d1*v[i] + d2*wv*wp[i]
				radial += h[i] * w[i]
			}
			for i := range h {
				h[i] -= radial * w[i]
				along += h[i] * p[i]
				whole += h[i] * h[i]
			}
			jPar, jPerp, _ := st.J(to, from, node)
			one += outer[node] * math.Sqrt(jPar*jPar*along*along+jPerp*jPerp*math.Max(0, whole-along*along))
		}
		sum += one
		sum2 += one * one
	}
	mean := sum / samples
	se := math.Sqrt((sum2/samples - mean*mean) / samples)
	t.Logf("%g, Monte Carlo %g +- %g", want, mean, se)
	if !(math.Abs(mean-want) < 5*se) || se > 0.1*mean {
		t.Errorf("mean %g, Monte Carlo %g +- %g", want, mean, se)
	}
}

// J_avg converges in every discretisation, and falls with tau.
func TestAverageConverges(t *testing.T) {
	ctx := context.Background()
	r := solve(t, preset(t, "he4", 8), 10, 1e-4)
	times := make([]float64, 49)
	for i := range times {
		times[i] = 10 * math.Pow(float64(i)/48, 3)
	}
	st, err := r.Stability(ctx, times)
	if err != nil {
		t.Fatal(err)
	}
	value := func(tau float64, opt AverageOptions) float64 {
		x, _, err := st.Average(ctx, tau, opt)
		if err != nil {
			t.Fatal(err)
		}
		return x[len(x)-1]
	}
	base := AverageOptions{Every: 2, Positions: 5, Angles: 3, Points: 8}
	usual := value(0.05, base)
	for what, opt := range map[string]AverageOptions{
		"starts":    {Every: 1, Positions: 5, Angles: 3, Points: 8},
		"positions": {Every: 2, Positions: 9, Angles: 3, Points: 8},
		"angles":    {Every: 2, Positions: 5, Angles: 5, Points: 8},
		"points":    {Every: 2, Positions: 5, Angles: 3, Points: 16},
	} {
		t.Run(what, func(t *testing.T) {
			finer := value(0.05, opt)
			t.Logf("%s doubled: %.6g, before %.6g", what, finer, usual)
			if !(math.Abs(finer-usual) < 0.01*usual) {
				t.Errorf("J_avg is %g with %s doubled, %g before", finer, what, usual)
			}
		})
	}
	if wide := value(0.5, base); !(wide > 0 && wide < usual) {
		t.Errorf("J_avg(.5) = %g, J_avg(.05) = %g", wide, usual)
	}
	for _, tau := range []float64{0, -1, 1.5, math.NaN()} {
		if _, _, err := st.Average(ctx, tau, AverageOptions{}); err == nil {
			t.Errorf("J_avg(%g) was computed", tau)
		}
	}
	circle := solve(t, preset(t, "circle", 8), 1, 0)
	st, err = circle.Stability(ctx, []float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.Average(ctx, 0.1, AverageOptions{}); !errors.Is(err, ErrNoReduction) {
		t.Errorf("circle: %v", err)
	}
}

// A supremum over s <= t' <= t knows nothing of later times, nor of others that are asked, and never falls in t.
func TestAverageOfALongerHorizon(t *testing.T) {
	for _, c := range []struct {
		p    particles.Expectations
		tol  float64
		want float64 // by a brute force of its own (bench/theory), up to 2 and later
	}{
		{preset(t, "he4", 16), 1e-8, .6885},
		{custom(t, "3:.7,4:.5", "3:.6,4:.8", 1, 14), 1e-6, .4289},
	} {
		t.Run(fmt.Sprint(c.tol), func(t *testing.T) {
			up := func(horizon float64, at ...float64) (value, wrong float64) {
				grid := slices.Clone(at)
				for i := range 65 {
					grid = append(grid, horizon*math.Pow(float64(i)/64, 3))
				}
				slices.Sort(grid)
				grid = slices.Compact(grid)
				b, err := solve(t, c.p, horizon, c.tol).Bounds(context.Background(), grid, .05, AverageOptions{At: at})
				if err != nil {
					t.Fatal(err)
				}
				for i := range grid {
					if i > 0 && !(b.AverageJ[i] >= b.AverageJ[i-1]) || b.AverageJ[i] > b.AverageJ[len(grid)-1] {
						t.Errorf("%s: J_avg falls to %g at t = %g", c.p.Name(), b.AverageJ[i], grid[i])
					}
				}
				i := sort.SearchFloat64s(grid, at[0])
				return b.AverageJ[i], b.Error.AverageJ[i]
			}
			first, firstError := up(1.3, 1.3)
			for _, other := range [][2]float64{{5, 1.3}, {12, 1.3}} {
				x, wrong := up(other[0], other[1])
				if math.Abs(x-first) > wrong+firstError || wrong > .01*x {
					t.Errorf("%s: J_avg = %.6f +- %.1e up to 1.3 of 1.3, %.6f +- %.1e of %g", c.p.Name(), first, firstError, x, wrong, other[0])
				}
			}
			short, shortError := up(2, 2, 1, 1.5)
			for _, horizon := range []float64{5, 12} {
				x, wrong := up(horizon, horizon)
				if math.Abs(x-short) > wrong+shortError || math.Abs(x-c.want) > wrong+1e-4 || wrong > .005*x {
					t.Errorf("%s: J_avg = %.6f +- %.1e up to 2, %.6f +- %.1e up to %g; want %g", c.p.Name(), short, shortError, x, wrong, horizon, c.want)
				}
			}
		})
	}
}

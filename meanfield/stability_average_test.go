package meanfield

import (
	"context"
	"errors"
	"math"
	"testing"

	"kac/internal/rng"
	"kac/internal/sphere"
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
	av := newAverager(st, tau, AverageOptions{Times: 3, Points: 40})
	want, outer := 0.0, av.outside(to)
	for _, node := range av.nodes {
		if outer[node] != 0 {
			av.source(from, node, position, angle)
			want += outer[node] * av.mean(to, from, node)
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
	base := AverageOptions{Times: 25, Positions: 5, Angles: 3, Points: 8}
	usual := value(0.05, base)
	for what, opt := range map[string]AverageOptions{
		"times":     {Times: 49, Positions: 5, Angles: 3, Points: 8},
		"positions": {Times: 25, Positions: 9, Angles: 3, Points: 8},
		"angles":    {Times: 25, Positions: 5, Angles: 5, Points: 8},
		"points":    {Times: 25, Positions: 5, Angles: 3, Points: 16},
	} {
		finer := value(0.05, opt)
		t.Logf("%s doubled: %.6g, before %.6g", what, finer, usual)
		if !(math.Abs(finer-usual) < 0.01*usual) {
			t.Errorf("J_avg is %g with %s doubled, %g before", finer, what, usual)
		}
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

// A supremum over s <= t does not fall when later times join: what the search
// misses is within the errors.
func TestAverageOfALongerHorizon(t *testing.T) {
	p := preset(t, "he4", 16)
	up := func(horizon float64) (value, wrong float64) {
		var grid []float64
		for i := range 65 {
			grid = append(grid, horizon*math.Pow(float64(i)/64, 3))
		}
		b, err := solve(t, p, horizon, 1e-8).Bounds(context.Background(), grid, .05, AverageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return b.AverageJ[64], b.Error.AverageJ[64]
	}
	short, shortError := up(2)
	long, longError := up(5)
	if !(long+longError >= short-shortError) || longError > .01*long || shortError > .01*short {
		t.Errorf("J_avg = %.6f +- %.1e up to 2, %.6f +- %.1e up to 5", short, shortError, long, longError)
	}
}

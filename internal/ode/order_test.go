package ode

import (
	"context"
	"fmt"
	"math"
	"testing"
)

var methods = []*Method{Euler, RK4, BogackiShampine32, DormandPrince54, DOP853}

// fixed turns a method into its fixed-step self.
func fixed(m *Method) *Method {
	c := *m
	c.Error, c.ErrorLow = nil, nil
	return &c
}

// slope fits log2(error) against log2(h), where h halves from entry to entry.
func slope(errs []float64) float64 {
	n := float64(len(errs))
	var sx, sy, sxx, sxy float64
	for i, e := range errs {
		x, y := -float64(i), math.Log2(e)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

type problem struct {
	f        Func
	solution func(t float64) []float64
}

func (p problem) error(t float64, y []float64) float64 {
	s := 0.0
	for i, x := range p.solution(t) {
		s += (y[i] - x) * (y[i] - x)
	}
	return math.Sqrt(s)
}

// orbit is the circular Kepler problem d2y = -y/|y|^3: nonlinear, with the
// solution (cos t, sin t), and, being the same all along the orbit, with a
// global error that follows its power of h from coarse steps on.
var orbit = problem{
	func(t float64, y, dy []float64) error {
		r := math.Hypot(y[0], y[1])
		r3 := r * r * r
		dy[0], dy[1], dy[2], dy[3] = y[2], y[3], -y[0]/r3, -y[1]/r3
		return nil
	},
	func(t float64) []float64 {
		sin, cos := math.Sincos(t)
		return []float64{cos, sin, -sin, cos}
	},
}

// driven depends on t: y_0' = y_0 cos t, y_1' = -t y_1^2 / 2.
var driven = problem{
	func(t float64, y, dy []float64) error {
		dy[0] = y[0] * math.Cos(t)
		dy[1] = -0.5 * t * y[1] * y[1]
		return nil
	},
	func(t float64) []float64 { return []float64{math.Exp(math.Sin(t)), 1 / (1 + t*t/4)} },
}

// TestOrder fits the slope of the global error over five halvings of the step.
// Problem, end and coarsest step put all six errors between the range where
// the next power of h still shows and rounding.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		m     *Method
		p     problem
		end   float64
		steps int
	}{
		{Euler, orbit, 1, 128}, {Euler, driven, 20, 640},
		{RK4, orbit, 1, 4}, {RK4, driven, 2, 8},
		{BogackiShampine32, orbit, 1, 16}, {BogackiShampine32, driven, 2, 16},
		{DormandPrince54, driven, 20, 46}, {DormandPrince54, driven, 40, 110},
		{DOP853, orbit, 6, 2},
	} {
		t.Run(fmt.Sprint(c.m), func(t *testing.T) {
			var errs []float64
			for l := 0; l <= 5; l++ {
				errs = append(errs, globalError(t, c.m, c.p, c.end, c.steps<<l))
			}
			s := slope(errs)
			t.Logf("%-22s slope %.3f (nominal %d), errors %.2g", c.m.Name, s, c.m.Order, errs)
			if math.Abs(s-float64(c.m.Order)) > 0.1 {
				t.Errorf("%s: slope %.3f, nominal %d, errors %.3g", c.m.Name, s, c.m.Order, errs)
			}
		})
	}
}

func globalError(t *testing.T, m *Method, p problem, end float64, steps int) float64 {
	t.Helper()
	y0 := p.solution(0)
	in, err := New(fixed(m), p.f, len(y0), Options{Step: end / float64(steps)})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(0, y0); err != nil {
		t.Fatal(err)
	}
	if err := in.Advance(context.Background(), end); err != nil {
		t.Fatal(err)
	}
	if in.Stats.Accepted != steps || in.Time() != end {
		t.Fatalf("%s: %d steps to t = %g, want %d to %g", m.Name, in.Stats.Accepted, in.Time(), steps, end)
	}
	return p.error(end, in.Y())
}

// TestDenseOrder fits the slope of the interpolant's error inside one step.
func TestDenseOrder(t *testing.T) {
	for _, m := range methods {
		var errs []float64
		h := 0.4
		if m == DOP853 {
			h = 1.6
		}
		for l := 0; l <= 5; l++ {
			worst := 0.0
			in, err := New(fixed(m), orbit.f, 4, Options{Step: h})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Start(0, orbit.solution(0)); err != nil {
				t.Fatal(err)
			}
			if err := in.Step(context.Background(), h); err != nil {
				t.Fatal(err)
			}
			y := make([]float64, 4)
			for i := 1; i < 20; i++ {
				if err := in.Dense(float64(i)/20*h, y); err != nil {
					t.Fatal(err)
				}
				worst = math.Max(worst, orbit.error(float64(i)/20*h, y))
			}
			errs = append(errs, worst)
			h /= 2
		}
		s := slope(errs)
		t.Logf("%-22s dense slope %.3f (nominal %d), errors %.2g", m.Name, s, m.DenseOrder+1, errs)
		if math.Abs(s-float64(m.DenseOrder+1)) > 0.15 {
			t.Errorf("%s: dense output has slope %.3f, nominal %d, errors %.3g", m.Name, s, m.DenseOrder+1, errs)
		}
	}
}

// TestDenseEnds checks that the interpolant meets the solution at both ends, in value and slope.
func TestDenseEnds(t *testing.T) {
	for _, m := range methods {
		in, err := New(fixed(m), driven.f, 2, Options{Step: 0.25})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Start(0.5, driven.solution(0.5)); err != nil {
			t.Fatal(err)
		}
		if err := in.Step(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		y, dy, z := make([]float64, 2), make([]float64, 2), make([]float64, 2)
		const d = 1e-6
		for _, at := range []float64{0.5, 0.75} {
			if err := in.Dense(at, y); err != nil {
				t.Fatal(err)
			}
			want := driven.solution(0.5)
			if at > 0.5 {
				want = in.Y()
			}
			sign := 1.0
			if at > 0.5 {
				sign = -1
			}
			if err := in.Dense(at+sign*d, z); err != nil {
				t.Fatal(err)
			}
			if err := driven.f(at, y, dy); err != nil {
				t.Fatal(err)
			}
			for i := range y {
				if math.Abs(y[i]-want[i]) > 1e-15 {
					t.Errorf("%s: dense(%g)[%d] = %.17g, want %.17g", m.Name, at, i, y[i], want[i])
				}
				if got := (z[i] - y[i]) / (sign * d); math.Abs(got-dy[i]) > 1e-5 {
					t.Errorf("%s: dense slope at %g is %g, want %g", m.Name, at, got, dy[i])
				}
			}
		}
	}
}

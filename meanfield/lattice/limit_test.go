package lattice

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"kac/meanfield"
	"kac/particles"
)

// limits are the exact limit and the lattice's of one task, with the same twins.
func limits(t *testing.T, name string, d int, horizon float64, start []float64) (exact, points meanfield.Limit) {
	t.Helper()
	task, err := particles.Preset(name, d)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := task.Closed()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := meanfield.Solve(t.Context(), closed, horizon, meanfield.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if exact, err = ref.NewLimit(start); err != nil {
		t.Fatal(err)
	}
	points, err = NewLimit(task, LimitOptions{Points: 1 << 10, Replicas: 4, Seed: 3, Start: start, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return exact, points
}

// The two limits are two routes to the same network: risk, energies, potentials, gaps and twins agree within the
// error that the lattice's replicas tell.
func TestLimitsAgree(t *testing.T) {
	const m = 40
	for _, c := range []struct {
		name string
		d    int
	}{{"he4", 8}, {"he3", 7}, {"circle", 8}} {
		t.Run(c.name, func(t *testing.T) {
			w := particles.NewUniform(m, c.d, 5).W
			task, err := particles.Preset(c.name, c.d)
			if err != nil {
				t.Fatal(err)
			}
			r := task.Target().Rank()
			z := make([]float64, m*(r+1))
			meanfield.Reduce(z, w, m, c.d, r)
			exact, points := limits(t, c.name, c.d, 3, z)
			closed, err := task.Closed()
			if err != nil {
				t.Fatal(err)
			}
			self, err := particles.NewPopulation(closed, particles.Auto, 1).SelfEnergy(t.Context(), w, m)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []float64{0, 1, 3} {
				for _, l := range []meanfield.Limit{exact, points} {
					if err := l.Advance(t.Context(), at); err != nil {
						t.Fatal(err)
					}
					if l.Time() != at || l.Rank() != r {
						t.Fatalf("time %v, rank %d; want %v, %d", l.Time(), l.Rank(), at, r)
					}
				}
				near := func(what string, a, b meanfield.Estimate) {
					t.Helper()
					if !(b.Error > 0) || !(math.Abs(a.Value-b.Value) <= 6*b.Error+1e-8) {
						t.Errorf("t = %v: %s %v, of points %v(%v)", at, what, a.Value, b.Value, b.Error)
					}
				}
				one, err := exact.Risk()
				if err != nil {
					t.Fatal(err)
				}
				many, err := points.Risk()
				if err != nil {
					t.Fatal(err)
				}
				if one.N != 1 || many.N != 4 {
					t.Errorf("%d and %d values", one.N, many.N)
				}
				near("risk", one, many)
				if one, err = exact.Gap(self, z, m); err != nil {
					t.Fatal(err)
				}
				if many, err = points.Gap(self, z, m); err != nil {
					t.Fatal(err)
				}
				near("gap", one, many)
				u, v := make([]float64, m), make([]float64, m)
				if err := errors.Join(exact.Potential(u, z, m), points.Potential(v, z, m)); err != nil {
					t.Fatal(err)
				}
				mean := 0.0
				for i := range u {
					mean += u[i] / m
					if math.Abs(u[i]-v[i]) > 2e-3 {
						t.Errorf("t = %v: potential %d is %v, of points %v", at, i, u[i], v[i])
					}
				}
				if got, err := exact.MeanPotential(z, m); err != nil || math.Abs(got-mean) > 1e-14 {
					t.Errorf("mean potential %v, %v, want %v", got, err, mean)
				}
				for i, a := range exact.Twins() {
					if b := points.Twins()[i]; math.Abs(a-b) > 5e-3 {
						t.Errorf("t = %v: coordinate %d of twins is %v, of points %v", at, i, a, b)
					}
				}
			}
		})
	}
}

// Apart of a network of points from itself is nothing, and from a limit that has moved it is symmetric.
func TestApart(t *testing.T) {
	_, a := limits(t, "he4", 8, 1, nil)
	_, b := limits(t, "he4", 8, 1, nil)
	if err := b.Advance(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	apart := func(f, g meanfield.Limit) float64 {
		self, err := f.SelfEnergy()
		if err != nil {
			t.Fatal(err)
		}
		z := f.(*Limit).Points()
		s, err := meanfield.Apart(self, z, len(z)/2, g)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := apart(a, a); s > 1e-14 {
		t.Errorf("a network is %v from itself", s)
	}
	if x, y := apart(a, b), apart(b, a); !(x > 1e-3) || math.Abs(x-y) > 1e-13 {
		t.Errorf("%v one way, %v the other", x, y)
	}
}

// A limit that was interrupted goes on to the bits of one that was not; it refuses to go back.
func TestLimitInterrupted(t *testing.T) {
	start := []float64{.3, math.Sqrt(1 - .09), -.5, math.Sqrt(.75)}
	exact, points := limits(t, "he4", 8, 3, start)
	for name, l := range map[string]meanfield.Limit{"exact": exact, "lattice": points} {
		t.Run(name, func(t *testing.T) {
			whole, other := limits(t, "he4", 8, 3, start)
			if name == "lattice" {
				whole = other
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := l.Advance(ctx, 2); !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled context: %v", err)
			}
			if err := l.Advance(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			if err := whole.Advance(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			a, err := l.Risk()
			b, err2 := whole.Risk()
			if err != nil || err2 != nil || a != b || !slices.Equal(l.Twins(), whole.Twins()) {
				t.Errorf("risk %v and %v, %v, %v; twins %v and %v", a, b, err, err2, l.Twins(), whole.Twins())
			}
			if err := l.Advance(t.Context(), 1); err == nil {
				t.Error("went back in time")
			}
			if err := l.Potential(make([]float64, 2), start[:2], 1); err == nil {
				t.Error("two potentials of one point")
			}
		})
	}
	if err := exact.Advance(t.Context(), 3*(1+1e-14)); err != nil || exact.Time() != 3 {
		t.Errorf("the horizon by a sum of steps: time %v, %v", exact.Time(), err)
	}
	if err := exact.Advance(t.Context(), 3.1); err == nil {
		t.Error("moved past the horizon")
	}
}

func TestNewLimitRefuses(t *testing.T) {
	task, err := particles.Preset("he4", 8)
	if err != nil {
		t.Fatal(err)
	}
	good := LimitOptions{Points: 64, Replicas: 2}
	for _, c := range []struct {
		name, says string
		change     func(o *LimitOptions)
	}{
		{"points", "power of two", func(o *LimitOptions) { o.Points = 63 }},
		{"replicas", "at least 2", func(o *LimitOptions) { o.Replicas = 1 }},
		{"step", "step of -1", func(o *LimitOptions) { o.Step = -1 }},
		{"start", "3 coordinates", func(o *LimitOptions) { o.Start = make([]float64, 3) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.change(&o)
			if _, err := NewLimit(task, o); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v: %v, want %q", o, err, c.says)
			}
		})
	}
	open, err := particles.Preset("xor4", 8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewLimit(open, good); !errors.Is(err, particles.ErrNoClosedForm) {
		t.Errorf("a task without closed forms: %v", err)
	}
}

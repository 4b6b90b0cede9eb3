package ode

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
)

func TestTableaus(t *testing.T) {
	sum := func(v []float64) (s, abs float64) {
		for _, x := range v {
			s += x
			abs += math.Abs(x)
		}
		return s, abs
	}
	for _, m := range methods {
		check := func(what string, row []float64, want float64) {
			if s, abs := sum(row); math.Abs(s-want) > 1e-15*(1+abs) {
				t.Errorf("%s: %s sums to %.17g, want %g", m.Name, what, s, want)
			}
		}
		for i, row := range m.A {
			check("a row of A", row, m.C[i])
		}
		for i, row := range m.ExtraA {
			check("a row of ExtraA", row, m.ExtraC[i])
		}
		check("B", m.B, 1)
		check("Error", m.Error, 0)
		check("ErrorLow", m.ErrorLow, 0)
		for q := 1; q < m.Order; q++ { // quadrature conditions: sum b c^q = 1/(q+1)
			terms := make([]float64, len(m.B))
			for i := range terms {
				terms[i] = m.B[i] * math.Pow(m.C[i], float64(q))
			}
			check("B c^q", terms, 1/float64(q+1))
		}
		if m.FirstSameAsLast {
			last := m.A[len(m.A)-1]
			for i, b := range m.B {
				if i < len(last) && last[i] != b || i >= len(last) && b != 0 {
					t.Errorf("%s: last row of A is not B at %d", m.Name, i)
				}
			}
		}
	}
}

func start(t *testing.T, m *Method, p problem, opt Options) *Integrator {
	t.Helper()
	in, err := New(m, p.f, len(p.solution(0)), opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(0, p.solution(0)); err != nil {
		t.Fatal(err)
	}
	return in
}

// TestTolerance: the global error follows the tolerance.
func TestTolerance(t *testing.T) {
	for _, m := range methods {
		if !m.Adaptive() {
			continue
		}
		for _, tol := range []float64{1e-4, 1e-6, 1e-8, 1e-10} {
			in := start(t, m, driven, Options{RelTol: tol, AbsTol: tol})
			if err := in.Advance(context.Background(), 10); err != nil {
				t.Fatal(err)
			}
			e := driven.error(10, in.Y())
			t.Logf("%-22s tol %.0e: error %.1e, %+v", m.Name, tol, e, in.Stats)
			if e > 30*tol {
				t.Errorf("%s at tolerance %g: error %g", m.Name, tol, e)
			}
		}
	}
}

// TestEvaluations: first same as last saves an evaluation a step, dense output
// costs only its extra stages.
func TestEvaluations(t *testing.T) {
	for _, c := range []struct {
		m       *Method
		perStep int
	}{{Euler, 1}, {RK4, 4}, {BogackiShampine32, 3}, {DormandPrince54, 6}, {DOP853, 12}} {
		t.Run(fmt.Sprint(c.perStep), func(t *testing.T) {
			in := start(t, fixed(c.m), driven, Options{Step: 0.125})
			if err := in.Advance(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			if want := 8*c.perStep + 1; in.Stats.Evaluations != want {
				t.Errorf("%s: %d evaluations for 8 steps, want %d", c.m.Name, in.Stats.Evaluations, want)
			}
			before := in.Stats.Evaluations
			y := make([]float64, 2)
			for range 3 {
				if err := in.Dense(0.99, y); err != nil {
					t.Fatal(err)
				}
			}
			if got := in.Stats.Evaluations - before; got != len(c.m.ExtraC) {
				t.Errorf("%s: dense output took %d evaluations, want %d", c.m.Name, got, len(c.m.ExtraC))
			}
		})
	}
}

// TestRestore: a restored run equals the uninterrupted one bit for bit.
func TestRestore(t *testing.T) {
	for _, m := range []*Method{BogackiShampine32, DormandPrince54, DOP853} {
		ctx := context.Background()
		a := start(t, m, driven, Options{RelTol: 1e-9, AbsTol: 1e-9})
		if err := a.Advance(ctx, 3); err != nil {
			t.Fatal(err)
		}
		b := start(t, m, driven, Options{RelTol: 1e-9, AbsTol: 1e-9})
		if err := b.Restore(a.State()); err != nil {
			t.Fatal(err)
		}
		for _, in := range []*Integrator{a, b} {
			if err := in.Advance(ctx, 9); err != nil {
				t.Fatal(err)
			}
		}
		for i := range a.Y() {
			if a.Y()[i] != b.Y()[i] {
				t.Errorf("%s: component %d is %x after a restore, %x without", m.Name, i, b.Y()[i], a.Y()[i])
			}
		}
		if a.Stats.Accepted != b.Stats.Accepted {
			t.Errorf("%s: %d steps after a restore, %d without", m.Name, b.Stats.Accepted, a.Stats.Accepted)
		}
	}
}

// TestDenseIsPassive: asking for dense output does not change the run.
func TestDenseIsPassive(t *testing.T) {
	for _, m := range []*Method{BogackiShampine32, DormandPrince54, DOP853} {
		ctx := context.Background()
		a, b := start(t, m, driven, Options{}), start(t, m, driven, Options{})
		y := make([]float64, 2)
		for a.Time() < 5 {
			if err := a.Step(ctx, 5); err != nil {
				t.Fatal(err)
			}
			if err := b.Step(ctx, 5); err != nil {
				t.Fatal(err)
			}
			if err := b.Dense(b.Time(), y); err != nil {
				t.Fatal(err)
			}
			if a.Time() != b.Time() || a.Y()[0] != b.Y()[0] || a.Y()[1] != b.Y()[1] {
				t.Fatalf("%s: dense output changed the run at t = %g", m.Name, a.Time())
			}
		}
	}
}

func TestNonFinite(t *testing.T) {
	f := func(t float64, y, dy []float64) error {
		dy[0], dy[1] = 1, 1
		if t > 0.5 {
			dy[1] = math.NaN()
		}
		return nil
	}
	in, err := New(RK4, f, 2, Options{Step: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(0, []float64{0, 0}); err != nil {
		t.Fatal(err)
	}
	var nf *NonFiniteError
	err = in.Advance(context.Background(), 1)
	if !errors.As(err, &nf) || nf.Index != 1 || nf.Time < 0.5 || nf.Time > 0.6+1e-12 {
		t.Fatalf("got %v, want component 1 not finite within (0.5, 0.6]", err)
	}
	if err := in.Start(0, []float64{math.Inf(1), 0}); !errors.As(err, &nf) || nf.What != "state" {
		t.Fatalf("an infinite initial state gave %v", err)
	}
}

func TestLimits(t *testing.T) {
	in := start(t, DormandPrince54, driven, Options{MaxSteps: 3, Step: 1e-6})
	if err := in.Advance(context.Background(), 10); !errors.Is(err, ErrStepLimit) {
		t.Errorf("3 steps from 1e-6 to 10: %v, want the step limit", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in = start(t, DormandPrince54, driven, Options{})
	if err := in.Advance(ctx, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
	in = start(t, DormandPrince54, driven, Options{MaxStep: 0.01})
	if err := in.Advance(context.Background(), 1); err != nil || in.Stats.Accepted < 100 {
		t.Errorf("with steps of at most 0.01: %v, %d steps to 1", err, in.Stats.Accepted)
	}
	in = start(t, DormandPrince54, driven, Options{MaxGrowth: 1.5, Step: 1e-4})
	for last := 0.0; in.Time() < 1; {
		if err := in.Step(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		from, to := in.LastStep()
		if h := to - from; last > 0 && h > last*1.5*(1+1e-9) {
			t.Errorf("a step of %g follows one of %g at growth 1.5", h, last)
		} else {
			last = h
		}
	}
	// A singularity: y' = y^2 blows up at t = 1.
	blow := problem{func(t float64, y, dy []float64) error { dy[0] = y[0] * y[0]; return nil }, func(float64) []float64 { return []float64{1} }}
	in = start(t, DormandPrince54, blow, Options{MaxSteps: 5000})
	if err := in.Advance(context.Background(), 2); err == nil {
		t.Error("integrated through a singularity")
	}
	if _, err := New(RK4, driven.f, 2, Options{}); err == nil {
		t.Error("a fixed-step method without a step was accepted")
	}
	if _, err := New(DOP853, driven.f, 2, Options{RelTol: math.NaN()}); err == nil {
		t.Error("a NaN tolerance was accepted")
	}
}

// TestProject: the projection acts on every accepted state, and the derivative
// is that of the projected state.
func TestProject(t *testing.T) {
	f := func(_ float64, y, dy []float64) error {
		if r := math.Hypot(y[0], y[1]); math.Abs(r-1) > 0.1 {
			t.Errorf("evaluated at radius %g", r)
		}
		dy[0], dy[1] = -y[1], y[0]
		return nil
	}
	steps := 0
	in, err := New(BogackiShampine32, f, 2, Options{RelTol: 1e-3, AbsTol: 1e-3, Project: func(y []float64) {
		steps++
		r := math.Hypot(y[0], y[1])
		y[0], y[1] = y[0]/r, y[1]/r
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Start(0, []float64{1, 0}); err != nil {
		t.Fatal(err)
	}
	if err := in.Advance(context.Background(), 100); err != nil {
		t.Fatal(err)
	}
	if r := math.Hypot(in.Y()[0], in.Y()[1]); math.Abs(r-1) > 1e-15 {
		t.Errorf("radius %.17g after 100", r)
	}
	if steps != in.Stats.Accepted {
		t.Errorf("projected %d times in %d steps", steps, in.Stats.Accepted)
	}
}

// TestProjectedEvaluations: after a projection the first stage is made anew, and f at the end of the
// step, which nobody reads, is not made at all.
func TestProjectedEvaluations(t *testing.T) {
	for _, c := range []struct {
		m       *Method
		perStep int
	}{{Euler, 1}, {RK4, 4}, {BogackiShampine32, 4}, {DormandPrince54, 7}, {DOP853, 12}} {
		t.Run(fmt.Sprint(c.perStep), func(t *testing.T) {
			in := start(t, fixed(c.m), driven, Options{Step: 0.125, Project: func([]float64) {}})
			if err := in.Advance(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			if want := 8 * c.perStep; in.Stats.Evaluations != want {
				t.Errorf("%s: %d evaluations for 8 steps, want %d", c.m.Name, in.Stats.Evaluations, want)
			}
			free := start(t, fixed(c.m), driven, Options{Step: 0.125})
			if err := free.Advance(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			for i, y := range free.Y() { // first same as last may round t differently
				if math.Abs(y-in.Y()[i]) > 1e-15 {
					t.Errorf("%s: component %d is %x, without a projection that does nothing %x", c.m.Name, i, in.Y()[i], y)
				}
			}
		})
	}
}

// TestStageBuffers: stages share vectors, and no stage is overwritten while one that follows, the new
// state, an error estimate or dense output still reads it.
func TestStageBuffers(t *testing.T) {
	for _, c := range []struct {
		m    *Method
		want int
	}{{Euler, 1}, {RK4, 4}, {BogackiShampine32, 4}, {DormandPrince54, 6}, {DOP853, 9}} {
		t.Run(fmt.Sprint(c.want), func(t *testing.T) {
			owners, buffers := c.m.stageBuffers()
			if buffers != c.want || len(owners) != c.m.Stages() {
				t.Errorf("%s: %d vectors for %d stages, want %d", c.m.Name, buffers, len(owners), c.want)
			}
			holds := make([]int, buffers)
			reads := func(by string, weights []float64) {
				for i, w := range weights[:min(len(owners), len(weights))] {
					if w != 0 && holds[owners[i]] != i {
						t.Errorf("%s: %s reads stage %d, whose vector holds stage %d", c.m.Name, by, i, holds[owners[i]])
					}
				}
			}
			for j, row := range c.m.A {
				reads("a stage", row)
				holds[owners[j]] = j
			}
			for _, weights := range [][]float64{c.m.B, c.m.Error, c.m.ErrorLow, {1}} {
				reads("the end of the step", weights)
			}
			for _, weights := range append(c.m.ExtraA, c.m.D...) {
				reads("dense output", weights)
			}
		})
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	in := start(t, DOP853, driven, Options{})
	ctx := context.Background()
	y := make([]float64, 2)
	end := 0.0
	step := func() {
		end += 0.1
		if err := in.Advance(ctx, end); err != nil {
			t.Fatal(err)
		}
		if err := in.Dense(end, y); err != nil {
			t.Fatal(err)
		}
	}
	step()
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

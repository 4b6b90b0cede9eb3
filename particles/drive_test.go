package particles

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// dynamics is Descend or Flow behind one signature.
type dynamics struct {
	name string
	run  func(ctx context.Context, e *Ensemble[float64], f Field, times []float64, obs Observer) (Stats, error)
}

func bothDynamics(eta float64, tol Tolerances) []dynamics {
	return []dynamics{
		{"descent", func(ctx context.Context, e *Ensemble[float64], f Field, times []float64, obs Observer) (Stats, error) {
			return Descend(ctx, e, f, eta, times, obs)
		}},
		{"flow", func(ctx context.Context, e *Ensemble[float64], f Field, times []float64, obs Observer) (Stats, error) {
			return Flow(ctx, e, f, tol, times, obs)
		}},
	}
}

// spoiled is a field that writes value in one place from a call on.
type spoiled struct {
	Field
	calls, from int
	at          int
	value       float64
}

func (s *spoiled) Velocity(ctx context.Context, v, w []float64, m int) error {
	s.calls++
	err := s.Field.Velocity(ctx, v, w, m)
	if s.calls >= s.from {
		v[s.at] = s.value
	}
	return err
}

func TestObserverSeesEveryTimeOnUnitSpheres(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 5), Auto, 1)
	for _, dyn := range bothDynamics(.05, Tolerances{}) {
		e := NewUniform(12, 5, 2)
		start := e.Clone()
		times := []float64{0, .1, .35, 2}
		var seen []float64
		before := math.Inf(1)
		stats, err := dyn.run(context.Background(), e, f, times, func(at float64, w []float64) error {
			if at == 0 && distance(w, start.W) != 0 {
				t.Errorf("%s: the state at time 0 is not the initial one", dyn.name)
			}
			if e.Time != at {
				t.Errorf("%s: ensemble at time %g, observer at %g", dyn.name, e.Time, at)
			}
			for j := range e.M {
				norm2 := 0.0
				for _, x := range w[j*5 : (j+1)*5] {
					norm2 += x * x
				}
				if math.Abs(norm2-1) > 1e-15*8 {
					t.Errorf("%s: |w_%d|^2 - 1 = %g", dyn.name, j, norm2-1)
				}
			}
			now := risk(t, f, w, e.M)
			if now >= before {
				t.Errorf("%s: risk %g at time %g, %g before", dyn.name, now, at, before)
			}
			before = now
			seen = append(seen, at)
			return nil
		})
		if err != nil || len(seen) != len(times) || distance(seen, times) != 0 || e.Time != 2 {
			t.Errorf("%s: observed %v, wanted %v; time %g; %v", dyn.name, seen, times, e.Time, err)
		}
		if dyn.name == "descent" && (stats != Stats{Accepted: 40, Evaluations: 40}) {
			t.Errorf("descent: %+v, want 40 steps", stats)
		}
		if dyn.name == "flow" && (stats.Accepted < 3 || stats.Evaluations < 6*stats.Accepted) {
			t.Errorf("flow: %+v", stats)
		}
	}
}

// No times, or only the present one: nothing moves.
func TestNothingToDo(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 5), Auto, 1)
	for _, dyn := range bothDynamics(.05, Tolerances{}) {
		for _, times := range [][]float64{nil, {0}} {
			e := NewUniform(4, 5, 2)
			want, calls := e.Clone(), 0
			_, err := dyn.run(context.Background(), e, f, times, func(float64, []float64) error { calls++; return nil })
			if err != nil || calls != len(times) || distance(e.W, want.W) != 0 {
				t.Errorf("%s, times %v: %d observations, moved %g, %v", dyn.name, times, calls, distance(e.W, want.W), err)
			}
		}
		e := NewUniform(0, 5, 2)
		if _, err := dyn.run(context.Background(), e, f, []float64{1}, nil); err != nil || e.Time != 1 {
			t.Errorf("%s without particles: time %g, %v", dyn.name, e.Time, err)
		}
	}
}

func TestDynamicsRefuse(t *testing.T) {
	f := NewPopulation(mustPreset(t, "he4", 5), Auto, 1)
	nan := math.NaN()
	for _, c := range []struct {
		times []float64
		want  string
	}{
		{[]float64{-1}, "time -1 lies before"},
		{[]float64{0, 2, 1}, "time 1 follows time 2"},
		{[]float64{0, 1, 1}, "time 1 follows time 1"},
		{[]float64{nan}, "must be finite"},
		{[]float64{0, math.Inf(1)}, "must be finite"},
	} {
		t.Run(c.want, func(t *testing.T) {
			for _, dyn := range bothDynamics(.5, Tolerances{}) {
				e := NewUniform(4, 5, 2)
				want := e.Clone()
				_, err := dyn.run(context.Background(), e, f, c.times, func(float64, []float64) error {
					t.Errorf("%s, %v: observed before the times were checked", dyn.name, c.times)
					return nil
				})
				if err == nil || !strings.Contains(err.Error(), c.want) || distance(e.W, want.W) != 0 {
					t.Errorf("%s, times %v: %v; want %q", dyn.name, c.times, err, c.want)
				}
			}
		})
	}
	for _, dyn := range bothDynamics(.5, Tolerances{}) {
		if _, err := dyn.run(context.Background(), NewUniform(4, 6, 2), f, []float64{1}, nil); err == nil || !strings.Contains(err.Error(), "dimension 6") {
			t.Errorf("%s: wrong dimension: %v", dyn.name, err)
		}
		e := NewUniform(4, 5, 2)
		e.W = e.W[:19]
		if _, err := dyn.run(context.Background(), e, f, []float64{1}, nil); err == nil || !strings.Contains(err.Error(), "19 coordinates") {
			t.Errorf("%s: wrong length: %v", dyn.name, err)
		}
	}
	for _, eta := range []float64{0, -1, nan, math.Inf(1)} {
		if _, err := Descend(context.Background(), NewUniform(4, 5, 2), f, eta, []float64{1}, nil); err == nil || !strings.Contains(err.Error(), "eta") {
			t.Errorf("eta = %g: %v", eta, err)
		}
	}
	for _, at := range []float64{.25, 1e-3, .3 + 1e-6} {
		_, err := Descend(context.Background(), NewUniform(4, 5, 2), f, .1, []float64{at}, nil)
		if err == nil || !strings.Contains(err.Error(), "not a multiple of eta = 0.1") {
			t.Errorf("time %g: %v", at, err)
		}
	}
	if _, err := Descend(context.Background(), NewUniform(4, 5, 2), f, 1e-300, []float64{1}, nil); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("eta 1e-300: %v", err)
	}
	for _, tol := range []Tolerances{{Relative: -1}, {Absolute: nan}, {Relative: 1e-6, Absolute: -1e-9}} {
		if _, err := Flow(context.Background(), NewUniform(4, 5, 2), f, tol, []float64{1}, nil); err == nil {
			t.Errorf("tolerances %+v are accepted", tol)
		}
	}
	// 0.3 is 3 steps of 0.1 although 0.3 != 3*0.1 in binary.
	if s, err := Descend(context.Background(), NewUniform(4, 5, 2), f, .1, []float64{.3, .7}, nil); err != nil || s.Accepted != 7 {
		t.Errorf("multiples of 0.1: %+v, %v", s, err)
	}
}

// NaN and infinities, in a velocity and in the initial position, are found in
// the step in which they appear, named, and leave the last good state.
func TestNonFiniteIsCaughtWithinOneStep(t *testing.T) {
	const m, d = 6, 5
	p := mustPreset(t, "he4", d)
	for _, dyn := range bothDynamics(.01, Tolerances{MaxStep: .01}) {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			s := &spoiled{Field: NewPopulation(p, Auto, 1), from: 30, at: 3*d + 2, value: value}
			e := NewUniform(m, d, 5)
			_, err := dyn.run(context.Background(), e, s, []float64{5}, nil)
			var bad *NonFiniteError
			if !errors.As(err, &bad) {
				t.Errorf("%s, %v: %v", dyn.name, value, err)
				continue
			}
			if bad.Particle != 3 || bad.Coordinate != 2 || bad.Quantity != "velocity" ||
				math.IsNaN(bad.Value) != math.IsNaN(value) || bad.Time < e.Time || bad.Time > e.Time+.01+1e-12 || s.calls != 30 {
				t.Errorf("%s: %+v after %d calls, ensemble at %g", dyn.name, bad, s.calls, e.Time)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("velocity of particle 3, coordinate 2, is %v", value)) {
				t.Errorf("%s: message %q", dyn.name, err)
			}
			if checkFinite(e.W, d, 0, "") != nil || e.Time == 0 {
				t.Errorf("%s: ensemble left at time %g with W = %v", dyn.name, e.Time, e.W)
			}
		}
		e := NewUniform(m, d, 5)
		e.W[2*d+4] = math.NaN()
		f := &spoiled{Field: NewPopulation(p, Auto, 1), from: 1 << 30}
		_, err := dyn.run(context.Background(), e, f, []float64{0, 5}, nil)
		var bad *NonFiniteError
		if !errors.As(err, &bad) || bad.Particle != 2 || bad.Coordinate != 4 || bad.Quantity != "position" || bad.Time != 0 || f.calls != 0 {
			t.Errorf("%s from NaN: %v after %d velocities", dyn.name, err, f.calls)
		}
	}
	// A finite velocity can still leave no position: 10 * 1e308 overflows.
	e := NewUniform(m, d, 5)
	s := &spoiled{Field: NewPopulation(p, Auto, 1), from: 4, at: d + 1, value: 1e308}
	_, err := Descend(context.Background(), e, s, 10, []float64{100}, nil)
	var bad *NonFiniteError
	if !errors.As(err, &bad) || bad.Particle != 1 || bad.Quantity != "position" || e.Time != 30 || checkFinite(e.W, d, 0, "") != nil {
		t.Errorf("overflowing step: %v, ensemble at %g", err, e.Time)
	}
}

func TestErrorsOfFieldAndObserverStopTheRun(t *testing.T) {
	boom := errors.New("boom")
	f := NewPopulation(mustPreset(t, "he4", 5), Auto, 1)
	for _, dyn := range bothDynamics(.1, Tolerances{}) {
		e := NewUniform(4, 5, 2)
		_, err := dyn.run(context.Background(), e, f, []float64{0, .5, 1}, func(at float64, _ []float64) error {
			if at == .5 {
				return boom
			}
			return nil
		})
		if !errors.Is(err, boom) || !strings.Contains(err.Error(), "observer at time 0.5") || e.Time != .5 {
			t.Errorf("%s: %v at time %g", dyn.name, err, e.Time)
		}
		e = NewUniform(4, 5, 2)
		_, err = dyn.run(context.Background(), e, failing{f, boom}, []float64{1}, nil)
		if !errors.Is(err, boom) || !strings.Contains(err.Error(), "time 0") {
			t.Errorf("%s: field: %v", dyn.name, err)
		}
	}
}

type failing struct {
	Field
	err error
}

func (f failing) Velocity(context.Context, []float64, []float64, int) error { return f.err }

// slow is a field whose every velocity takes a while.
type slow struct{ Field }

func (s slow) Velocity(ctx context.Context, v, w []float64, m int) error {
	time.Sleep(2 * time.Millisecond)
	return s.Field.Velocity(ctx, v, w, m)
}

func TestCancellation(t *testing.T) {
	f := slow{NewPopulation(mustPreset(t, "he4", 5), Auto, 1)}
	for _, dyn := range bothDynamics(1e-4, Tolerances{MaxStep: 1e-3}) {
		e := NewUniform(4, 5, 2)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		start := time.Now()
		stats, err := dyn.run(ctx, e, f, []float64{1000}, nil)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "of 1000") {
			t.Errorf("%s: %v", dyn.name, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: stopped after %v", dyn.name, took)
		}
		if stats.Evaluations == 0 || checkFinite(e.W, 5, 0, "") != nil {
			t.Errorf("%s: %+v", dyn.name, stats)
		}
		ctx, cancel = context.WithCancel(context.Background())
		cancel()
		if _, err := dyn.run(ctx, e, f, []float64{1000}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled before the start: %v", dyn.name, err)
		}
	}
}

func TestResultsDoNotDependOnWorkers(t *testing.T) {
	const m, d = 333, 5
	for _, p := range []Expectations{mustPreset(t, "misspecified", d), mustPreset(t, "circle", d), mustProblem(t, "0:0.2,1:0.5,3:1", "1,3", 1, d)} {
		for _, form := range []Form{PairwiseForm, MomentForm} {
			var want [][]float64
			for _, workers := range []int{1, 2, 3, 8} {
				f := NewPopulation(p, form, workers)
				if f.Workers() != workers {
					t.Fatalf("%d workers, want %d", f.Workers(), workers)
				}
				got := [][]float64{velocity(t, f, NewUniform(m, d, 6).W, m), {risk(t, f, NewUniform(m, d, 6).W, m)}}
				for _, dyn := range bothDynamics(.1, Tolerances{Relative: 1e-5, Absolute: 1e-5}) {
					e := NewUniform(m, d, 6)
					if _, err := dyn.run(context.Background(), e, f, []float64{.2, .6}, nil); err != nil {
						t.Fatal(err)
					}
					got = append(got, e.W)
				}
				if want == nil {
					want = got
				}
				for i, what := range []string{"velocity", "risk", "descent", "flow"} {
					for k, x := range got[i] {
						if math.Float64bits(x) != math.Float64bits(want[i][k]) {
							t.Fatalf("%v, %v: %s differs in element %d with %d workers", p, form, what, k, workers)
						}
					}
				}
			}
		}
	}
}

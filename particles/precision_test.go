package particles

import (
	"context"
	"fmt"
	"math"
	"testing"
)

// lowPrecisions returns those below float64 that this machine has, with their
// errors.
func lowPrecisions(t *testing.T) map[Precision]float64 {
	all := map[Precision]float64{Float32: Float32VelocityError, BF16x3: BF16x3VelocityError, BF16x6: BF16x6VelocityError}
	for p := range all {
		if err := p.Available(); err != nil {
			t.Logf("%v is left out: %v", p, err)
			delete(all, p)
		}
	}
	return all
}

// A velocity in a low precision is off by what the documentation says, and by
// more than float64's, in both forms, at the start and while learning; energies
// are the float64 ones.
func TestLowPrecisionVelocity(t *testing.T) {
	precisions, largest := lowPrecisions(t), map[Precision]float64{}
	for _, name := range []string{"he3", "he4", "he6", "misspecified", "circle"} {
		for _, form := range []Form{PairwiseForm, MomentForm} {
			const m, d = 300, 10
			p := mustPreset(t, name, d)
			exact := NewPopulation(p, form, 1)
			low := map[Precision]*Population{}
			for precision := range precisions {
				low[precision] = NewPopulationIn(precision, p, form, 2)
			}
			_, d1, d2 := p.Dual().Eval(1)
			e := NewUniform(m, d, 2)
			for _, time := range []float64{0, 3} {
				flowTo(t, e, exact, Tolerances{}, time)
				a, b := make([]float64, m*d), make([]float64, m*d)
				if err := exact.Velocity(t.Context(), a, e.W, m); err != nil {
					t.Fatal(err)
				}
				e.Space.Tangent(a, e.W, m, d)
				for precision, most := range precisions {
					if err := low[precision].Velocity(t.Context(), b, e.W, m); err != nil {
						t.Fatal(err)
					}
					e.Space.Tangent(b, e.W, m, d)
					worst := 0.0
					for i := range a {
						worst = max(worst, math.Abs(a[i]-b[i]))
					}
					largest[precision] = max(largest[precision], worst/(d1+d2))
					if !(worst < most*(d1+d2)) || worst < 1e-12 {
						t.Errorf("%v %s %v at time %g: error %.2g = %.2g (q' + q'')", precision, name, form, time, worst, worst/(d1+d2))
					}
				}
			}
			want, err := exact.Risk(t.Context(), e.W, m)
			if err != nil {
				t.Fatal(err)
			}
			for precision, field := range low {
				t.Run(fmt.Sprint(precision), func(t *testing.T) {
					if got, err := field.Risk(t.Context(), e.W, m); err != nil || got != want {
						t.Errorf("%v %s %v: risk %v, in float64 %v (%v)", precision, name, form, got, want, err)
					}
				})
			}
		}
	}
	for precision, e := range largest {
		t.Logf("%v: error at most %.2g (q' + q'')", precision, e)
	}
}

// At its recommended tolerance a flow in float32 or bf16x6 ends within 3e-6 of
// the exact one, in bf16x3 within 1e-4. With a tolerance ten times smaller it is
// not ten times nearer, at more steps.
func TestLowPrecisionFlow(t *testing.T) {
	for precision := range lowPrecisions(t) {
		most := 3e-6
		if precision == BF16x3 {
			most = 1e-4
		}
		t.Run(precision.String(), func(t *testing.T) { testLowPrecisionFlow(t, precision, most) })
	}
}

func testLowPrecisionFlow(t *testing.T, precision Precision, most float64) {
	for _, name := range []string{"he4", "misspecified", "circle"} {
		p := mustPreset(t, name, 8)
		start := NewUniform(100, 8, 2)
		exact := start.Clone()
		flowTo(t, exact, NewPopulation(p, Auto, 1), Tolerances{Relative: 1e-11, Absolute: 1e-11}, 6)
		var off [2]float64
		var steps [2]int
		for i, tol := range []float64{precision.FlowTolerance(), precision.FlowTolerance() / 10} {
			e := start.Clone()
			stats, err := Flow(context.Background(), e, NewPopulationIn(precision, p, Auto, 1), Tolerances{Relative: tol, Absolute: tol}, []float64{6}, nil)
			if err != nil {
				t.Fatal(err)
			}
			off[i], steps[i] = distance(e.W, exact.W), stats.Accepted
		}
		t.Logf("%s: off by %.2g in %d steps, %.2g in %d", name, off[0], steps[0], off[1], steps[1])
		if off[0] > most || off[1] < off[0]/10 || steps[1] < steps[0]*5/4 {
			t.Errorf("%s: off by %.2g in %d steps, and by %.2g in %d", name, off[0], steps[0], off[1], steps[1])
		}
	}
}

func TestParsePrecision(t *testing.T) {
	for _, name := range Precisions() {
		p, err := ParsePrecision(name)
		if err != nil || p.String() != name {
			t.Errorf("%s is read as %v, %v", name, p, err)
		}
		if got, err := ParsePrecision(p.String()); err != nil || got != p {
			t.Errorf("%v is read as %v, %v", p, got, err)
		}
	}
	if _, err := ParsePrecision("float16"); err == nil {
		t.Error("float16 was accepted")
	}
}

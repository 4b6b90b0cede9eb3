package training

import (
	"math"
	"testing"

	"kac/bench"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// At t = 0 a subset of m of M independent particles has
// m E||f_m - f_M||^2 = (1 - m/M)(q(1) - E q), E q = sum_k c_k^2 E s^k, and the infinite limit the
// same with M infinite. Closed form and samples measure the same thing.
func TestTrainingInitialGap(t *testing.T) {
	for _, reference := range []string{ReferenceWide, ReferenceExact, ReferenceReduced} {
		for _, evaluation := range []string{EvaluationClosed, EvaluationSamples} {
			if reference != ReferenceWide && evaluation == EvaluationSamples {
				continue
			}
			p := shortTraining()
			p.Steps, p.Points, p.Repeats, p.Samples, p.Batch, p.Reference, p.Evaluation = 1, 2, 1000, 8, 8, reference, evaluation
			most := .05 // of the value, for its standard error: or three of them would say little
			if p.Nodes = 1024; reference == ReferenceReduced {
				p.Repeats, most = 100, .15 // its points cost more
			}
			summary := train(t, p, 0)
			s := summary.Summary()
			d := 8.
			eq := 3 / (d * (d + 2)) // E s^4 on S^{d-1}
			for i, m := range s.Widths {
				want := 1 - eq
				if reference == ReferenceWide {
					want *= 1 - float64(m)/64
				}
				if mean := s.Function[0][i]; math.Abs(mean.Value-want) > 3*mean.SE || mean.SE > most*want {
					t.Errorf("%s, %s, m = %d: m function error %s, want %.4f", reference, evaluation, m, mean.Text(), want)
				}
				if s.Coupling[0][i].Value != 0 {
					t.Errorf("%s: coupling %v at t = 0", reference, s.Coupling[0][i])
				}
			}
		}
	}
}

func TestTrainingEvaluationsAgree(t *testing.T) {
	p := shortTraining()
	p.Tests, p.Repeats = 200_000, 1
	p.Evaluation = EvaluationClosed
	closed := train(t, p, 0)
	p.Evaluation = EvaluationSamples
	sampled := train(t, p, 0)
	for i, a := range closed.Rows {
		b := sampled.Rows[i]
		if math.Abs(a.Risk.Value-b.Risk.Value) > 4*b.Risk.SE || math.Abs(a.FunctionError.Value-b.FunctionError.Value) > 4*b.FunctionError.SE {
			t.Errorf("width %d, step %d: risk %v and %v, function error %v and %v", a.Width, a.Step, a.Risk, b.Risk, a.FunctionError, b.FunctionError)
		}
		if a.CouplingMean != b.CouplingMean {
			t.Errorf("width %d, step %d: coupling %v and %v", a.Width, a.Step, a.CouplingMean, b.CouplingMean)
		}
	}
}

// With growing batches of fresh samples and the reference that makes the same steps, what remains
// is the width: coupling and function error come near those of the population's descent.
func TestTrainingTendsToPopulation(t *testing.T) {
	const eta, steps, m = 1. / 32, 64, 16
	p := shortTraining()
	p.Reference, p.Samples, p.Steps, p.Points, p.Widths, p.Repeats, p.Nodes = ReferenceDescent, 0, steps, 2, []int{m}, 1, 4096
	problem, err := bench.ExactPreset("he4", 8)
	if err != nil {
		t.Fatal(err)
	}
	e := particles.NewUniform(m, 8, p.Seed)
	f := particles.NewPopulation(problem, particles.PairwiseForm, 1)
	if _, err := particles.Descend(t.Context(), e, f, eta, []float64{eta * steps}, nil); err != nil {
		t.Fatal(err)
	}
	want, err := f.Risk(t.Context(), e.W, m)
	if err != nil {
		t.Fatal(err)
	}
	var last float64
	for _, batch := range []int{64, 4096} {
		p.Batch = batch
		rows := train(t, p, 0).Rows
		off := math.Abs(rows[len(rows)-1].Risk.Value - want)
		if batch > 64 && (off > last/2 || off > .02) {
			t.Errorf("risk is off the population's %g by %g with batches of %d, %g with 64", want, off, batch, last)
		}
		last = off
	}
}

// The reduced reference equals the exact one within its error bar.
func TestReducedAgainstExact(t *testing.T) {
	for _, c := range []struct {
		name   string
		points int
	}{{"he4", 512}, {"misspecified", 512}, {"circle", 1024}} {
		t.Run(c.name, func(t *testing.T) {
			for _, dim := range []int{16, 64} {
				problem, err := bench.ExactPreset(c.name, dim)
				if err != nil {
					t.Fatal(err)
				}
				times := []float64{1, 4, 10}
				exact, err := meanfield.Solve(t.Context(), problem, 10, meanfield.Options{Tolerance: 1e-8})
				if err != nil {
					t.Fatal(err)
				}
				f, err := lattice.New(problem.Task(), 0)
				if err != nil {
					t.Fatal(err)
				}
				risks := make([][]float64, len(times))
				for replica := range 6 {
					e, err := f.Points(c.points, 2, replica)
					if err != nil {
						t.Fatal(err)
					}
					i := 0
					_, err = particles.Flow(t.Context(), e, f, particles.Tolerances{}, times, func(_ float64, w []float64) error {
						r, err := f.Risk(w, e.M)
						risks[i] = append(risks[i], r)
						i++
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				for i, x := range times {
					mean := bench.MeanOf(risks[i])
					// 4.77: Student's t with 5 degrees of freedom at 99.5 %; rounding of the flow below it.
					if math.Abs(mean.Value-exact.Risk(x)) > 4.77*mean.SE+1e-6 || mean.SE > 5e-3 {
						t.Errorf("%s, d = %d, t = %v: reduced %s, exact %.6f", c.name, dim, x, mean.Text(), exact.Risk(x))
					}
				}
			}
		})
	}
}

// A flow of the population at infinite width through both references gives one gap and coupling.
func TestTrainingLimitsAgree(t *testing.T) {
	for _, name := range []string{"he4", "circle"} {
		p := shortTraining()
		p.Problem, p.Repeats, p.Nodes, p.Traced = name, 1, 1<<13, 0
		p.Reference = ReferenceExact
		exact := train(t, p, 0)
		p.Reference = ReferenceReduced
		reduced := train(t, p, 0)
		for i, a := range exact.Rows {
			b := reduced.Rows[i]
			// What the error bar of the points says, with Student's t of 3 degrees of freedom at 99.9 %.
			if math.Abs(a.FunctionError.Value-b.FunctionError.Value) > 12.9*b.FunctionError.SE+1e-7 || b.FunctionError.SE > 1e-5 || a.FunctionError.SE != 0 {
				t.Errorf("%s, width %d, step %d: function error %v with error %v, exactly %v", name, a.Width, a.Step, b.FunctionError.Value, b.FunctionError.SE, a.FunctionError.Value)
			}
			if math.Abs(a.FunctionError.Value-b.FunctionError.Value) > 3e-4 || math.Abs(a.CouplingMean-b.CouplingMean) > 3e-4 || a.Risk != b.Risk {
				t.Errorf("%s, width %d, step %d: function error %v and %v, coupling %v and %v", name, a.Width, a.Step,
					a.FunctionError.Value, b.FunctionError.Value, a.CouplingMean, b.CouplingMean)
			}
		}
	}
}

// The network that is the wide one itself, and one that is not but is as near as rounding, are at no distance
// from it, and at none below.
func TestFunctionErrorOfTheSameNetwork(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"same width":  func(p *Parameters) { p.Widths, p.Wide = []int{8, 16}, 16 },
		"one neuron":  func(p *Parameters) { p.Widths, p.Wide = []int{2, 4}, 4 },
		"wider still": func(p *Parameters) { p.Widths, p.Wide = []int{32, 64}, 64 },
	} {
		t.Run(name, func(t *testing.T) {
			p := shortTraining()
			change(&p)
			s := train(t, p, 1)
			for _, r := range s.Rows {
				if last := p.Widths[len(p.Widths)-1]; r.Width == last && r.FunctionError.Value != 0 || !(r.FunctionError.Value >= 0) {
					t.Errorf("width %d of %d, repeat %d, time %g: function error %g", r.Width, p.Wide, r.Repeat, r.Time, r.FunctionError.Value)
				}
			}
		})
	}
}

package training

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kac/bench"
	"kac/internal/plotting"
	"kac/kernels"
	"kac/meanfield"
	"kac/meanfield/lattice"
	"kac/particles"
)

// shortTraining is a study of a fraction of a second.
func shortTraining() Parameters {
	return Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 8}, Samples: 512, Batch: 128, Eta: 1. / 32, Steps: 24, Points: 4, Widths: []int{32, 8, 16},
		Reference: ReferenceWide, Wide: 64, Nodes: 256, Tests: 500, Repeats: 2, Seed: 3, Precision: bench.Float64, Traced: 2,
	}
}

func train(t testing.TB, p Parameters, workers int) *Study {
	t.Helper()
	s, err := Run(t.Context(), p, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trainingCSV(t testing.TB, s *Study) string {
	t.Helper()
	var out bytes.Buffer
	for _, write := range []func() error{
		func() error { return s.WriteCSV(&out) }, func() error { return s.WriteTraces(&out) }, func() error { return s.WriteHistogram(&out) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestTrainingWorkers(t *testing.T) {
	for _, change := range []func(*Parameters){
		func(*Parameters) {},
		func(p *Parameters) { p.Problem, p.Precision = "xor4", bench.Float32 },
		func(p *Parameters) { p.Problem, p.Reference, p.Samples = "random6", ReferenceDescent, 0 },
		func(p *Parameters) { p.Reference, p.Noise = ReferenceExact, .1 },
	} {
		p := shortTraining()
		change(&p)
		want := trainingCSV(t, train(t, p, 1))
		for _, workers := range []int{2, 3} {
			if trainingCSV(t, train(t, p, workers)) != want {
				t.Errorf("%s against %s: %d workers change the files", p.Problem, p.Reference, workers)
			}
		}
		lines := strings.Count(want, "\n")
		if rows := 2*4*3 + 4*3*2; lines < rows+3 {
			t.Errorf("%s: %d lines, want more than %d", p.Problem, lines, rows)
		}
	}
}

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

func TestTrainingOwnData(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p := shortTraining()
	p.Dim, p.Samples, p.Batch, p.Repeats = 0, 0, 2, 1
	p.Inputs, p.Labels = write("x.csv", "1,0,.5\n0,1,-1\n.5,2,0\n-1,1,.1\n"), write("y.csv", "1\n0\n.2\n-.3\n")
	s := train(t, p, 0)
	if s.Parameters.Dim != 3 || s.Parameters.Samples != 4 || s.Parameters.Evaluation != EvaluationSamples {
		t.Errorf("parameters %+v", s.Parameters)
	}
	// The risk at the start, over the four rows.
	w, risk := particles.NewUniform(8, 3, p.Seed).W, 0.0
	sigma := kernels.HermiteActivation([]float64{0, 0, 0, 0, 1})
	for i, y := range []float64{1, 0, .2, -.3} {
		f := 0.0
		for j := range 8 {
			v, _, _ := sigma.Eval(kernels.Dot(w[3*j:3*j+3], s.data.X[3*i:3*i+3]))
			f += v / 8
		}
		risk += (y - f) * (y - f) / 4
	}
	if got := s.Rows[0].Risk.Value; math.Abs(got-risk) > 1e-12*risk {
		t.Errorf("risk over the data %v, want %v", got, risk)
	}
	p.Batch = 5
	refuses(t, p, "batch", "not more than the samples")
	p.Batch, p.Dim = 2, 8
	refuses(t, p, "dim", "have 3 numbers")
	p.Dim, p.Reference = 0, ReferenceReduced
	refuses(t, p, "reference", "data from a file")
	p.Reference, p.Labels = ReferenceWide, ""
	refuses(t, p, "labels", "come together")
	p.Labels = write("z.csv", "1\nNaN\n0\n0\n")
	refuses(t, p, "labels", "line 2, column 1 is NaN")
}

func refuses(t *testing.T, p Parameters, key, says string) {
	t.Helper()
	_, err := p.Prepare()
	var input *bench.InputError
	if !errors.As(err, &input) || input.Key != key || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want key %s and %q", err, key, says)
	}
}

func TestTrainingRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Parameters)
		key    string
		says   string
	}{
		{func(p *Parameters) { p.Problem = "xor" }, "problem", "known are xor4"},
		{func(p *Parameters) { p.Dim = 2 }, "dim", "too small"},
		{func(p *Parameters) { p.Samples = 100 }, "batch", "from 1 to 100"},
		{func(p *Parameters) { p.Samples = -1 }, "samples", "fresh batches"},
		{func(p *Parameters) { p.Noise = math.NaN() }, "noise", "from 0"},
		{func(p *Parameters) { p.Eta = 0 }, "eta", "above 0"},
		{func(p *Parameters) { p.Points = 26 }, "points", "from 2 to 25"},
		{func(p *Parameters) { p.Widths = nil }, "widths", "at least one"},
		{func(p *Parameters) { p.Problem, p.Widths = "xor4", []int{7} }, "widths", "width 7 is odd"},
		{func(p *Parameters) { p.Problem, p.Wide = "xor4", 65 }, "reference-width", "even"},
		{func(p *Parameters) { p.Wide = 16 }, "reference-width", "from 32"},
		{func(p *Parameters) { p.Problem, p.Reference = "xor4", ReferenceExact }, "reference", "inputs are boolean; their law must be invariant under rotations; xor4 has wide"},
		{func(p *Parameters) { p.Problem, p.Dim, p.Reference = "tanh", 2, ReferenceDescent }, "reference", "dimension 2 leaves no sphere beside the target's coordinate; at least 3 is needed; tanh has wide"},
		{func(p *Parameters) {
			p.Problem, p.Activation, p.Link, p.Dim, p.Reference = "", "expr:x**2", "expr:sin(x)", 8, ReferenceExact
		}, "reference", "activation and target share no degree above 0 (activation expr:x**2, link expr:sin(x)); activation=expr:x**2;link=expr:sin(x) has wide"},
		{func(p *Parameters) { p.Problem, p.Reference = "random6", ReferenceExact }, "reference", "random6 has wide, reduced, descent"},
		{func(p *Parameters) { p.Problem, p.Reference = "staircase", ReferenceReduced }, "reference", "inputs are boolean"},
		{func(p *Parameters) { p.Reference = "paper" }, "reference", "wide, reduced, descent, exact"},
		{func(p *Parameters) { p.Reference, p.Nodes = ReferenceReduced, 100 }, "reference-points", "powers of two"},
		{func(p *Parameters) { p.Form = "pairs" }, "form", "pairwise and moment"},
		{func(p *Parameters) { p.Precision, p.Form = "bf16x3", "moment" }, "form", "all pairs"},
		{func(p *Parameters) { p.Precision = "half" }, "precision", "float64, float32, bf16x3 and bf16x6"},
		{func(p *Parameters) { p.Problem, p.Evaluation = "xor4", EvaluationClosed }, "evaluation", "no closed form"},
		{func(p *Parameters) { p.Problem, p.Tests = "xor4", 1 }, "test-samples", "from 2"},
		{func(p *Parameters) { p.Repeats = 0 }, "repeats", "from 1"},
		{func(p *Parameters) { p.Seed = math.MaxUint64 }, "seed", "last of 2"},
	} {
		t.Run(c.key, func(t *testing.T) {
			p := shortTraining()
			c.change(&p)
			refuses(t, p, c.key, c.says)
		})
	}
}

// A step too long ends in the step and says so.
func TestTrainingNonFinite(t *testing.T) {
	dir := t.TempDir()
	p := shortTraining()
	p.Dim, p.Samples, p.Batch, p.Precision = 0, 0, 2, bench.Float32
	p.Inputs, p.Labels = filepath.Join(dir, "x.csv"), filepath.Join(dir, "y.csv")
	err := errors.Join(os.WriteFile(p.Inputs, []byte("1,0,0\n0,1.3e5,0\n"), 0o600), os.WriteFile(p.Labels, []byte("1\n0\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), p, Options{})
	var bad *particles.NonFiniteError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "repeat 1, seed 3: training, step 1, width 8: velocity of particle") || !strings.Contains(err.Error(), "try a step below") {
		t.Errorf("%v", err)
	}
}

func TestPaperFigures(t *testing.T) {
	for _, f := range paperFigures {
		for _, scale := range PaperScales() {
			p, err := f.Parameters(scale)
			if err != nil {
				t.Errorf("figure %d, %s: %v", f.Number, scale, err)
				continue
			}
			// Degree 6 costs more in closed form than on samples, degree 4 does not.
			closed := f.Task != "xor4" && f.Task != "staircase" && (scale == ScaleLaptop || f.Task != "misspecified")
			if closed != (p.Evaluation == EvaluationClosed) && scale != ScaleEighth {
				t.Errorf("figure %d, %s: evaluation %s", f.Number, scale, p.Evaluation)
			}
			unit, err := f.UnitTime()
			if err != nil || math.Abs(p.Horizon()/unit-f.Time) > 1e-9*f.Time {
				t.Errorf("figure %d, %s: horizon %v in code time, want %v", f.Number, scale, p.Horizon()/unit, f.Time)
			}
			if scale == ScalePaper && (p.Wide != 1<<17 || p.Samples != 1<<16 || p.Repeats != 3 || !slices.Equal(p.Widths, f.Widths)) {
				t.Errorf("figure %d: %+v", f.Number, p)
			}
			if scale == ScaleLaptop && p.ParticleSamples() > 7e10 {
				t.Errorf("figure %d at laptop scale needs %.3g particle-samples", f.Number, p.ParticleSamples())
			}
		}
	}
	he4, err := FindPaperFigure(3)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := he4.Parameters(ScalePaper)
	if p.Eta != .02 || p.Steps != 1000 || p.Batch != 1<<13 || p.ParticleSamples() != 1000*8192*float64(1<<17+3*(1<<17-1<<12)) {
		t.Errorf("he4 at paper scale: %+v, %g particle-samples", p, p.ParticleSamples())
	}
	if _, err := FindPaperFigure(2); err == nil || !strings.Contains(err.Error(), "3, 4, 5, 7, 8, 9") {
		t.Errorf("figure 2: %v", err)
	}
	if _, err := he4.Parameters("desk"); err == nil {
		t.Error("scale desk is no error")
	}
}

// The directory: files, a second run with the same parameters, and refusals.
func TestTrainingStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p := shortTraining()
	s := train(t, p, 0)
	summary := s.Summary()
	for range 2 {
		store, err := Open(dir, &s.Parameters, nil, bench.Session{})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Save(s, nil)
		if err == nil {
			err = store.Draw(s, nil, func() (*plotting.Figure, error) { return s.Picture(&summary, "time") })
		}
		if err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
	data, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil || !strings.HasPrefix(string(data), Header+"\nhe4,8,8,1,0,0,") || strings.Count(string(data), "\n") != 1+2*4*3 {
		t.Errorf("%s, %v", data, err)
	}
	other := s.Parameters
	other.Seed++
	var input *bench.InputError
	if _, err := Open(dir, &other, nil, bench.Session{}); !errors.As(err, &input) || !strings.Contains(err.Error(), "other parameters") {
		t.Errorf("other parameters: %v", err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, File), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(foreign, &other, nil, bench.Session{}); !errors.As(err, &input) {
		t.Errorf("a foreign directory: %v", err)
	}
	var text bytes.Buffer
	if err := s.WriteText(&text, &summary); err != nil {
		t.Fatal(err)
	}
	he4, _ := FindPaperFigure(3)
	if err := he4.WriteComparison(&text, s, &summary, ScaleLaptop); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"width 64 on the same batches", "0.50 for the widest", "Risks and function errors in closed form", "Figure 3 of the paper", "0.09"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// Repeats that share the wide network see what the first of independent ones sees, and start at other particles.
func TestTrainingShared(t *testing.T) {
	p := shortTraining()
	alone, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Shared = true
	shared, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(shared.Rows) != len(alone.Rows) || p.Repeats < 2 {
		t.Fatalf("%d rows of %d repeats, want %d", len(shared.Rows), p.Repeats, len(alone.Rows))
	}
	each := len(alone.Rows) / p.Repeats
	for i, r := range shared.Rows {
		if i < each && r != alone.Rows[i] {
			t.Errorf("row %d: %+v, alone %+v", i, r, alone.Rows[i])
		}
		first := shared.Rows[i%each]
		if r.Width != first.Width || r.Step != first.Step || r.ReferenceRisk != first.ReferenceRisk {
			t.Errorf("row %d: %+v stands at the place of %+v", i, r, first)
		}
		if i >= each && r.FunctionError == first.FunctionError {
			t.Errorf("row %d: the function error of repeat %d is that of repeat 1", i, r.Repeat+1)
		}
		if r.Step == 0 && r.CouplingMax > 1e-6 {
			t.Errorf("row %d: a particle and its twin are %g apart at time 0", i, r.CouplingMax)
		}
	}
	want := float64(p.Wide) + float64(p.Repeats)*float64(p.Widths[0]+p.Widths[1])
	if got := p.ParticleSamples() / float64(p.Batch*p.Steps); len(p.Widths) == 2 && got != want {
		t.Errorf("%g particles a sample, want %g", got, want)
	}
}

// TestParted: steps too long for their batches, which keep networks of all widths apart, are told of; others are not.
func TestParted(t *testing.T) {
	p := Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "misspecified", Dim: 16}, Samples: 4096, Batch: 64, Points: 3, Widths: []int{8, 32, 128}, Reference: ReferenceWide, Wide: 256,
		Tests: 1024, Repeats: 8, Seed: 1, Precision: bench.Float64, Evaluation: EvaluationSamples,
	}
	for eta, steps := range map[float64]int{.04: 400, .0004: 100} {
		p.Eta, p.Steps = eta, steps
		s, err := Run(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		summary := s.Summary()
		var text strings.Builder
		if err := s.WriteText(&text, &summary); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(text.String(), "too long for"); told != (eta == .04) {
			t.Errorf("eta = %g: told %v; the squared coupling falls like m^%s", eta, told, summary.Parting.Text())
		}
		t.Logf("eta = %g: m^%s", eta, summary.Parting.Text())
	}
}

// TestSteepest: steps that toss particles about, whose numbers are all finite, are told of with the time and a step to
// try; sound ones are not.
func TestSteepest(t *testing.T) {
	for eta, want := range map[float64]string{1. / 32: "", 4: "steps of eta = 4 are too long to follow the gradient flow, and the values above mean little. Try an eta below 1.\n"} {
		p := shortTraining()
		p.Eta, p.Repeats = eta, 1
		s := train(t, p, 1)
		summary := s.Summary()
		var text strings.Builder
		if err := s.WriteText(&text, &summary); err != nil {
			t.Fatal(err)
		}
		worst, tooLong := summary.Steepest()
		if tooLong != (want != "") || !strings.HasSuffix(text.String(), want) || (want == "" && strings.Contains(text.String(), "too long to follow")) {
			t.Errorf("eta = %g: an angle of %g; the table says\n%s", eta, summary.Turn[worst], text.String())
		}
		if summary.Turn[0] != 0 || summary.Turn[worst] <= 0 || summary.Turn[worst] > math.Pi/2 {
			t.Errorf("eta = %g: angles %g", eta, summary.Turn)
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
